"""Whom to trust: the certificates that a server's identity is checked against."""

from __future__ import annotations

import ssl
import sys
from typing import TYPE_CHECKING

from provisioner.network._failures import NetworkError

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.network._settings import Network


def tls_context(network: Network, url: str, *, verify: bool) -> ssl.SSLContext:
    """Return a context with the configured authorities, else the system's, and client certificate.

    Args:
        network: The settings.
        url: What the context is for, for the finding.
        verify: Whether the server must prove its identity; not so for a trusted host.

    Raises:
        NetworkError: ``TE428``, a configured file is missing or holds no certificate.
    """
    if not verify:
        context = ssl.create_default_context()
    elif network.ca_bundle is None:
        context = _system_context()
    else:
        context = _context_of(network.ca_bundle, url)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if network.client_cert is not None:
        try:
            context.load_cert_chain(network.client_cert)
        except OSError as exc:  # ssl.SSLError is one
            raise _bad_file(url, network.client_cert, exc) from exc
    return context


def _system_context() -> ssl.SSLContext:
    """Return a context that trusts whom the system trusts.

    On Linux that is OpenSSL's own file, where it has one. truststore takes the same, but reads it
    anew for each connection, which takes 20 ms.
    """
    if sys.platform == "linux":
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        plain.set_default_verify_paths()
        if plain.cert_store_stats()["x509_ca"]:
            return plain
    try:
        import truststore  # noqa: PLC0415 - not where a file is configured
    except ImportError:  # how it refuses systems that it does not know; pip does the same then
        return ssl.create_default_context()
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return context


def _context_of(bundle: Path, url: str) -> ssl.SSLContext:
    try:
        if bundle.is_dir():
            return ssl.create_default_context(capath=str(bundle))
        return ssl.create_default_context(cafile=str(bundle))
    except OSError as exc:
        raise _bad_file(url, bundle, exc) from exc


def _bad_file(url: str, path: Path, exc: OSError) -> NetworkError:
    reason = exc.strerror or str(exc)
    return NetworkError("tls", url, f"The certificate file `{path}` cannot be used ({reason})")
