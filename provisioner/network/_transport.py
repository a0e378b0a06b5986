"""One HTTP exchange over urllib3: connection pools, and urllib3's errors told apart by cause.

The only module that imports urllib3, and imported only when a server is first asked: it takes a
fast command longer to load than all of the command's own work. Redirects and retries are the
client's; they decide anew on trust, proxy and credentials.
"""

from __future__ import annotations

import base64
import errno
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import urllib3
from urllib3 import exceptions

from provisioner.network._failures import Cause, NetworkError
from provisioner.network._proxies import proxy_for
from provisioner.network._tls import tls_context
from provisioner.urls import credentials_of, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.network._settings import Network

_BLOCK: Final = 1 << 18
_POOL_SIZE: Final = 8
"""Connections kept per host, at least: as many as other parts of torchenv have threads."""
_SOCKS: Final = frozenset({"socks4", "socks4a", "socks5", "socks5h"})
_UNCONNECTED: Final = frozenset({"dns", "refused", "unreachable", "reset", "timeout"})
_ERRORS: Final = (exceptions.HTTPError, OSError)
_KIND_CAUSES: Final[tuple[tuple[tuple[type[BaseException], ...], Cause], ...]] = (
    ((exceptions.LocationValueError,), "address"),
    ((exceptions.ProxyError,), "proxy"),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), "reset"),
    ((exceptions.SSLError, ssl.SSLError), "tls"),  # see _tls_cause
    # Not urllib3's TimeoutError: its errors for a refused connection or unknown host inherit it.
    ((exceptions.ReadTimeoutError, TimeoutError), "timeout"),
    ((exceptions.NameResolutionError, socket.gaierror), "dns"),
    ((exceptions.IncompleteRead, exceptions.InvalidChunkLength), "truncated"),
    ((exceptions.DecodeError,), "content"),
)
"""The first row of which any error in a chain is an instance decides: a proxy's failure wraps one
of the others, and a TLS error is an ``OSError`` too."""
_VERIFY_CAUSES: Final[dict[int, Cause]] = {
    9: "tls-expired",  # not yet valid
    10: "tls-expired",
    62: "tls-host",
    64: "tls-host",  # of an address
}
_CLIENT_REASONS: Final = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
    }
)
"""What a server says about a client's certificate."""
_PROTOCOL_REASONS: Final = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
_ERRNO_CAUSES: Final[dict[int, Cause]] = {
    errno.ECONNREFUSED: "refused",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


class Reply:
    """The answer to one request; close it when done."""

    def __init__(self, response: urllib3.BaseHTTPResponse, url: str) -> None:
        """Wrap urllib3's response to a request for ``url``."""
        self._response = response
        self.url = url
        self.status = response.status

    def header(self, name: str) -> str:
        """Return a header's value, empty where there is none."""
        return self._response.headers.get(name, "")

    @property
    def length(self) -> int | None:
        """``Content-Length``, or None."""
        text = self.header("Content-Length")
        return int(text) if text.isdecimal() else None

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that the server asks to wait, or None."""
        try:
            return urllib3.Retry().get_retry_after(self._response)
        except exceptions.InvalidHeader:
            return None

    @property
    def redirect_url(self) -> str | None:
        """Where the server sends us, or None."""
        location = self._response.get_redirect_location()
        return urljoin(self.url, location) if location else None

    def blocks(self, *, decode: bool) -> Iterator[bytes]:
        """Yield the body as it arrives; with ``decode``, without its content encoding.

        Raises:
            NetworkError: The connection broke, fell silent, or ended too early.
        """
        try:
            if decode:
                yield from self._response.stream(_BLOCK, decode_content=True)
            else:
                while block := self._response.read1(_BLOCK, decode_content=False):
                    yield block
        except _ERRORS as exc:
            raise failure_of(exc, self.url) from exc

    def cut(self) -> None:
        """End the transfer from another thread."""
        self._response.shutdown()

    def close(self) -> None:
        """Give the connection back, or close it where something of the answer is still to come."""
        self._response.close()


class Transport:
    """Connection pools, one for each way (proxy or direct, verified or not). Thread-safe."""

    def __init__(self, network: Network) -> None:
        """Open nothing yet."""
        self._network = network
        self._pools: dict[tuple[str | None, bool], urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        """Send one request and return the answer, whatever its status.

        Raises:
            NetworkError: There was no answer.
        """
        try:
            response = self._pool(url).urlopen(
                method,
                url,
                headers=dict(headers),
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=urllib3.Timeout(total=None, connect=self._wait, read=self._wait),
            )
        except _ERRORS as exc:
            raise self._blamed(failure_of(exc, url), exc, url) from exc
        return Reply(response, url)

    def _blamed(self, failure: NetworkError, exc: Exception, url: str) -> NetworkError:
        """Return the failure as the proxy's where it speaks for the server.

        Over SOCKS urllib3 does not tell the two apart: there is one connection, to the proxy.
        """
        proxy = proxy_for(url, self._network)
        if proxy is None or _scheme_of(proxy) not in _SOCKS or failure.cause not in _UNCONNECTED:
            return failure
        return NetworkError("proxy", url, _detail_of(list(_chain(exc))))

    def close(self) -> None:
        """Close every connection that is not in use."""
        for pool in self._pools.values():
            pool.clear()

    @property
    def _wait(self) -> float:
        return self._network.timeout_s

    def _pool(self, url: str) -> urllib3.PoolManager:
        way = (proxy_for(url, self._network), not self._network.is_trusted(url))
        with self._lock:
            if way not in self._pools:
                self._pools[way] = self._new_pool(url, *way)
            return self._pools[way]

    def _new_pool(self, url: str, proxy: str | None, verify: bool) -> urllib3.PoolManager:  # noqa: FBT001 - the two parts of a way, in order
        context = tls_context(self._network, url, verify=verify)
        size = max(_POOL_SIZE, self._network.connections)
        if not verify:
            # The user named the host as trusted; a warning per request says nothing new.
            urllib3.disable_warnings(exceptions.InsecureRequestWarning)
        if proxy is None:
            return urllib3.PoolManager(maxsize=size, ssl_context=context)
        if _scheme_of(proxy) in _SOCKS:
            # Imported late: few have such a proxy.
            from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415

            user, password = credentials_of(proxy) or (None, None)
            return SOCKSProxyManager(
                strip_credentials(proxy),
                username=user,
                password=password,
                maxsize=size,
                ssl_context=context,
            )
        if _scheme_of(proxy) not in {"http", "https"}:
            reason = f"`{proxy}` is not the address of an `http`, `https` or `socks5` proxy"
            raise NetworkError("proxy", url, reason)
        return urllib3.ProxyManager(
            strip_credentials(proxy),
            maxsize=size,
            ssl_context=context,
            proxy_ssl_context=tls_context(self._network, proxy, verify=True),
            proxy_headers=_proxy_headers(proxy),
        )


def _scheme_of(proxy: str) -> str | None:
    """Return the scheme of a proxy's address, None where it cannot be understood."""
    try:
        parts = urllib3.util.parse_url(proxy)
    except exceptions.LocationParseError:
        return None
    return parts.scheme if parts.host else None


def _proxy_headers(proxy: str) -> dict[str, str]:
    credentials = credentials_of(proxy)
    return {"Proxy-Authorization": basic_authorization(*credentials)} if credentials else {}


def basic_authorization(user: str, password: str) -> str:
    """Return the value of an ``Authorization`` header (RFC 7617, in UTF-8)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def failure_of(exc: Exception, url: str) -> NetworkError:
    """Return the error that ``exc`` of urllib3 or the socket means; pure."""
    chain = list(_chain(exc))
    cause = _cause_of(chain)
    # The innermost error is the operating system's and the shortest; the outer ones repeat it
    # together with names of classes and objects.
    return NetworkError(cause, url, _detail_of(chain))


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """Yield ``exc`` and everything that it wraps, outermost first."""
    seen: list[BaseException] = []
    waiting: list[object] = [exc]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        waiting += [*one.args, one.__cause__, one.__context__]


def _cause_of(chain: list[BaseException]) -> Cause:
    for kinds, cause in _KIND_CAUSES:
        if any(isinstance(one, kinds) for one in chain):
            return _tls_cause(chain) if cause == "tls" else cause
    numbers = (one.errno for one in chain if isinstance(one, OSError))
    return next((_ERRNO_CAUSES[number] for number in numbers if number in _ERRNO_CAUSES), "reset")


def _tls_cause(chain: list[BaseException]) -> Cause:
    """Tell apart why TLS failed (OpenSSL 3, ``x509_vfy.h`` and ``sslerr.h``)."""
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            return _VERIFY_CAUSES.get(one.verify_code, "tls")
        if isinstance(one, ssl.SSLError) and one.reason in _PROTOCOL_REASONS:
            return "tls-protocol"
        if isinstance(one, ssl.SSLError) and one.reason in _CLIENT_REASONS:
            return "tls-client"
    return "tls"


def _detail_of(chain: list[BaseException]) -> str:
    verification = [one for one in chain if isinstance(one, ssl.SSLCertVerificationError)]
    if verification:
        return verification[0].verify_message
    system = [one for one in chain if isinstance(one, OSError) and one.strerror]
    return str(system[-1].strerror) if system else str(chain[-1])
