"""The settings of every connection: the spec's ``[sources]`` over pip's configuration.

One value serves both our own requests and the engine, which gets it as variables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.findings import Finding, WorldError
from provisioner.lockfile._record import Places
from provisioner.network import Network, proxy_url
from provisioner.spec import Sources
from provisioner.urls import local_path, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.host import PipConfig

_DEFAULT = Network()
_MOST_CONNECTIONS = 32


def network_settings(wish: Sources, pip: PipConfig, environ: Mapping[str, str]) -> Network:
    """Merge what the spec's sources and pip's configuration say about connections."""
    links = wish.find_links if wish.find_links is not None else pip.find_links
    constraints = wish.constraints if wish.constraints is not None else pip.constraints
    cert = wish.cert or pip.cert
    client_cert = wish.client_cert or pip.client_cert
    trusted = wish.trusted_hosts if wish.trusted_hosts is not None else pip.trusted_hosts
    urls = (wish.index, pip.index_url, *(wish.extra_indexes or ()), *pip.extra_index_urls)
    places = public_places(wish)
    return Network(
        connections=_connections(wish.connections, environ),
        timeout_s=wish.timeout_s or pip.timeout_s or _DEFAULT.timeout_s,
        retries=pip.retries if pip.retries is not None else _DEFAULT.retries,
        proxy=wish.proxy or pip.proxy,
        no_proxy_env=pip.no_proxy_env,
        cert=Path(cert) if cert else None,
        client_cert=Path(client_cert) if client_cert else None,
        keyring=pip.keyring_provider,
        trusted_hosts=trusted,
        known_urls=tuple(url for url in (*urls, wish.pytorch, *links, *constraints) if url),
        environ=environ,
        mirrors=() if places is None else ((places.public, wish.pytorch.rstrip("/")),),
    )


def public_indexes(pip: PipConfig) -> frozenset[str]:
    """Return the addresses of indexes that are open to everybody."""
    return frozenset(url for url in (Sources().pytorch, pip.default_index) if url)


def _connections(wish: int | None, environ: Mapping[str, str]) -> int:
    """Return how many connections wheels are fetched over: the variable, the spec, the default.

    Raises:
        WorldError: ``TE510``, the variable is no such number.
    """
    text = environ.get("TORCHENV_CONNECTIONS")
    if not text:
        return wish or _DEFAULT.connections
    if text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_CONNECTIONS:
        return int(text)
    raise WorldError(
        Finding(
            code="TE510",
            message=f"`TORCHENV_CONNECTIONS` is `{text}`, which is no number of connections.",
            why=f"From 1 to {_MOST_CONNECTIONS} are possible; servers refuse more of one client.",
            do="Set it to a number, for instance 8, or unset it.",
        )
    )


def public_places(sources: Sources) -> Places | None:
    """Return the mirror whose public addresses are locked, None where none is to be.

    A mirror that is a folder of this machine is never named in a lock.
    """
    mirror = strip_credentials(sources.pytorch).rstrip("/")
    if mirror == Sources().pytorch:
        return None
    if sources.record == "public" or local_path(sources.pytorch) is not None:
        return Places(mirror=mirror, public=Sources().pytorch)
    return None


def engine_environ(network: Network) -> dict[str, str]:
    """Return the settings as the engine's variables; secrets (a proxy's password) travel here."""
    environ = {
        "UV_HTTP_TIMEOUT": f"{max(1, round(network.timeout_s))}",
        "UV_HTTP_RETRIES": str(network.retries),
    }
    bundle = network.ca_bundle
    if bundle is not None:
        # Both, since the engine adds the one to the other.
        file, folder = ("", str(bundle)) if bundle.is_dir() else (str(bundle), "")
        environ.update(SSL_CERT_FILE=file, SSL_CERT_DIR=folder)
    else:
        # Whom this machine trusts, as our own requests do; the engine has a list of its own.
        environ["UV_SYSTEM_CERTS"] = "1"
    if network.client_cert is not None:
        environ["SSL_CLIENT_CERT"] = str(network.client_cert)
    environ.update(_proxy_environ(network))
    if network.offline:
        environ["UV_OFFLINE"] = "1"
    if network.trusted_hosts:
        environ["UV_INSECURE_HOST"] = " ".join(network.trusted_hosts)
    return environ


def _proxy_environ(network: Network) -> dict[str, str]:
    """Return proxy variables in place of the user's; empty where the user's own hold."""
    if not network.proxy and not network.no_proxy_env:
        return {}
    proxy = proxy_url(network.proxy) if network.proxy else ""
    # Clients differ in whether they look at upper or lower case first.
    names = [f"{kind}_proxy" for kind in ("http", "https", "all")]
    environ = dict.fromkeys((*names, *map(str.upper, names)), proxy)
    return {**environ, "no_proxy": "", "NO_PROXY": ""}
