"""Users and passwords from the keyring, as pip has them: for servers that want to know who asks.

The keyring is a program here, also where pip would import the library: it may crash, ask its own
questions or never answer, and that is nothing that should happen inside of this process.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner import process
from provisioner.findings import Finding, WorldError
from provisioner.network._client import Client
from provisioner.network._credentials import origin_of
from provisioner.network._failures import NetworkError
from provisioner.urls import (
    credentials_of,
    host_of,
    local_path,
    strip_credentials,
    with_credentials,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from provisioner.network._settings import Network

_TIME_LIMIT_S: Final = 60.0
"""For a keyring that asks its user to unlock it."""
_WRONG_USE: Final = 2
"""Exit code of a program that does not know an option (``argparse``)."""
_UNAUTHORIZED: Final = 401


def signed_in(network: Network, public: Collection[str] = ()) -> Network:
    """Return the settings with what the keyring has for those of the known URLs that need it.

    A server is asked whether it wants a user and a password; the keyring is not asked for one that
    does not. Processes are started, so no thread may run meanwhile.

    Args:
        network: The settings.
        public: Addresses that are open to everybody, and need not be asked.

    Raises:
        WorldError: ``TE530``, the keyring cannot be asked.
    """
    if network.keyring == "disabled":
        return network
    command = _command(network)
    if command is None and network.keyring == "auto":
        return network
    asked = [url for url in network.known_urls if url not in public and _may_need(url)]
    with Client(network).hasty() as client:
        wanting = [url for url in asked if _is_refused(client, url)]
    if not wanting:
        return network
    if command is None:
        raise WorldError(_cannot_ask(f"There is no such program{_hint(network)}"))
    found = [_from_keyring(command, url, network) for url in wanting]
    return replace(network, known_urls=(*network.known_urls, *filter(None, found)))


def _may_need(url: str) -> bool:
    credentials = credentials_of(url)
    return local_path(url) is None and (credentials is None or not credentials[1])


def _is_refused(client: Client, url: str) -> bool:
    """Whether the server itself wants other credentials than it gets."""
    try:
        client.ask(url)
    except NetworkError as exc:
        return exc.status == _UNAUTHORIZED and origin_of(exc.url) == origin_of(url)
    return False


def _command(network: Network) -> tuple[str, ...] | None:
    """Return how the keyring is started: the library beside torchenv first, as with pip."""
    if network.keyring != "subprocess" and importlib.util.find_spec("keyring") is not None:
        return (sys.executable, "-m", "keyring")
    if network.keyring == "import":
        return None
    program = shutil.which("keyring", path=network.environ.get("PATH"))
    return None if program is None else (program,)


def _hint(network: Network) -> str:
    return " beside torchenv" if network.keyring == "import" else " on `PATH`"


def _from_keyring(command: tuple[str, ...], url: str, network: Network) -> str | None:
    """Return a known URL with what the keyring has for it, or for its server; None for nothing."""
    credentials = credentials_of(url)
    user = () if credentials is None else (credentials[0],)
    plain = strip_credentials(url)
    for service in (f"{plain.rstrip('/')}/", host_of(url)):
        words = (*command, "--mode=creds", "--output=json", "get", service, *user)
        found = _answer(words, network)
        if found is not None:
            return with_credentials(plain, *found)
    return None


def _answer(words: tuple[str, ...], network: Network) -> tuple[str, str] | None:
    """Return (user, password), None where the keyring has none.

    Raises:
        WorldError: ``TE530``, it did not answer, or in words that are not known.
    """
    environ = {**network.environ, "PYTHONIOENCODING": "utf-8"}
    try:
        done = process.run(words, env=environ, timeout_s=_TIME_LIMIT_S)
        answer = json.loads(done.stdout)
        return str(answer["username"]), str(answer["password"])
    except process.ProcessFailedError as exc:
        code = exc.completed.exit_code
        if code == _WRONG_USE and "--mode=creds" in exc.completed.stderr:
            raise WorldError(_cannot_ask("It is older than 25.2.1, and cannot say users")) from None
        if code == 1:
            return None
        raise WorldError(_cannot_ask(f"`{words[0]}`: {exc.reason}")) from None
    except (ValueError, KeyError, TypeError):
        # Not chained: what was printed may hold the password.
        raise WorldError(_cannot_ask("What it printed is no user and password")) from None


def _cannot_ask(reason: str) -> Finding:
    return Finding(
        code="TE530",
        message="The keyring cannot be asked for a user and a password.",
        why=f"{reason}; an index wants them, and pip's `keyring-provider` names the keyring.",
        do="Install `keyring` 25.2.1 or newer where it is looked for, try `keyring --mode=creds "
        "get URL USER` yourself, or put the credentials into pip's configuration or `~/.netrc`.",
    )
