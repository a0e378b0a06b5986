"""A user's whole way: apply, apply again, change the wish, look at the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import HOST_PYTHON, run

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e

TRIO = {"torch": "2.9.1+cu126", "torchvision": "0.24.1+cu126", "torchaudio": "2.9.1+cu126"}


def test_first_and_second_apply(workspace: Workspace) -> None:
    """The first apply makes a proven environment; the second has nothing to do and says so."""
    workspace.write_spec(torch="2.9.1", accelerator="cu126")
    first = workspace.torchenv("apply", "--json").check().json
    assert first["did"]
    assert first["proof"]["versions"] == TRIO
    assert first["proof"]["build"] == "12.6"
    assert "torchvision.ops.nms" in first["proof"]["operations"]
    second = workspace.torchenv("apply", "--json").check().json
    assert not second["did"]
    assert second["generation"] == first["generation"]
    quick = workspace.torchenv("apply", offline=True).check()
    assert quick.stdout == f"Up to date: .venv (torch 2.9.1+cu126, Python {HOST_PYTHON}, cu126)\n"


def test_the_hint_can_be_pasted(workspace: Workspace) -> None:
    """What is printed for activating an environment works in a shell, wherever that is."""
    workspace.write_spec(path="-with space", torchvision=False, torchaudio=False)
    hint = workspace.torchenv("apply").check().stdout.splitlines()[-1]
    activate, python = hint.removeprefix("Use it: ").split(", or run ")
    command = f"{activate.replace('source', '.')} && {python} -c 'print(42)'"
    done = run(["bash", "-c", command], environ=workspace.environ, cwd=workspace.root)
    assert done.check().stdout == "42\n"


def test_change_of_accelerator(workspace: Workspace) -> None:
    """Another accelerator of the same version replaces the build, which uv and pip would keep."""
    workspace.write_spec(torch="2.9.1", accelerator="cu126")
    workspace.torchenv("apply").check()
    workspace.write_spec(torch="2.9.1", accelerator="cpu")
    done = workspace.torchenv("apply", "--json").check().json
    changed = {one["name"]: (one["from"], one["to"]) for one in done["changes"]["changed"]}
    assert changed["torch"] == ("2.9.1+cu126", "2.9.1+cpu")
    assert [one["name"] for one in done["changes"]["removed"]]
    seen = workspace.run_python("import torch; print(torch.__version__, torch.version.cuda)")
    assert seen.stdout == "2.9.1+cpu None\n"
