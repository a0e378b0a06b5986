"""The command in place: from a spec to an environment that another tool made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.command import run

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e


def test_a_virtual_environment(workspace: Workspace) -> None:
    """It is locked, filled, left alone, found damaged and mended; `--json` says the same."""
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    which = run(["python3", "-c", "import sys; print(sys.executable)"], environ=workspace.environ)
    run(
        [which.stdout.strip(), "-m", "venv", "--without-pip", workspace.root / "other"],
        environ=workspace.environ,
    ).check()
    first = workspace.torchenv("apply", "--env", "other", "--json").check().json
    assert first["did"]
    assert first["environment"] == str(workspace.root / "other")
    assert "torch" in [one["name"] for one in first["changes"]["added"]]
    assert not workspace.environment.exists()
    assert workspace.torchenv("status", "--env", "other").check().stdout == "State: current\n"
    again = workspace.torchenv("apply", "--env", "other/bin/python").check()
    assert again.stdout == "Up to date: other\n"
    version = next((workspace.root / "other").glob("lib/*/site-packages/torch/version.py"))
    version.write_text("")
    state = workspace.torchenv("status", "--env", "other", "--json").check(1).json
    assert state["state"] == "damaged"
    mended = workspace.torchenv("apply", "--env", "other").check()
    assert "replace" in mended.stdout
    assert "torch/version.py differs from the locked wheel" in mended.stdout


def test_options_that_belong_together(workspace: Workspace) -> None:
    """`--exact` says nothing about an environment of torchenv's own."""
    workspace.write_spec()
    refused = workspace.torchenv("apply", "--exact").check(2)
    assert "belong to `--in-place`" in refused.stderr
    assert "TE643" in workspace.torchenv("apply", "--in-place").check(3).stderr
