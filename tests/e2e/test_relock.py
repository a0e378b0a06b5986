"""Locking again: what is locked stays, unless the spec demands a change or an upgrade is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}


def versions(document: dict[str, Any]) -> dict[str, str]:
    """Return name and version of what a lock document lists."""
    return {one["name"]: one["version"] for one in document["packages"]}


def lock(workspace: Workspace, *words: str) -> dict[str, Any]:
    """Lock and return the document."""
    document: dict[str, Any] = workspace.torchenv("lock", "--json", *words).check().json
    return document


def lock_with_old_versions(workspace: Workspace, scenario: Scenario) -> dict[str, Any]:
    """Lock while the index has old releases only, then let it have all."""
    old = scenario.without("/packages/filelock-3.20.0-*").without("/packages/sympy-1.14.0-*")
    workspace.index.publish(old)
    workspace.write_spec(**CPU)
    document = lock(workspace)
    workspace.index.publish(scenario)
    return document


def test_right_lock_is_not_resolved_again(workspace: Workspace) -> None:
    """Where the lock is right, no server is asked and nothing is written."""
    workspace.write_spec(**CPU)
    lock(workspace)
    watch = workspace.index.watch()
    document = lock(workspace)
    assert (document["resolved"], document["written"]) == (False, False)
    assert not watch.paths()


def test_locked_versions_stay(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """A new dependency is added, and what is locked keeps its version though newer ones exist."""
    first = lock_with_old_versions(fresh_workspace, main_scenario)
    fresh_workspace.write_spec(**CPU, dependencies={"einops": "*"})
    second = lock(fresh_workspace)
    assert versions(second) == {**versions(first), "einops": "0.8.1"}
    assert second["stale"] == [{"key": "dependencies.einops", "was": None, "now": "*"}]


def test_upgrade_of_one_package(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """``--upgrade-package`` changes that package and no other."""
    first = lock_with_old_versions(fresh_workspace, main_scenario)
    second = lock(fresh_workspace, "--upgrade-package", "SymPy")
    assert versions(second) == {**versions(first), "sympy": "1.14.0"}


def test_upgrade_of_everything(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """``--upgrade`` gives what locking from nothing gives, byte for byte."""
    lock_with_old_versions(fresh_workspace, main_scenario)
    lock(fresh_workspace, "--upgrade")
    file = fresh_workspace.root / "pylock.torchenv.toml"
    upgraded = file.read_bytes()
    file.unlink()
    lock(fresh_workspace)
    assert file.read_bytes() == upgraded


def test_upgrade_of_what_is_not_locked(workspace: Workspace) -> None:
    """A name that is not in the lock is refused, and nothing is asked."""
    workspace.write_spec(**CPU)
    lock(workspace)
    document = workspace.torchenv("lock", "--json", "--upgrade-package", "nunpy").check(3).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE433"
    assert finding["message"] == "`nunpy` cannot be upgraded: it is not in the lock."


def test_locked_trio_stays(workspace: Workspace) -> None:
    """A spec that admits a newer torch than the locked one keeps the locked one, and says so."""
    workspace.write_spec(**{**CPU, "torch": "2.6.0"})
    lock(workspace)
    workspace.write_spec(**{**CPU, "torch": ">=2.6,<2.10"})
    document = lock(workspace)
    assert versions(document)["torch"] == "2.6.0+cpu"
    (note,) = (one for one in document["findings"] if one["code"] == "TE436")
    assert note["severity"] == "note"
    upgraded = lock(workspace, "--upgrade-package", "torch")
    assert versions(upgraded)["torch"] == "2.9.1+cpu"


def test_spec_can_demand_another_version(fresh_workspace: Workspace) -> None:
    """A locked version that the spec no longer admits gives way, and the others stay."""
    fresh_workspace.write_spec(**CPU, dependencies={"sympy": "==1.13.3"})
    first = lock(fresh_workspace)
    fresh_workspace.write_spec(**CPU, dependencies={"sympy": ">=1.14"})
    assert versions(lock(fresh_workspace)) == {**versions(first), "sympy": "1.14.0"}


def test_check_names_what_changed(workspace: Workspace) -> None:
    """``lock --check`` names each changed key, what it was and what it is, at the spec's line."""
    workspace.write_spec(**CPU, dependencies={"numpy": "<2", "tqdm": "*"})
    lock(workspace)
    path = workspace.write_spec(**CPU, dependencies={"numpy": "*", "einops": "*"})
    document = workspace.torchenv("lock", "--check", "--json", offline=True).check(1).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE426"
    assert finding["why"].splitlines() == [
        "`dependencies.einops` is new: `*`.",
        "`dependencies.numpy` is `*`; it was `<2`.",
        "`dependencies.tqdm` is gone; it was `*`.",
    ]
    line = path.read_text().splitlines().index('einops = "*"') + 1
    assert finding["where"] == {
        "file": "torchenv.toml",
        "line": line,
        "key": "dependencies.einops",
    }


def test_layout_is_no_change(workspace: Workspace) -> None:
    """Comments, the order of keys and the environment's path make no lock stale."""
    path = workspace.write_spec(**CPU, dependencies={"numpy": "*", "tqdm": "*"})
    lock(workspace)
    text = path.read_text().replace("[environment]\n", '# ours\n[environment]\npath = "env"\n')
    path.write_text(text.replace('numpy = "*"\ntqdm = "*"', "tqdm = '*'\nnumpy = '*'"))
    workspace.torchenv("lock", "--check", offline=True).check()


def test_unreadable_lock_is_made_anew(workspace: Workspace) -> None:
    """A lock with merge conflicts is told, and made anew."""
    workspace.write_spec(**CPU)
    lock(workspace)
    file = workspace.root / "pylock.torchenv.toml"
    text = file.read_text()
    file.write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
    document = lock(workspace)
    (warning,) = document["findings"]
    assert (warning["code"], warning["severity"]) == ("TE422", "warning")
    assert warning["do"].startswith("It is made anew, and versions may change;")
    assert file.read_text() == text
