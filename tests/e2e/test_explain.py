"""``torchenv explain``: files, pipes, commands and codes; reports that can be shown to others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from provisioner.api.init import write_new
from provisioner.findings import WorldError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

CU116 = "ERROR: No matching distribution found for torch==2.1.0+cu116\n"
FULL = "OSError: [Errno 28] No space left on device\n"


def test_file(workspace: Workspace) -> None:
    """A file is read; the cause comes first, with its evidence and what to do."""
    log = workspace.write("build.log", "noise\n" + FULL)
    done = workspace.torchenv("explain", log).check()
    assert done.stdout.startswith("certain TE826: There is no space left (disk-full)\n")
    assert "  seen  OSError: [Errno 28] No space left on device\n" in done.stdout
    assert "--no-cache-dir" in done.stdout


def test_log_of_powershell(workspace: Workspace) -> None:
    """UTF-16, as PowerShell redirects, is read like everything else."""
    log = workspace.root / "log.txt"
    log.write_bytes(FULL.encode("utf-16"))
    document = workspace.torchenv("explain", log, "--json").check().json
    assert document["causes"][0]["category"] == "disk-full"


def test_document(workspace: Workspace) -> None:
    """The document has the causes and what was read from the text."""
    log = workspace.write("log", CU116)
    document = workspace.torchenv("explain", log, "--json").check().json
    assert document["schema"] == "torchenv/explain/1"
    assert document["ok"] is True
    best = document["causes"][0]
    assert (best["category"], best["code"], best["confidence"]) == (
        "accelerator-tag",
        "TE848",
        "certain",
    )
    assert document["facts"]["torch"] == "2.1.0"
    assert document["facts"]["accelerator"] == "cu116"
    assert document["exit_code"] is None


def test_nothing_recognised(workspace: Workspace) -> None:
    """A text about something else is told as such, and the exit code says so."""
    log = workspace.write("log", "All is well.\n")
    done = workspace.torchenv("explain", log).check(1)
    assert done.stderr.startswith("warning TE800: Nothing in this text is known here.\n")
    assert workspace.torchenv("explain", log, "--json").check(1).json["causes"] == []


def test_missing_file(workspace: Workspace) -> None:
    """A file that is not there is a finding."""
    done = workspace.torchenv("explain", "missing.log").check(3)
    assert done.stderr.startswith("error TE890: `missing.log` cannot be read.\n")


def test_command(workspace: Workspace) -> None:
    """A command that fails is explained, and its exit code is passed on."""
    code = f"import sys; print('working', flush=True); sys.exit({FULL!r})"
    done = workspace.torchenv("explain", "--", sys.executable, "-c", code).check(1)
    assert done.stdout.startswith("working\n")
    assert "TE826" in done.stdout


def test_command_that_succeeds(workspace: Workspace) -> None:
    """A command that succeeds leaves nothing to explain."""
    done = workspace.torchenv("explain", "--", sys.executable, "-c", "print('fine')").check()
    assert done.stdout == "fine\n"


def test_command_that_is_not_there(workspace: Workspace) -> None:
    """A program that does not exist is explained like the shell's own words for it."""
    done = workspace.torchenv("explain", "--json", "--", "no-such-pip").check(127)
    assert done.json["exit_code"] == 127


def test_code(workspace: Workspace) -> None:
    """A code of a finding is explained; one that does not exist is refused."""
    assert (
        workspace.torchenv("explain", "TE826")
        .check()
        .stdout.startswith("TE826: There is no space left.\n")
    )
    done = workspace.torchenv("explain", "TE999").check(2)
    assert done.stderr.startswith("error TE903: There is no finding with the code `TE999`.\n")


def test_markdown(workspace: Workspace) -> None:
    """A report keeps foreign lines in blocks that they cannot leave, without secrets."""
    log = workspace.write(
        "log",
        "ERROR: HTTP error 403 while getting https://me:pw@mirror.example/``` \x1b]0;x\x07 torch\n",
    )
    report = workspace.torchenv("explain", log, "--markdown").check().stdout
    assert "````text\nERROR: HTTP error 403 while getting https://****@mirror.example/```" in report
    assert "pw" not in report
    assert "\x1b" not in report


def test_markup_of_the_terminal(workspace: Workspace) -> None:
    """What looks like markup or an escape in a text is printed as it is, without effect."""
    log = workspace.write("log", "[bold]x[/] \x1b[31mOSError: [Errno 28] No space left on device\n")
    done = workspace.torchenv("explain", log).check()
    assert "[bold]x[/] OSError" in done.stdout


def test_spec(workspace: Workspace) -> None:
    """A spec that would have worked is written, plans clean, and is never written over."""
    log = workspace.write("log", CU116)
    workspace.torchenv("explain", log, "--spec").check()
    text = (workspace.root / "torchenv.toml").read_text()
    assert 'torch = "2.1.0"' in text
    assert "cu116" not in text
    workspace.torchenv("plan").check()
    done = workspace.torchenv("explain", log, "--spec").check(2)
    assert done.stderr.startswith("error TE891: `torchenv.toml` is there already.\n")


def test_spec_for_a_gpu(workspace: Workspace) -> None:
    """A text that names the GPU leads to a build with code for it, whatever torch was there."""
    log = workspace.write(
        "log",
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current "
        "PyTorch installation.\n",
    )
    workspace.torchenv("explain", log, "--spec").check()
    spec = (workspace.root / "torchenv.toml").read_text()
    assert 'accelerator = "cu12' in spec
    assert "torchvision = false" not in spec
    workspace.torchenv("plan").check()


def test_no_spec(workspace: Workspace) -> None:
    """A text that does not say what was wanted leads to no spec."""
    log = workspace.write("log", FULL)
    done = workspace.torchenv("explain", log, "--spec").check(2)
    assert done.stderr.startswith("error TE892: No spec can be written from this text.\n")


def test_spec_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that is not there is a finding, not a traceback."""
    with pytest.raises(WorldError, match=r"TE893: .* cannot be written"):
        write_new(tmp_path / "none" / "torchenv.toml", "")
