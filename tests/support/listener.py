"""A small HTTP server in a thread, on 127.0.0.1 and a free port, that ends when it is told to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self


_TLS_RECORD = b"\x16"
"""What a TLS client says first (RFC 8446, 5.1)."""


class Handler(BaseHTTPRequestHandler):
    """Base of the request handlers: HTTP/1.1, quiet, without waits between small packets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def handle_one_request(self) -> None:
        """Answer who speaks TLS where there is none at once, as servers do, and in plain HTTP."""
        if self.rfile.peek(1)[:1] == _TLS_RECORD:  # type: ignore[attr-defined]  # it is buffered
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            self.end_connection()
            return
        super().handle_one_request()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # inherited name
        """Print nothing; what came is recorded instead."""

    def end_connection(self) -> None:
        """Close the connection now, in the middle of a reply if need be."""
        self.close_connection = True
        # The client may have been faster.
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


_GONE = (ConnectionError, TimeoutError, ssl.SSLError)
"""What a client does to a server that goes away, or does not trust its certificate."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(
        self,
        handler: Callable[..., BaseHTTPRequestHandler],
        tls: Callable[[], ssl.SSLContext | None],
    ) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._tls = tls
        self.errors: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def server_bind(self) -> None:
        """Bind without the look-up of the host's name, which can take seconds."""
        socket_address = self.server_address
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handler's first read shakes hands."""
        connection, address = super().get_request()
        tls = self._tls()
        if tls is not None:
            connection = tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Remember the connection, so that the end of the server can close it."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """Forget the connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """Keep errors of ours; a client that went away is no error."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, _GONE):
            self.errors.append(error)

    def hang_up(self) -> None:
        """Close every open connection."""
        with self._lock:
            for connection in self._open:
                # The client may have been faster.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Listener:
    """A running server; a context manager that stops it."""

    def __init__(
        self,
        handler: Callable[..., BaseHTTPRequestHandler],
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
    ) -> None:
        """Start to listen and serve; ``tls`` says what the next connection is wrapped in."""
        self._server = _Server(handler, tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop: no new connections, open ones closed, all threads ended.

        Raises:
            AssertionError: A handler failed by an error of its own.
        """
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()
        assert not self._server.errors, self._server.errors

    def __enter__(self) -> Self:
        """Return the running server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.close()
