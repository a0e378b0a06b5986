"""The keyring is asked as pip asks it: for servers that refuse, and for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.findings import WorldError
from provisioner.network import Client, Network, signed_in
from tests.network.server import Answer, Server
from tests.support.keyring import FakeKeyring

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.network import Keyring

REFUSED = Answer(status=401)


def settings(server: Server, keyring: Keyring, path: Path | str, user: str = "") -> Network:
    """An index, and a keyring that is looked for in one folder."""
    index = f"{server.url}/simple".replace("//", f"//{user}@" if user else "//")
    return Network(known_urls=(index,), keyring=keyring, environ={"PATH": str(path)})


@pytest.mark.parametrize("service", ["{}/simple/", "{}"])
@pytest.mark.parametrize("user", ["", "lab"])
@pytest.mark.parametrize("keyring", ["auto", "subprocess"])
def test_a_server_that_refuses(
    server: Server, tmp_path: Path, service: str, user: str, keyring: Keyring
) -> None:
    """By the index's address first, then by the server's; for the user that is configured."""
    server.put("/simple", REFUSED)
    name = service.format(server.url)
    name = name if "simple" in name else name.removeprefix("http://")
    program = FakeKeyring(tmp_path / "bin", {name: ("lab", "a/b@c")})
    network = signed_in(settings(server, keyring, program.folder, user))
    with Client(network) as client:
        signed = client.signed(f"{server.url}/simple/torch/")
    assert signed == f"{server.url}/simple/torch/".replace("//", "//lab:a%2Fb%40c@", 1)
    words = f"--mode=creds --output=json get {server.url}/simple/ {user}".strip()
    assert program.asked[0] == words
    assert len(program.asked) == (1 if "simple" in name else 2)
    assert "a/b@c" not in repr(network)


def test_a_server_that_does_not_refuse(server: Server, tmp_path: Path) -> None:
    """The keyring is not asked, nor unlocked."""
    server.put("/simple", Answer())
    program = FakeKeyring(tmp_path / "bin", {})
    network = settings(server, "subprocess", program.folder)
    assert signed_in(network) == network
    assert program.asked == []


def test_addresses_that_are_not_asked(server: Server, tmp_path: Path) -> None:
    """Open indexes, folders, and what has a password; none at all where nobody has a keyring."""
    program = FakeKeyring(tmp_path / "bin", {})
    password = f"{server.url}/other".replace("//", "//lab:pw@")
    urls = (f"{server.url}/open", str(tmp_path), password)
    network = Network(known_urls=urls, keyring="subprocess", environ={"PATH": str(program.folder)})
    assert signed_in(network, {urls[0]}) == network
    alone = settings(server, "auto", tmp_path)
    assert signed_in(alone) == alone
    off = settings(server, "disabled", program.folder)
    assert signed_in(off) == off
    assert server.requests == []


def test_a_keyring_that_has_nothing(server: Server, tmp_path: Path) -> None:
    """The server's refusal is told later, by whoever needs the server."""
    server.put("/simple", REFUSED)
    program = FakeKeyring(tmp_path / "bin", {"other.example": ("lab", "pw")})
    network = settings(server, "auto", program.folder)
    assert signed_in(network) == network
    assert len(program.asked) == 2


def test_a_refusal_of_another_server(server: Server, tmp_path: Path) -> None:
    """Who is redirected to is not who the keyring is asked for."""
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    server.put("/simple", Answer(status=302, headers={"Location": f"{elsewhere}/in"}))
    server.put("/in", REFUSED)
    program = FakeKeyring(tmp_path / "bin", {})
    network = settings(server, "auto", program.folder)
    assert signed_in(network) == network
    assert program.asked == []


@pytest.mark.parametrize(
    ("keyring", "there", "why"),
    [
        ("subprocess", False, "There is no such program on `PATH`"),
        ("import", True, "There is no such program beside torchenv"),
        ("auto", True, "It is older than 25.2.1"),
    ],
)
def test_a_keyring_that_cannot_be_asked(
    server: Server, tmp_path: Path, *, keyring: Keyring, there: bool, why: str
) -> None:
    """Said where a server wants credentials, and only there."""
    server.put("/simple", REFUSED, Answer())
    folder = FakeKeyring(tmp_path / "bin", None).folder if there else tmp_path
    network = settings(server, keyring, folder)
    with pytest.raises(WorldError) as raised:
        signed_in(network)
    (finding,) = raised.value.findings
    assert finding.code == "TE530"
    assert finding.why.startswith(why)
    assert signed_in(network) == network


def test_the_library_beside_torchenv_comes_first(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with pip's `import` and `auto`; run as a program all the same."""
    server.put("/simple", REFUSED)
    program = FakeKeyring(tmp_path / "bin", {f"{server.url}/simple/": ("lab", "pw")})
    (program.folder / "keyring").rename(program.folder / "keyring.py")
    monkeypatch.syspath_prepend(program.folder)
    network = Network(
        known_urls=(f"{server.url}/simple",),
        keyring="import",
        environ={"PYTHONPATH": str(program.folder)},
    )
    assert len(signed_in(network).known_urls) == 2
