"""``--offline``: locks from what earlier locks of this machine read, and names what is missing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {"torch": "2.9.1", "torchvision": False, "torchaudio": False}


def test_a_lock_that_is_lost_is_made_again(fresh_workspace: Workspace) -> None:
    """The same one, and nobody is asked; the same with an environment on top."""
    workspace = fresh_workspace
    spec = workspace.write_spec(**CPU, dependencies={"numpy": "*"})
    workspace.torchenv("apply").check()
    lock = workspace.root / "pylock.torchenv.toml"
    before = lock.read_bytes()
    shutil.rmtree(workspace.environment.resolve())
    lock.unlink()
    watch = workspace.index.watch()
    workspace.torchenv("lock", "--offline").check()
    assert lock.read_bytes() == before
    lock.unlink()
    workspace.torchenv("apply", "--offline").check()
    assert lock.read_bytes() == before
    spec.write_text(spec.read_text().replace('numpy = "*"', ""))
    workspace.torchenv("apply", "--offline").check()
    workspace.torchenv("lock", "--upgrade", "--offline").check()
    assert "numpy" not in lock.read_text()
    assert watch.paths() == []


def test_what_was_never_read_is_listed(fresh_workspace: Workspace) -> None:
    """Each page of the trio; what the engine misses; and no lock is written."""
    workspace = fresh_workspace
    workspace.write_spec(torch="2.9.1")
    watch = workspace.index.watch()
    done = workspace.torchenv("lock", "--offline", "--json").check(3).json
    base = workspace.index.pytorch
    assert [(one["code"], one["message"]) for one in done["findings"]] == [
        ("TE532", f"`{base}/cpu/{name}/` is not on this machine, and `--offline` asks nobody.")
        for name in ("torch", "torchvision", "torchaudio")
    ]
    assert watch.paths() == []
    workspace.write_spec(**CPU)
    workspace.torchenv("lock").check()
    workspace.write_spec(**CPU, dependencies={"numpy": "*"})
    watch = workspace.index.watch()
    (finding,) = workspace.torchenv("lock", "--offline", "--json").check(3).json["findings"]
    assert finding["code"] == "TE532"
    assert "numpy" in finding["why"]
    assert watch.paths() == []
    assert "numpy" not in (workspace.root / "pylock.torchenv.toml").read_text()
