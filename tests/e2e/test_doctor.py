"""``torchenv doctor`` on environments that other tools and torchenv made."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.doctor.kit import install, make_venv

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e


def codes(document: dict[str, Any]) -> list[str]:
    """Return the codes of errors: warnings are about the machine that runs the tests."""
    return [one["code"] for one in document["findings"] if one["severity"] == "error"]


def test_environment_of_ours(workspace: Workspace) -> None:
    """What torchenv made is well, and is known as torchenv's."""
    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    workspace.torchenv("apply").check()
    document = workspace.torchenv("doctor", "--json").check().json
    assert codes(document) == []
    assert document["environment"]["generation"] is not None
    assert len(document["evidence"]) == len(document["findings"])
    done = workspace.torchenv("doctor", "--run").check()
    assert "  loads yes\n" in done.stdout


def test_wrong_build(workspace: Workspace) -> None:
    """A torchvision of the default index beside a CPU torch is found from files alone."""
    site = make_venv(workspace.root / "other")
    install(site, "torch", "2.2.0+cpu")
    install(site, "torchvision", "0.17.0")
    done = workspace.torchenv("doctor", "--env", "other").check(1)
    assert "error TE871: torchvision 0.17.0 is a build for `cu121`" in done.stdout


def test_fix(workspace: Workspace) -> None:
    """Left-overs are shown, removed, and gone from the findings."""
    site = make_venv(workspace.root / "other")
    (site / "~orch").mkdir()
    document = workspace.torchenv("doctor", "--env", "other", "--fix", "--json").check().json
    assert document["fixed"] == [f"other/{site.relative_to(workspace.root / 'other')}/~orch"]
    assert not (site / "~orch").exists()
    assert "TE873" not in [one["code"] for one in document["findings"]]


def test_fix_repairs_what_is_ours(workspace: Workspace) -> None:
    """An environment of torchenv's is made what its lock says, and nothing is locked anew."""
    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    workspace.torchenv("apply").check()
    broken = next((workspace.root / ".venv").resolve().glob("lib/*/site-packages/torch/*.py"))
    broken.unlink()
    found = workspace.torchenv("doctor").check(1)
    assert "error TE873: torch 2.9.1+cpu is only half installed." in found.stdout
    assert "torchenv apply --repair" in found.stdout
    assert "pip install" not in found.stdout.partition("TE873")[2].partition("TE")[0]
    done = workspace.torchenv("doctor", "--fix").check()
    assert "Applying torchenv.toml, every file compared\n" in done.stderr
    assert codes(workspace.torchenv("doctor", "--json").check().json) == []


def test_fix_does_not_lock(workspace: Workspace) -> None:
    """Where the lock is not what the spec says, it is left to the user."""
    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    workspace.torchenv("apply").check()
    next((workspace.root / ".venv").resolve().glob("lib/*/site-packages/torch/*.py")).unlink()
    workspace.write_spec(torch="2.9.0", torchvision=False, torchaudio=False)
    before = (workspace.root / "pylock.torchenv.toml").read_bytes()
    workspace.torchenv("doctor", "--fix").check(4)
    assert (workspace.root / "pylock.torchenv.toml").read_bytes() == before


def test_fix_touches_nothing_else(workspace: Workspace) -> None:
    """Without left-overs nothing is removed."""
    site = make_venv(workspace.root / "other")
    install(site, "torch", "2.2.0+cpu")
    document = workspace.torchenv("doctor", "--env", "other", "--fix", "--json").check().json
    assert document["fixed"] == []
    assert (site / "torch" / "__init__.py").exists()


def test_strict(workspace: Workspace) -> None:
    """Warnings count only where that is asked for."""
    site = make_venv(workspace.root / "other")
    (site / "~orch").mkdir()
    workspace.torchenv("doctor", "--env", "other").check()
    workspace.torchenv("doctor", "--env", "other", "--strict").check(1)


def test_report(workspace: Workspace) -> None:
    """A report has packages and findings, and no credentials."""
    site = make_venv(workspace.root / "other")
    install(site, "torch", "2.2.0+cpu")
    environ = {"HTTPS_PROXY": "http://me:s3cret@proxy.example:3128"}
    done = workspace.torchenv("doctor", "--env", "other", "--report", environ=environ).check()
    assert "### `torchenv doctor`" in done.stdout
    assert "torch==2.2.0+cpu" in done.stdout
    assert "s3cret" not in done.stdout


def test_import_that_fails(workspace: Workspace) -> None:
    """With --run the environment's Python is started, and its failure explained."""
    site = make_venv(workspace.root / "other")
    install(site, "torch", "2.2.0+cpu")
    scripts = workspace.root / "other" / "bin"
    scripts.mkdir()
    python = scripts / "python"
    error = "RuntimeError: operator torchvision::nms does not exist"
    python.write_text(f"#!{sys.executable}\nimport sys\nsys.exit({error!r})\n")
    python.chmod(0o755)
    done = workspace.torchenv("doctor", "--env", "other", "--run").check(1)
    assert "error TE899: `import torch` fails in this environment" in done.stdout
    assert json.dumps("TE865")[1:-1] in done.stdout


def test_no_environment(workspace: Workspace) -> None:
    """A folder that is no environment is an error; no environment at all is none."""
    workspace.torchenv("doctor").check()
    assert "TE898" in workspace.torchenv("doctor", "--env", "nowhere").check(1).stdout


def test_unfinished_work_and_store(workspace: Workspace) -> None:
    """A journal in place, an incomplete generation and a cut wheel of the store are found."""
    site = make_venv(workspace.root / "other")
    install(site, "pip", "24.0")
    journal = workspace.root / "other" / ".torchenv" / "in-place" / "journal"
    journal.parent.mkdir(parents=True)
    journal.touch()
    begun = workspace.root / ".torchenv" / "other" / "0001"
    begun.mkdir(parents=True)
    wheel = workspace.root / "kept" / "wheels" / "ab" / ("ab" * 32) / "a-1-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.write_bytes(b"PK")
    done = workspace.torchenv(
        "doctor", "--env", "other", environ={"TORCHENV_STORE": str(workspace.root / "kept")}
    ).check(1)
    assert "error TE837: A change in place of `other` was begun" in done.stdout
    assert "note TE837: Generations of `other` are incomplete." in done.stdout
    assert "warning TE836: Wheels in torchenv's store are damaged." in done.stdout
    assert "  pip   24.0 of the environment, " in done.stdout
