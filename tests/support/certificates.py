"""Certificates for tests: authorities that no system knows, and what they sign."""

from __future__ import annotations

import ssl
import warnings
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Final

import trustme

if TYPE_CHECKING:
    from pathlib import Path

_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=timezone.utc)


@cache
def authority(name: str) -> trustme.CA:
    """Return the authority of that name; making one takes a moment."""
    return trustme.CA(organization_name=name)


def bundle_of(name: str, folder: Path) -> Path:
    """Write the certificate of an authority into ``folder``, as a file that one can name."""
    path = folder / f"{name}.pem"
    authority(name).cert_pem.write_to_path(str(path))
    return path


@cache
def server_context(
    by: str = "ours", *, host: str = "127.0.0.1", expired: bool = False
) -> ssl.SSLContext:
    """Return what a server shows: a certificate for ``host``, signed by the authority ``by``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    not_after = _LONG_AGO if expired else None
    authority(by).issue_cert(host, not_after=not_after).configure_cert(context)
    return context


@cache
def old_context() -> ssl.SSLContext:
    """Return what a server shows that knows TLS 1.1 and older only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority("ours").issue_cert("127.0.0.1").configure_cert(context)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings():
        # That it is old is the point.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
