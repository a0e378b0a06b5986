"""Which proxy a URL goes through: pure functions over environment variables.

The standard library has the same (``urllib.request.getproxies_environment``), but reads the
process's own environment and knows no networks (``10.0.0.0/8``) in ``NO_PROXY``.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.network._settings import Network


def proxy_for(url: str, network: Network) -> str | None:
    """Return the proxy's URL for ``url``, credentials included, or None for a direct connection.

    As pip does: an explicit proxy holds for everything, ``NO_PROXY`` included; otherwise
    ``<scheme>_proxy``, then ``all_proxy``, unless ``no_proxy`` names the host.
    """
    if network.proxy:
        return proxy_url(network.proxy)
    if network.no_proxy_env:
        return None
    parts = urlsplit(url)
    if is_excluded(parts.hostname or "", parts.port, _variable("no_proxy", network.environ)):
        return None
    proxy = _variable(f"{parts.scheme}_proxy", network.environ)
    proxy = proxy or _variable("all_proxy", network.environ)
    return proxy_url(proxy) if proxy else None


def is_excluded(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether ``no_proxy`` names the host.

    Its entries: ``*``, a domain with all below it, an address, a network (``10.0.0.0/8``); each
    may end with a port, which then has to be the URL's.
    """
    entries = [entry for entry in no_proxy.lower().replace(" ", "").split(",") if entry]
    return any(entry == "*" or _matches(host, port, entry) for entry in entries)


def _matches(host: str, port: int | None, entry: str) -> bool:
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        pass  # a name, or an address with a port
    name, separator, suffix = entry.rpartition(":")
    if separator and suffix.isdigit():
        if port != int(suffix):
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").lstrip(".")
    return host == entry or host.endswith(f".{entry}")


def _variable(name: str, environ: Mapping[str, str]) -> str:
    """Return a proxy variable; curl and Python let lower case win."""
    return environ.get(name) or environ.get(name.upper()) or ""


def proxy_url(proxy: str) -> str:
    """Return the URL of a proxy that may be written as ``host:port``."""
    return proxy if "://" in proxy else f"http://{proxy}"
