"""Starting programs in an environment: current, behind, absent, and where nobody watches."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import IndexServer, Workspace

from tests.support import make_workspace

pytestmark = pytest.mark.e2e

VERSION = ("python", "-c", "import torch; print(torch.__version__)")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, index: IndexServer) -> Workspace:
    """Return a project with an environment; tests leave it as it is."""
    workspace = make_workspace(tmp_path_factory.mktemp("applied"), index)
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    workspace.torchenv("apply").check()
    return workspace


def snapshot(workspace: Workspace) -> list[tuple[str, int]]:
    """Return every path of the project with its time."""
    paths = sorted(workspace.root.rglob("*"))
    return [
        (str(path), path.lstat().st_mtime_ns) for path in paths if "__pycache__" not in str(path)
    ]


def test_an_environment_that_is_behind_is_applied_first(workspace: Workspace) -> None:
    """Running needs no apply before; what the program prints is all that is on standard output."""
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    done = workspace.torchenv("run", "--", *VERSION).check()
    assert done.stdout == "2.6.0+cpu\n"
    workspace.write_spec(torch="2.2.0", torchvision=False, torchaudio=False)
    assert workspace.torchenv("run", *VERSION).check().stdout == "2.2.0+cpu\n"


@pytest.mark.parametrize("variable", ["CI", "SLURM_JOB_ID"])
def test_nothing_is_applied_where_nobody_watches(workspace: Workspace, variable: str) -> None:
    """In CI and in a batch job a missing environment is our failure, and nothing is written."""
    workspace.write_spec(torchvision=False, torchaudio=False)
    before = snapshot(workspace)
    done = workspace.torchenv("run", *VERSION, environ={variable: "1"}).check(125)
    assert "TE635" in done.stderr
    assert "is not ready: it is absent" in done.stderr
    assert snapshot(workspace) == before


def test_no_apply_takes_an_older_environment_and_warns(applied: Workspace) -> None:
    """A whole environment of an older lock runs as it is, with a warning; nothing is written."""
    spec = applied.root / "torchenv.toml"
    text = spec.read_text()
    try:
        spec.write_text(text.replace("2.6.0", "2.2.0"))
        before = snapshot(applied)
        done = applied.torchenv("run", "--no-apply", *VERSION).check()
        assert done.stdout == "2.6.0+cpu\n"
        assert "TE426" in done.stderr
        assert snapshot(applied) == before
    finally:
        spec.write_text(text)


def test_exit_codes(applied: Workspace) -> None:
    """The program's code is passed on; ours are 125 to 127."""
    applied.torchenv("run", "--", "python", "-c", "raise SystemExit(3)").check(3)
    applied.torchenv("run", "-v", "--", "python", "-c", "raise SystemExit(3)").check(3)
    missing = applied.torchenv("run", "no-such-program").check(127)
    assert "error TE636: There is no program `no-such-program`." in missing.stderr
    applied.torchenv("run", str(applied.root)).check(126)
    applied.torchenv("run", "--spec", "missing.toml", "python").check(125)
    applied.torchenv("run", "--no-such-option").check(125)


def test_which(applied: Workspace) -> None:
    """Programs are named by the generation's own path."""
    generation = applied.environment.resolve()
    assert applied.torchenv("which").check().stdout == f"{generation}/bin/python\n"
    assert applied.torchenv("which", "torchrun").check().stdout == f"{generation}/bin/torchrun\n"
    found = applied.torchenv("which", "--json").check().json
    assert found["path"] == f"{generation}/bin/python"
    assert found["generation"] == generation.name
    assert "has no program `nothing`" in applied.torchenv("which", "nothing").check(3).stderr


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_shell(applied: Workspace, shell: str) -> None:
    """The shell is the user's, on a terminal, with the environment's link in front."""
    main, side = pty.openpty()
    argv = [str(applied.torchenv.program), "shell", "--no-apply"]
    environ = {**applied.environ, "SHELL": f"/bin/{shell}", "PS1": "$ "}
    with subprocess.Popen(
        argv, cwd=applied.root, env=environ, stdin=side, stdout=side, stderr=side
    ) as process:
        os.close(side)
        os.write(main, b"echo is:$VIRTUAL_ENV: $(command -v python):\nexit 5\n")
        printed = _read_all(main)
        assert process.wait() == 5
    link = applied.environment
    assert f"is:{link}: {link}/bin/python:" in printed


def _read_all(terminal: int) -> str:
    """Read until the other side is closed, which a terminal tells by an error."""
    parts = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:
        pass
    os.close(terminal)
    return b"".join(parts).decode(errors="replace")


def test_run_never_waits_where_the_environment_is_right(applied: Workspace) -> None:
    """Somebody else's apply does not hold up programs."""
    from filelock import FileLock  # noqa: PLC0415 - by this test only

    lock: Path = applied.root / ".torchenv/.venv/lock"
    with FileLock(lock):
        assert applied.torchenv("run", "-v", *VERSION, timeout_s=60).check().stdout
