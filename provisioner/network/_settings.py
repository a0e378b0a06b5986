"""How torchenv talks to servers: one frozen value, made from pip's configuration and the spec."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a CA bundle, in the order in which pip (through requests) and then OpenSSL
look at them."""


Keyring = Literal["auto", "disabled", "import", "subprocess"]
"""pip's ``keyring-provider``: the library beside torchenv, a program on ``PATH``, or the first of
them that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Settings of every connection. What may carry a secret is left out of ``repr``."""

    timeout_s: float = 15.0
    """Longest wait for a connection and for each piece of an answer; pip's default."""
    retries: int = 3
    """How often a transient failure is tried again."""
    backoff_s: float = 0.25
    """Wait before the first retry; doubled before each further one."""
    longest_wait_s: float = 60.0
    """Upper limit of what a server's ``Retry-After`` can ask for."""
    connections: int = 8
    """Connections that files are fetched over at once, over all servers and so for each."""
    parallel_from_bytes: int = 32 << 20
    """Size from which a file is fetched over several connections; below it, asking costs more."""
    part_bytes: int | None = None
    """Size of the parts that a file is fetched in over several connections; None: by its size."""
    stall_s: float = 10.0
    """Time in which a connection has to carry something; else it is given up for another one."""
    proxy: str | None = field(default=None, repr=False)
    """Proxy for everything, in place of the environment's, as pip's ``proxy`` option has it."""
    no_proxy_env: bool = False
    """Do not use the proxies of the environment."""
    cert: Path | None = None
    """CA bundle (file or folder) in place of the system's."""
    client_cert: Path | None = None
    """One PEM file with the client's key and certificate."""
    keyring: Keyring = "disabled"
    """How the keyring is asked where a server of a known URL wants credentials."""
    trusted_hosts: tuple[str, ...] = ()
    """``host`` or ``host:port``: plain HTTP and unverified TLS are accepted there."""
    known_urls: tuple[str, ...] = field(default=(), repr=False)
    """Index and find-links URLs; the credentials that they carry hold for what lies below and
    beside them on the same server, as with pip."""
    mirrors: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(public, mirror): what begins with the one address is asked for at the other one."""
    pages: Path | None = None
    """Folder in which pages are kept for a time without a network; None keeps none."""
    offline: bool = False
    """Ask no server: what is kept is all there is."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The caller's environment variables: proxies, CA bundles, ``NETRC`` and ``HOME``."""

    @property
    def ca_bundle(self) -> Path | None:
        """The CA file or folder to use, or None for the system's own."""
        if self.cert is not None:
            return self.cert
        named = (self.environ.get(name) for name in _CA_VARIABLES)
        return next((Path(path) for path in named if path), None)

    def placed(self, url: str) -> str:
        """Return where ``url`` is asked for: at a mirror, where there is one for it."""
        for public, mirror in self.mirrors:
            if url.startswith(f"{public}/"):
                return mirror + url.removeprefix(public)
        return url

    def is_trusted(self, url: str) -> bool:
        """Whether the user declared the host of ``url`` as trusted; with a port, that port only."""
        parts = urlsplit(url)
        hosts = (parts.hostname, f"[{parts.hostname}]")  # IPv6, with and without brackets
        mine = {*hosts, *(f"{host}:{parts.port}" for host in hosts)}
        return any(entry.lower() in mine for entry in self.trusted_hosts)

    def is_secure(self, url: str) -> bool:
        """Whether ``url`` may be asked at all: HTTPS, this machine itself, or a trusted host.

        Source: what pip calls secure origins (pip 26.3, ``network/session.py``).
        """
        parts = urlsplit(url)
        return parts.scheme == "https" or is_loopback(parts.hostname or "") or self.is_trusted(url)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
