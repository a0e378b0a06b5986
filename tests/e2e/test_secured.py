"""An index behind TLS, a password, a client certificate and a proxy, from lock to environment.

torchenv asks it, and so does the engine: both with the same settings, those of pip's configuration.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pytest

from tests.support import BasicAuth, IndexServer, ProxyServer, make_workspace
from tests.support.certificates import authority, bundle_of
from tests.support.keyring import FakeKeyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e

USER: Final = "lab"
SECRET: Final = "s3cr3t/p@ss"  # noqa: S105 - of a test server


@pytest.fixture(scope="module")
def secured(main_scenario: Scenario) -> Iterator[IndexServer]:
    """An index that wants a certificate and a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority("ours").issue_cert("127.0.0.1").configure_cert(context)
    authority("ours").configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with IndexServer(main_scenario, context) as index:
        index.faults.add("/*", BasicAuth(user=USER, password=SECRET), host="main")
        yield index


@pytest.fixture
def workspace(secured: IndexServer, tmp_path: Path) -> Workspace:
    """A project whose pip trusts the index's authority and has a certificate; nothing else."""
    made = make_workspace(tmp_path, secured)
    mine = made.home / "me.pem"
    certificate = authority("ours").issue_cert("me@registry.example")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(mine))
    configure(made, {"cert": str(bundle_of("ours", made.home)), "client-cert": str(mine)})
    made.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    return made


def configure(workspace: Workspace, options: dict[str, str]) -> None:
    """Set options of pip's by its variables."""
    for name, value in options.items():
        workspace.environ[f"PIP_{name.upper().replace('-', '_')}"] = value


def in_url(workspace: Workspace) -> None:
    """Credentials in the address of the default index; PyTorch's is on the same server."""
    url = workspace.index.default.replace("//", f"//{USER}:s3cr3t%2Fp%40ss@")
    configure(workspace, {"index-url": url})


def in_netrc(workspace: Workspace) -> None:
    """Credentials in the user's file."""
    text = f"machine 127.0.0.1 login {USER} password {SECRET}\n"
    file = workspace.home / ".netrc"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)


def in_keyring(workspace: Workspace) -> None:
    """Credentials in the keyring, below the addresses of both indexes."""
    entries = {
        f"{url}/": (USER, SECRET) for url in (workspace.index.default, workspace.index.pytorch)
    }
    program = FakeKeyring(workspace.home / "bin", entries)
    workspace.environ["PATH"] = f"{program.folder}:{workspace.environ['PATH']}"


@pytest.mark.parametrize(
    ("given", "proxied"), [(in_url, True), (in_netrc, False), (in_keyring, True)]
)
def test_locked_and_applied(
    workspace: Workspace, given: Callable[[Workspace], None], *, proxied: bool
) -> None:
    """With the settings that pip has, and the secret is nowhere."""
    given(workspace)
    with ProxyServer(user="me", password=SECRET) as proxy:
        if proxied:
            address = proxy.url.replace("//", "//me:s3cr3t%2Fp%40ss@")
            configure(workspace, {"proxy": address})
        asked, through = workspace.index.watch(), proxy.watch()
        done = workspace.torchenv("apply", "-v").check()
    assert "2.9.1+cpu" in workspace.run_python("import torch; print(torch.__version__)").stdout
    tunnels = through.requests()
    assert bool(tunnels) == proxied
    # The engine sends them where a proxy asks for them.
    assert {(one.method, one.auth) for one in tunnels if one.status != 407} <= {("CONNECT", True)}
    served = [one for one in asked.requests() if one.status != HTTPStatus.UNAUTHORIZED]
    assert {one.auth for one in served if one.host == "main"} == {True}
    if given is not in_netrc:  # which knows hosts, and not which of their servers
        assert {one.auth for one in served if one.host == "second"} == {False}
    assert leaks(workspace, done.stdout + done.stderr) == []


def leaks(workspace: Workspace, output: str) -> list[str]:
    """Return where the secret stands: in the output, the project or the store."""
    forms = (SECRET, "s3cr3t%2Fp%40ss")
    found = [form for form in forms if form in output]
    for folder in (workspace.root, workspace.store):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                found += [str(path) for form in forms if form.encode() in content]
    return found


@pytest.mark.parametrize(
    ("option", "codes"),
    [
        ("cert", {"TE428"}),
        # The server's word may be lost, when it closes while the client still sends.
        ("client-cert", {"TE531", "TE401"}),
        ("index-url", {"TE402"}),
    ],
)
def test_what_is_missing_is_named(workspace: Workspace, option: str, codes: set[str]) -> None:
    """Each of the settings alone, where all others are right."""
    in_url(workspace)
    variable = f"PIP_{option.upper().replace('-', '_')}"
    workspace.environ.pop(variable)
    if option == "index-url":
        configure(workspace, {option: workspace.index.default})
    document = workspace.torchenv("lock", "--json").check(3).json
    (finding,) = document["findings"]
    assert finding["code"] in codes
