"""Mirrors of PyTorch's index: locks that work outside, and environments made inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provisioner import toml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

PUBLIC = "https://download.pytorch.org/whl"
CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}


def torch_of(lock: Path) -> dict[str, Any]:
    """Return torch's entry in a lock."""
    packages = toml.loads(lock.read_text())["packages"]
    (torch,) = (one for one in packages if one["name"] == "torch")
    return dict(torch)


def shut_off(workspace: Workspace) -> None:
    """Let nothing but this machine be reached."""
    closed = "http://127.0.0.1:9"
    workspace.environ.update(HTTPS_PROXY=closed, https_proxy=closed)
    workspace.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")


def test_public_address_behind_a_mirror(fresh_workspace: Workspace) -> None:
    """The lock names the public index, marked where that cannot be asked; apply asks the mirror."""
    workspace = fresh_workspace
    rewritten = workspace.index.scenario.deviate("/whl/cpu/torch-2.9.1+cpu-*", second_host=False)
    workspace.index.publish(rewritten)
    shut_off(workspace)
    workspace.write_spec(**CPU, sources={"record": "public"})
    workspace.torchenv("lock").check()
    torch = torch_of(workspace.root / "pylock.torchenv.toml")
    assert torch["index"] == f"{PUBLIC}/cpu"
    assert torch["wheels"][0]["url"].startswith(f"{PUBLIC}/cpu/torch-2.9.1%2Bcpu-")
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    assert f'unconfirmed = ["{torch["wheels"][0]["name"]}"' in text
    watch = workspace.index.watch()
    done = workspace.torchenv("apply", "--locked", "--json").check().json
    assert done["proof"]["versions"] == {"torch": "2.9.1+cpu"}
    assert watch.requests("/whl/cpu/torch-2.9.1+cpu-*.whl", method="GET")


def test_mirror_is_recorded_unless_asked(workspace: Workspace) -> None:
    """Without ``record`` the lock names the mirror, and asks nobody else."""
    shut_off(workspace)
    workspace.write_spec(**CPU)
    workspace.torchenv("lock").check()
    torch = torch_of(workspace.root / "pylock.torchenv.toml")
    assert torch["index"] == f"{workspace.index.pytorch}/cpu"


def test_tree_of_files(workspace: Workspace) -> None:
    """A mirror that is a folder of this machine serves wheels, and is not named in the lock."""
    shut_off(workspace)
    tree = workspace.home / "mirror"
    files = workspace.index.scenario.select("/whl/cpu/torch-2.9.1+cpu-*")
    page = tree / "cpu" / "torch" / "index.html"
    page.parent.mkdir(parents=True)
    links = []
    for file in files:
        (tree / "cpu" / file.name).write_bytes(file.content)
        href = f"../{file.name.replace('+', '%2B')}#sha256={file.sha256}"
        links.append(f'<a href="{href}">{file.name}</a>')
    page.write_text(f"<!DOCTYPE html><html><body>{'<br/>'.join(links)}</body></html>")
    workspace.write_spec(**CPU, sources={"pytorch": tree.as_uri()})
    workspace.torchenv("apply").check()
    lock = workspace.root / "pylock.torchenv.toml"
    assert torch_of(lock)["index"] == f"{PUBLIC}/cpu"
    places = lock.read_text().partition("[tool.torchenv]")[0]
    assert str(tree) not in places
    assert "file:" not in places
