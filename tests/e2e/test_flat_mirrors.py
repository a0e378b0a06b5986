"""Mirrors of PyTorch's index that are one page of wheels: a folder's listing, a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provisioner import toml
from tests.support.folderserver import serve_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e

CU118: dict[str, Any] = {"python": "3.11", "torch": "2.2.0", "accelerator": "cu118"}
CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}
ON_IT = ("/whl/cu118/*", "/whl/triton-*", "/whl/cpu/torch-*", "/whl/filelock-*")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, main_scenario: Scenario) -> Path:
    """Return a folder of wheels of all projects and two accelerators, and a page of some."""
    folder = tmp_path_factory.mktemp("mirror") / "wheels"
    folder.mkdir()
    for pattern in ON_IT:
        for file in main_scenario.select(pattern):
            file.save(folder)
    links = [
        f'<a href="{file.name.replace("+", "%2B")}#sha256={file.sha256}">{file.name}</a>'
        for file in main_scenario.select("/whl/cpu/torch-2.9.1+cpu-*")
    ]
    (folder / "torch.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")
    return folder


@pytest.fixture(scope="module")
def mirror(folder: Path) -> Iterator[str]:
    """Serve that folder as the simplest server does, which states no hashes."""
    with serve_folder(folder.parent) as url:
        yield f"{url}/{folder.name}"


def packages_of(lock: Path) -> dict[str, dict[str, Any]]:
    """Return the packages of a lock by name."""
    return {str(one["name"]): dict(one) for one in toml.loads(lock.read_text())["packages"]}


@pytest.mark.parametrize("end", ["", "/"])
def test_listing_of_a_folder(workspace: Workspace, mirror: str, end: str) -> None:
    """The trio and its companions come from it, with hashes learned, and nothing else does."""
    sources = {"pytorch": f"{mirror}{end}", "pytorch-layout": "flat"}
    workspace.write_spec(**CU118, sources=sources)
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.torchenv("lock").check()
    lock = workspace.root / "pylock.torchenv.toml"
    packages = packages_of(lock)
    here = {name for name, one in packages.items() if one["wheels"][0]["url"].startswith(mirror)}
    companions = {name for name in packages if name.startswith(("nvidia-", "triton"))}
    assert here == companions | {"torch", "torchvision", "torchaudio"}
    assert companions
    assert packages["torch"]["version"] == "2.2.0+cu118"
    assert not any("index" in packages[name] for name in here)
    assert packages["filelock"]["index"] == workspace.index.default
    unconfirmed = toml.loads(lock.read_text())["tool"]["torchenv"]["unconfirmed"]
    assert unconfirmed == [packages[name]["wheels"][0]["name"] for name in sorted(here)]
    workspace.torchenv("lock", "--check").check()


def test_page_with_hashes(workspace: Workspace, mirror: str) -> None:
    """A page like those of ``--find-links`` states hashes, and an environment is made from it."""
    sources = {"pytorch": f"{mirror}/torch.html", "pytorch-layout": "flat"}
    workspace.write_spec(**CPU, sources=sources)
    done = workspace.torchenv("apply", "--json").check().json
    assert done["proof"]["versions"] == {"torch": "2.9.1+cpu"}
    lock = workspace.root / "pylock.torchenv.toml"
    assert packages_of(lock)["torch"]["wheels"][0]["url"].startswith(f"{mirror}/torch-2.9.1%2Bcpu")
    assert "unconfirmed = []" in lock.read_text()


def test_not_on_the_page(workspace: Workspace, mirror: str) -> None:
    """A build that is not there is told with what the page lists of its project."""
    sources = {"pytorch": f"{mirror}/torch.html", "pytorch-layout": "flat"}
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False, sources=sources)
    told = workspace.torchenv("lock").stderr
    assert f"TE403: `torch 2.6.0+cpu` is not on {mirror}/torch.html for this target." in told
