"""A forward proxy for plain HTTP: records what passes, and can ask for a password."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tests.support.faults import basic_credentials
from tests.support.listener import Handler, Listener
from tests.support.requestlog import RequestLog, Seen, Watch

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "transfer-encoding"}
)
"""Headers that a proxy does not pass on (RFC 9110, 7.6.1)."""
_TIMEOUT_S = 30


class ProxyServer:
    """A running proxy; a context manager that stops it."""

    def __init__(self, *, user: str | None = None, password: str = "") -> None:
        """Start; with ``user``, requests without these credentials are answered 407."""
        self.log = RequestLog()
        self.credentials = None if user is None else basic_credentials(user, password)
        self._listener = Listener(_handler_class(self))

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``, without credentials."""
        return self._listener.url

    def watch(self) -> Watch:
        """Start to watch the requests."""
        return self.log.watch()

    def close(self) -> None:
        """Stop."""
        self._listener.close()

    def __enter__(self) -> Self:
        """Return the running proxy."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.close()


class _ProxyHandler(Handler):
    """Forwards requests that name a whole URL; ``CONNECT`` is not known."""

    proxy: ProxyServer

    def do_GET(self) -> None:  # noqa: N802 - inherited name
        """Ask for the password, or forward."""
        wanted = self.proxy.credentials
        if wanted is not None and self.headers.get("Proxy-Authorization") != wanted:
            self._record(407, 0)
            self._reply(407, {"Proxy-Authenticate": 'Basic realm="proxy"'}, b"")
            return
        status, headers, body = self._forward()
        self._record(status, len(body))
        self._reply(status, headers, body)

    do_HEAD = do_GET  # noqa: N815 - inherited name

    def _forward(self) -> tuple[int, dict[str, str], bytes]:
        """Fetch what the client asked for; whole, since test files are small."""
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_S)
        try:
            target = parts._replace(scheme="", netloc="").geturl()
            connection.request(self.command, target, headers=_passed_on(self.headers.items()))
            response = connection.getresponse()
            body = response.read()
            return response.status, _passed_on(response.getheaders()), body
        finally:
            connection.close()

    def _record(self, status: int, bytes_sent: int) -> None:
        parts = urlsplit(self.path)
        seen = Seen(
            method=self.command,
            host=parts.netloc,
            path=unquote(parts.path),
            target=self.path,
            range=self.headers.get("Range"),
            auth="Proxy-Authorization" in self.headers,
            status=status,
            bytes_sent=bytes_sent,
        )
        self.proxy.log.add(seen)

    def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _handler_class(proxy: ProxyServer) -> type[Handler]:
    return type("ProxyHandler", (_ProxyHandler,), {"proxy": proxy})


def _passed_on(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in _HOP_BY_HOP}
