"""A web server for tests: a table of answers on a port of 127.0.0.1, and a record of what came."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of the server."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    """What ``Content-Length`` says; the truth by default, -1 for no such header."""
    send: int | None = None
    """How many bytes of the body are really sent before the connection ends."""
    hang: threading.Event | None = None
    """Set by the test to let the server go on after it has sent what it sends."""
    drop: bool = False
    """End the connection without any answer."""
    ranges: bool = True
    """Whether ``Range`` is understood."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request that came."""

    method: str
    path: str
    headers: Mapping[str, str]


class Server(ThreadingHTTPServer):
    """Answers from ``answers`` (path to one answer or several, used up in turn, the last kept)."""

    daemon_threads = True
    # Test output stays readable when a client goes away, which many tests make it do.
    block_on_close = False

    def __init__(self) -> None:
        """Take a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[Request] = []
        self.scheme = "http"
        self.connections = 0

    @property
    def url(self) -> str:
        """Base URL, without a final slash."""
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def put(self, path: str, *answers: Answer) -> str:
        """Answer ``path`` so, and return its URL."""
        self.answers[path] = list(answers)
        return self.url + path

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_CONNECT(self) -> None:
        """As a proxy that is asked for a tunnel; the answers' key is ``host:port``."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        self.server.requests.append(
            Request(method=self.command, path=self.path, headers=dict(self.headers))
        )
        # A request that came through a proxy names the whole URL.
        queue = self.server.answers.get(self.path, [Answer(status=404)])
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if answer.drop:
            self.close_connection = True
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        body, status, headers = answer.body, answer.status, dict(answer.headers)
        asked = self.headers.get("Range")
        if asked is not None and answer.ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        length = len(body) if answer.length is None else answer.length
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length >= 0:
            self.send_header("Content-Length", str(length))
        else:
            self.close_connection = True
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body if answer.send is None else body[: answer.send])
            self.wfile.flush()
            if answer.hang is not None:
                answer.hang.wait(60)
            if answer.send is not None:
                self.close_connection = True


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server for the length of a ``with`` block."""
    with Server() as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            server.scheme = "https"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
