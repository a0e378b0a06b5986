"""Which user and password a URL gets: from known URLs of the same server, else from ``.netrc``."""

from __future__ import annotations

import netrc
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.urls import credentials_of, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.network._settings import Network

Origin = tuple[str, str, int | None]
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> Origin:
    """Return (scheme, host, port) of a URL: what credentials are bound to (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


class CredentialBook:
    """Remembers the credentials of URLs; never hands them to another scheme, host or port."""

    def __init__(self, network: Network) -> None:
        """Start with the known URLs of ``network``."""
        self._known: dict[str, tuple[str, str]] = {}
        self._netrc = _read_netrc(network.environ)
        for url in network.known_urls:
            self.remember(url)

    def remember(self, url: str) -> None:
        """Keep what ``url`` carries, if anything."""
        found = credentials_of(url)
        if found is not None and _has_origin(url):
            self._known[strip_credentials(url)] = found

    def look_up(self, url: str) -> tuple[str, str] | None:
        """Return (user, password) for ``url``.

        Of several known URLs on the server, the one with the longest common path counts, since
        one server may host several indexes.
        """
        here = [known for known in self._known if origin_of(known) == origin_of(url)]
        if here:
            return self._known[max(here, key=lambda known: _common_folders(known, url))]
        return self._netrc.get(urlsplit(url).hostname or "")


def _has_origin(url: str) -> bool:
    """Whether host and port can be understood; where not, that is said when ``url`` is used."""
    try:
        origin_of(url)
    except ValueError:
        return False
    return True


def _common_folders(one: str, other: str) -> int:
    pairs = zip(urlsplit(one).path.split("/"), urlsplit(other).path.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _read_netrc(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return host to (user, password) of the ``.netrc`` file; empty where there is none.

    An entry called ``default`` is left out: it would go to every server that a redirect names. A
    file that cannot be read counts as none, as with pip: most people's has nothing to do with us.
    """
    home = environ.get("HOME", "")
    file = environ.get("NETRC") or (f"{home}/.netrc" if home else "")
    if not file or not Path(file).is_file():
        return {}
    try:
        hosts = netrc.netrc(file).hosts
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return {}
    return {
        host: (login or account or "", password or "")
        for host, (login, account, password) in hosts.items()
        if host != "default"
    }
