"""The settings of every connection: the spec's ``[sources]`` over pip's configuration.

One value serves both our own requests and the engine, which gets it as variables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.host import PipConfig
    from provisioner.spec import Spec

_DEFAULT = Network()


def network_settings(spec: Spec, pip: PipConfig, environ: Mapping[str, str]) -> Network:
    """Merge what the spec and pip's configuration say about connections."""
    wish = spec.sources
    cert = wish.cert or pip.cert
    client_cert = wish.client_cert or pip.client_cert
    trusted = wish.trusted_hosts if wish.trusted_hosts is not None else pip.trusted_hosts
    urls = (wish.index, pip.index_url, *(wish.extra_indexes or ()), *pip.extra_index_urls)
    return Network(
        timeout_s=wish.timeout_s or pip.timeout_s or _DEFAULT.timeout_s,
        retries=pip.retries if pip.retries is not None else _DEFAULT.retries,
        proxy=wish.proxy or pip.proxy,
        no_proxy_env=pip.no_proxy_env,
        cert=Path(cert) if cert else None,
        client_cert=Path(client_cert) if client_cert else None,
        trusted_hosts=trusted,
        known_urls=tuple(url for url in (*urls, wish.pytorch, *pip.find_links) if url),
        environ=environ,
    )


def engine_environ(network: Network) -> dict[str, str]:
    """Return the settings as the engine's variables; secrets (a proxy's password) travel here."""
    environ = {
        "UV_HTTP_TIMEOUT": f"{max(1, round(network.timeout_s))}",
        "UV_HTTP_RETRIES": str(network.retries),
    }
    bundle = network.ca_bundle
    if bundle is not None:
        environ["SSL_CERT_DIR" if bundle.is_dir() else "SSL_CERT_FILE"] = str(bundle)
    if network.client_cert is not None:
        environ["SSL_CLIENT_CERT"] = str(network.client_cert)
    if network.proxy is not None:
        proxy = network.proxy if urlsplit(network.proxy).netloc else f"http://{network.proxy}"
        environ.update(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy))
    if network.trusted_hosts:
        environ["UV_INSECURE_HOST"] = " ".join(network.trusted_hosts)
    return environ
