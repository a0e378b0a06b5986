"""A forward proxy: records what passes, can ask for a password, and can open TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
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

    def __init__(
        self,
        *,
        user: str | None = None,
        password: str = "",
        opens: ssl.SSLContext | None = None,
        refuses: int | None = None,
    ) -> None:
        """Start.

        Args:
            user: Requests without these credentials are answered 407.
            password: Its password.
            opens: What the proxy shows in the place of servers that are asked by TLS, as companies'
                proxies do that read along; by default it lets TLS through.
            refuses: What every request is answered with.
        """
        self.log = RequestLog()
        self.opens = opens
        self.refuses = refuses
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
    """Forwards requests that name a whole URL, and makes tunnels."""

    proxy: ProxyServer
    origin = ""
    """The server that TLS was opened for: ``https://host:port``."""

    def do_GET(self) -> None:  # noqa: N802 - inherited name
        """Forward."""
        if self._is_refused():
            return
        status, headers, body = self._forward()
        self._record(status, len(body))
        self._reply(status, headers, body)

    do_HEAD = do_GET  # noqa: N815 - inherited name

    def do_CONNECT(self) -> None:  # noqa: N802 - inherited name
        """Pass on what comes, or answer in the server's place."""
        if self._is_refused():
            return
        self._record(200, 0)
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        if self.proxy.opens is None:
            self._tunnel()
            return
        self.origin = f"https://{self.path}"
        self.close_connection = False
        # The connection goes on as one of requests without a host.
        self.request = self.proxy.opens.wrap_socket(self.request, server_side=True)
        self.setup()

    def finish(self) -> None:
        """Close what was opened here."""
        super().finish()
        if self.origin:
            self.request.close()

    def _is_refused(self) -> bool:
        """Refuse who does not name the password, unless it was asked for already."""
        wanted = self.proxy.credentials
        status = self.proxy.refuses
        if wanted is not None and not self.origin:
            status = None if self.headers.get("Proxy-Authorization") == wanted else 407
        if status is None:
            return False
        self._record(status, 0)
        self._reply(status, {"Proxy-Authenticate": 'Basic realm="proxy"'}, b"")
        return True

    def _tunnel(self) -> None:
        host, _, port = self.path.rpartition(":")
        self.close_connection = True
        with socket.create_connection((host, int(port)), timeout=_TIMEOUT_S) as server:
            back = threading.Thread(target=pass_on, args=(server, self.connection))
            back.start()
            pass_on(self.connection, server)
            back.join()

    def _forward(self) -> tuple[int, dict[str, str], bytes]:
        """Fetch what the client asked for; whole, since test files are small."""
        parts = urlsplit(self.origin + self.path)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            trusting = ssl._create_unverified_context()  # noqa: S323 - a server of the test's own
            connection = http.client.HTTPSConnection(
                parts.netloc, timeout=_TIMEOUT_S, context=trusting
            )
        else:
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
        parts = urlsplit(self.origin + self.path)
        seen = Seen(
            method=self.command,
            host=parts.netloc or self.path,
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


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Send on what comes until nothing comes any more."""
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _handler_class(proxy: ProxyServer) -> type[Handler]:
    return type("ProxyHandler", (_ProxyHandler,), {"proxy": proxy})


def _passed_on(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in _HOP_BY_HOP}
