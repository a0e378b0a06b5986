"""What is asked for beside the trio: constraints, misspelt names, everything in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import ProxyServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e


CPU: dict[str, Any] = {"torch": "2.9.1", "torchvision": False, "torchaudio": False}


def put_wheels(workspace: Workspace, *patterns: str) -> Path:
    """Put every wheel that matches into a folder that pip's ``find-links`` names."""
    folder = workspace.home / "wheels, all"
    folder.mkdir()
    for pattern in patterns:
        for file in workspace.index.scenario.select(pattern):
            (folder / file.name).write_bytes(file.content)
    workspace.pip_config(
        f"[global]\nindex-url = {workspace.index.default}\nfind-links = {folder.as_uri()}\n"
    )
    return folder


def findings(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the findings of a lock that fails."""
    document = workspace.torchenv("lock", "--json").check(3).json
    found: list[dict[str, Any]] = document["findings"]
    return found


def test_constraint_newer_than_the_copies_of_pytorch(workspace: Workspace) -> None:
    """A version that PyTorch's index has no copy of is fine: only trio and companions count there.

    The main scenario has filelock 3.20.0 on the default index, and not on PyTorch's.
    """
    workspace.write("limits.txt", "filelock==3.20.0\n")
    workspace.environ["PIP_CONSTRAINT"] = "limits.txt"
    workspace.write_spec(**CPU)
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    places = {one["name"]: (one["version"], one["index"]) for one in packages}
    assert places["filelock"] == ("3.20.0", workspace.index.default)


def test_missing_constraint_file(workspace: Workspace) -> None:
    """It is named, and no server was asked."""
    workspace.environ["PIP_CONSTRAINT"] = "missing.txt"
    workspace.write_spec(**CPU)
    watch = workspace.index.watch()
    (finding,) = findings(workspace)
    assert finding["message"] == f"`{workspace.root / 'missing.txt'}` does not exist."
    assert not watch.paths()


def test_misspelt_dependency(workspace: Workspace) -> None:
    """A name that no index has is told as that, in the spec's terms."""
    workspace.write_spec(**CPU, dependencies={"numpyy": "*"})
    (finding,) = findings(workspace)
    assert (finding["code"], finding["message"]) == (
        "TE403",
        "`numpyy` is on none of the indexes.",
    )
    assert finding["why"].splitlines() == [
        "The spec asks for `numpyy`.",
        f"Looked at `{workspace.index.default}`.",
    ]
    assert finding["where"]["key"] == "dependencies.numpyy"


@pytest.mark.parametrize(
    "trio", [{**CPU, "accelerator": "cpu"}, {"torch": "2.9.1", "accelerator": "cu128"}]
)
def test_everything_in_a_folder(workspace: Workspace, trio: dict[str, Any]) -> None:
    """What only a folder of this machine has is named in one finding, wherever the trio belongs."""
    put_wheels(workspace, "/packages/*", "/whl/cpu/torch-2.9.1*")
    workspace.environ["PIP_NO_INDEX"] = "1"
    workspace.write_spec(**trio)
    watch = workspace.index.watch()
    (finding,) = findings(workspace)
    assert finding["code"] == "TE430"
    assert {"`filelock`", "`pip`"} <= set(finding["message"].rstrip(".").replace(",", "").split())
    assert not watch.paths()


@pytest.mark.parametrize("accelerator", ["cpu", "cu128"])
def test_folder_does_not_change_the_lock(workspace: Workspace, accelerator: str) -> None:
    """The lock is the same with and without a folder of wheels, newer ones among them.

    For cu128 the trio comes from the default index, and a wheel of the same name lies there too.
    """
    workspace.write_spec(torch="2.9.1", accelerator=accelerator)
    lock = workspace.root / "pylock.torchenv.toml"
    workspace.torchenv("lock").check()
    first = lock.read_bytes()
    folder = put_wheels(
        workspace, "/packages/filelock-*", "/packages/torch-2.9.1-*", "/extra/*/filelock-3.98.0-*"
    )
    assert (folder / "filelock-3.98.0-py3-none-any.whl").exists()
    assert not workspace.torchenv("lock", "--upgrade", "--json").check().json["written"]
    assert lock.read_bytes() == first


def test_explicit_proxy_is_the_engines_too(workspace: Workspace) -> None:
    """The option ``proxy`` of pip stands above ``NO_PROXY`` for the engine's requests too."""
    with ProxyServer() as proxy:
        workspace.environ.update({"PIP_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"})
        workspace.write_spec(**CPU)
        at_index, at_proxy = workspace.index.watch(), proxy.watch()
        workspace.torchenv("lock").check()
        assert len(at_index.paths()) == len(at_proxy.paths()) > 0


def test_users_proxies_are_left_out_on_request(workspace: Workspace) -> None:
    """The option ``no-proxy-env`` of pip holds for the engine as well."""
    closed = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    workspace.environ.update({**closed, "PIP_NO_PROXY_ENV": "1"})
    workspace.write_spec(**CPU)
    workspace.torchenv("lock").check()
