"""Planted packages are not chosen, whatever their version and wherever they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e

PLANTED = ("/extra/packages/torch*", "/extra/packages/triton-*", "/extra/packages/nvidia_*")
CU118: dict[str, Any] = {"python": "3.11", "torch": "2.2.0", "accelerator": "cu118"}
CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}


def plant(workspace: Workspace) -> Path:
    """Put every look-alike into a folder."""
    folder = workspace.home / "planted"
    folder.mkdir()
    for pattern in PLANTED:
        for file in workspace.index.scenario.select(pattern):
            (folder / file.name).write_bytes(file.content)
    return folder


@pytest.mark.parametrize("place", ["extra index", "find-links", "first index"])
def test_planted_trio_and_companions(workspace: Workspace, place: str) -> None:
    """``torch 99.0``, a newer ``triton`` and ``+cu118`` of other bytes are not chosen.

    They lie on an extra index, in a folder, and on an index that is asked before the default one.
    """
    workspace.write_spec(**CU118)
    workspace.torchenv("lock").check()
    lock = workspace.root / "pylock.torchenv.toml"
    safe = lock.read_bytes()
    lock.unlink()
    extra = workspace.index.simple("extra")
    match place:
        case "extra index":
            workspace.environ["PIP_EXTRA_INDEX_URL"] = extra
        case "find-links":
            workspace.environ["PIP_FIND_LINKS"] = str(plant(workspace))
        case _:
            workspace.environ["PIP_INDEX_URL"] = extra
            workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.default
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    trio_index = f"{workspace.index.pytorch}/cu118"
    places = {one["name"]: (one["version"], one["index"]) for one in packages}
    assert places["torch"] == ("2.2.0+cu118", trio_index)
    assert places["torchvision"] == ("0.17.0+cu118", trio_index)
    assert places["triton"] == ("2.2.0", trio_index)
    assert {index for name, (_, index) in places.items() if name.startswith("nvidia-")} == {
        trio_index
    }
    if place != "first index":  # which also has a filelock of its own
        assert lock.read_bytes() == safe


def test_trio_of_the_default_index_is_not_taken_from_another(workspace: Workspace) -> None:
    """Where the plan names the default index, an extra one does not serve a newer torch."""
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(torch="2.9.1", accelerator="cu128")
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    indexes = {one["index"] for one in packages if one["name"].startswith(("torch", "triton"))}
    assert indexes == {workspace.index.default}


def test_same_name_and_other_bytes(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """Two indexes that offer different files of one name are refused, and nothing is written."""
    workspace = fresh_workspace
    twin = main_scenario.release(
        projects={"tqdm": "4.67.1"},
        index="extra",
        tags=["py3-none-any"],
        requires=["filelock"],
    )
    workspace.index.publish(twin)
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(**CPU, dependencies={"tqdm": "*"})
    document = workspace.torchenv("lock", "--json").check(4).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE441"
    assert finding["message"] == (
        "Two indexes offer different files of the name `tqdm-4.67.1-py3-none-any.whl`."
    )
    assert workspace.index.default in finding["why"]
    assert not (workspace.root / "pylock.torchenv.toml").exists()


def test_same_name_and_same_bytes(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """A mirror beside the index is fine."""
    workspace = fresh_workspace
    copy = main_scenario.release(
        projects={"tqdm": "4.67.1"},
        index="extra",
        tags=["py3-none-any"],
        requires_python=">=3.7",
    )
    workspace.index.publish(copy)
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(**CPU, dependencies={"tqdm": "*"})
    workspace.torchenv("lock").check()
