"""Credentials of every kind of source are used, and shown or written nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support import HOST_PYTHON, BasicAuth, Status

if TYPE_CHECKING:
    from tests.support import Result, Workspace

pytestmark = pytest.mark.e2e

SECRET = "s3cr3t-pass"  # noqa: S105 - of a test server


CPU: dict[str, Any] = {"torch": "2.9.1", "torchvision": False, "torchaudio": False}
TAG = f"cp{HOST_PYTHON.replace('.', '')}"
HOST_WHEEL = f"/whl/cpu/torch-2.9.1+cpu-{TAG}-{TAG}-manylinux_2_28_x86_64.whl"


def signed(url: str, password: str = SECRET) -> str:
    """Return ``url`` with credentials."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"lab:{password}@{parts.netloc}").geturl()


def leaks(workspace: Workspace, done: Result) -> list[str]:
    """Return where the secret stands: in the outputs and in every file but the spec."""
    found = [text for text in (done.stdout, done.stderr) if SECRET in text]
    for folder in (workspace.root, workspace.store):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.name != "torchenv.toml":
                found += [str(path)] if SECRET.encode() in path.read_bytes() else []
    return found


@pytest.mark.parametrize(
    "words", [("plan",), ("plan", "--json"), ("apply", "-v"), ("status", "--json")]
)
def test_mirror_with_credentials(fresh_workspace: Workspace, words: tuple[str, ...]) -> None:
    """Those of ``sources.pytorch`` open the pages of the mirror."""
    workspace = fresh_workspace
    workspace.index.faults.add("/whl/*/", BasicAuth(user="lab", password=SECRET))
    workspace.write_spec(**CPU, sources={"pytorch": signed(workspace.index.pytorch)})
    done = workspace.torchenv(*words)
    assert done.exit_code == (1 if words[0] == "status" else 0), done.stderr
    assert leaks(workspace, done) == []


def test_local_stand_in_of_such_a_mirror(fresh_workspace: Workspace) -> None:
    """The public place that the lock names for a local wheel is without them."""
    workspace = fresh_workspace
    folder = workspace.home / "wheels"
    folder.mkdir()
    wheel = workspace.index.find(HOST_WHEEL)
    (folder / wheel.name).write_bytes(wheel.content)
    workspace.environ["PIP_FIND_LINKS"] = str(folder)
    workspace.index.faults.add("/whl/*", Status(code=500))
    workspace.write_spec(**CPU, sources={"pytorch": signed(workspace.index.pytorch)})
    done = workspace.torchenv("lock").check()
    assert leaks(workspace, done) == []
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    assert f'"{workspace.index.pytorch}/cpu/{wheel.name.replace("+", "%2B")}"' in text


def test_find_links_with_credentials(fresh_workspace: Workspace) -> None:
    """Those of a page of links open it for the engine."""
    workspace = fresh_workspace
    workspace.index.faults.add("/extra/*", BasicAuth(user="lab", password=SECRET))
    page = f"{workspace.index.simple('extra')}/team-tools/"
    workspace.environ["PIP_FIND_LINKS"] = signed(page)
    workspace.write_spec(**CPU, dependencies={"team-tools": "*"})
    done = workspace.torchenv("lock", "-v").check()
    assert "team-tools" in (workspace.root / "pylock.torchenv.toml").read_text()
    assert leaks(workspace, done) == []


def test_constraints_with_credentials(fresh_workspace: Workspace) -> None:
    """Those of a constraint file's URL are used; where it is not there, that is the finding."""
    workspace = fresh_workspace
    workspace.environ["PIP_CONSTRAINT"] = signed(f"{workspace.index.url}/limits.txt")
    workspace.write_spec(**CPU)
    document: dict[str, Any] = workspace.torchenv("lock", "--json").check(3).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE402"
    assert f"`{workspace.index.url}/limits.txt`" in finding["message"]


@pytest.mark.parametrize("password", [f"{SECRET}/x", f"{SECRET}#x", f"{SECRET}?x"])
def test_password_that_is_not_encoded(workspace: Workspace, password: str) -> None:
    """A raw separator in a password is told with its encoding, and not with the password."""
    workspace.environ["PIP_INDEX_URL"] = signed(workspace.index.default, password)
    workspace.write_spec(**CPU)
    done = workspace.torchenv("lock", "-v").check(3)
    assert "TE412" in done.stderr
    assert "`%2F`" in done.stderr
    assert leaks(workspace, done) == []


def test_wrong_credentials_are_told_as_such(fresh_workspace: Workspace) -> None:
    """An index that wants others is not told as a conflict of versions."""
    workspace = fresh_workspace
    workspace.index.faults.add("/extra/*", BasicAuth(user="lab", password=SECRET))
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(**CPU, dependencies={"team-tools": "*"})
    document = workspace.torchenv("lock", "--json").check(3).json
    assert [one["code"] for one in document["findings"]] == ["TE402"]
