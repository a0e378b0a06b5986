"""One file over real HTTP, served in every bad way that a line or a server knows.

A fault is a function from (request, reply) to the reply that is sent instead. Nothing here sleeps:
what stalls or is slow waits for the client to go away, or for a limit in seconds.

```python
with FileServer(content, cuts(3, every=0.25)) as server:
    ...                                     # a client that fetches server.url_of("x.whl")
    assert server.sent_bytes < 1.02 * len(content)
```
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.support.listener import Handler, Listener

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from typing_extensions import Self

_CHUNK = 16 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_HEAD_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for the file."""

    number: int
    """Counted from 1, over all connections."""
    path: str
    start: int | None
    """First byte of the range that is asked for, if any."""
    end: int
    """End of it, not included."""
    if_range: str | None
    headers: dict[str, str]
    at_work: int
    """Answers under way, this one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None
    """What ``Content-Length`` says; None: the truth, -1: nothing is said, the end is the end."""
    cut_at: int | None = None
    """End the connection after so many bytes of the body."""
    reset: bool = False
    """End it by RST, not FIN."""
    hang_at: int | None = None
    """Say nothing more after so many bytes of the body, until the client goes away."""
    hang_head: bool = False
    """Say nothing at all."""
    drop: bool = False
    """End the connection without an answer."""
    bytes_per_s: float | None = None

    def instead(self, status: int, *headers: tuple[str, str], body: bytes = b"") -> Served:
        """Return another answer."""
        return Served(status=status, headers=headers, body=body)


Fault = Callable[[Asked, Served], Served]


def no_fault(asked: Asked, reply: Served) -> Served:
    """Serve well."""
    del asked
    return reply


@dataclass(eq=False)
class FileServer:
    """A server of one file below any path; a context manager that stops it."""

    content: bytes = field(repr=False)
    fault: Fault = no_fault
    etag: str | None = '"1"'
    last_modified: str | None = None
    tls: ssl.SSLContext | None = None
    """What the next connections are wrapped in."""
    sent_bytes: int = 0
    """Bytes of bodies that were sent."""
    asked: list[Asked] = field(default_factory=list)
    peak: int = 0
    """Most answers under way at once."""

    def __post_init__(self) -> None:
        """Start to listen."""
        self._lock = threading.Lock()
        self._at_work = 0
        handler = type("FileHandler", (_FileHandler,), {"files": self})
        self._listener = Listener(handler, lambda: self.tls)

    @property
    def url(self) -> str:
        """Base URL, without a final slash."""
        url = self._listener.url
        return url if self.tls is None else url.replace("http:", "https:")

    def forget(self) -> None:
        """Count anew."""
        self.sent_bytes, self.peak = 0, 0
        self.asked.clear()

    def answer(self, path: str, headers: dict[str, str]) -> Served:
        """Return what a request gets, counted until :meth:`done`."""
        found = _RANGE.fullmatch(headers.get("range", ""))
        size = len(self.content)
        with self._lock:
            self._at_work += 1
            self.peak = max(self.peak, self._at_work)
            asked = Asked(
                number=len(self.asked) + 1,
                path=path,
                start=int(found[1]) if found else None,
                end=min(size, int(found[2]) + 1) if found and found[2] else size,
                if_range=headers.get("if-range"),
                headers=headers,
                at_work=self._at_work,
            )
            self.asked.append(asked)
            return self.fault(asked, self.good(asked))

    def good(self, asked: Asked) -> Served:
        """Return the right answer (RFC 9110, 13 and 14)."""
        size = len(self.content)
        state = (("ETag", self.etag), ("Last-Modified", self.last_modified))
        headers = tuple((name, value) for name, value in state if value is not None)
        names = {value for _, value in headers}
        if asked.start is None or (asked.if_range is not None and asked.if_range not in names):
            return Served(status=200, headers=headers, body=self.content)
        if asked.start >= size:
            return Served(status=416, headers=(("Content-Range", f"bytes */{size}"),))
        span = ("Content-Range", f"bytes {asked.start}-{asked.end - 1}/{size}")
        body = self.content[asked.start : asked.end]
        return Served(status=206, headers=(*headers, span), body=body)

    def done(self) -> None:
        """One answer has ended."""
        with self._lock:
            self._at_work -= 1

    def count(self, size: int) -> None:
        """Count bytes that leave."""
        with self._lock:
            self.sent_bytes += size

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
        self._listener.close()


class _FileHandler(Handler):
    files: FileServer

    def setup(self) -> None:
        """Keep little on the way, so that what was sent is nearly what arrived."""
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _CHUNK)
        super().setup()

    def do_GET(self) -> None:  # noqa: N802 - inherited name
        """Answer."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.files.answer(self.path, headers)
        try:
            self._send(reply)
        finally:
            self.files.done()

    def do_HEAD(self) -> None:  # noqa: N802 - inherited name
        """Say how large the file is; without faults, and not counted."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.files.content)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()

    def _send(self, reply: Served) -> None:
        if reply.hang_head:
            self._until_gone()
        if reply.drop or reply.hang_head:
            self.end_connection()
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.length != -1:
            length = len(reply.body) if reply.length is None else reply.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self._send_body(reply)
        if reply.length == -1:
            self.end_connection()

    def _send_body(self, reply: Served) -> None:
        ends = [end for end in (reply.cut_at, reply.hang_at) if end is not None]
        body = reply.body[: min(ends)] if ends else reply.body
        for at in range(0, len(body), _CHUNK):
            chunk = body[at : at + _CHUNK]
            self.files.count(len(chunk))
            self.wfile.write(chunk)
            if reply.bytes_per_s is not None:
                self.wfile.flush()
                self._gone_within(len(chunk) / reply.bytes_per_s)
        self.wfile.flush()
        if reply.hang_at is not None:
            self._until_gone()
            self.end_connection()
        elif reply.cut_at is not None:
            if reply.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()
            else:
                self.end_connection()

    def _until_gone(self) -> None:
        self._gone_within(_HEAD_LIMIT_S)

    def _gone_within(self, limit_s: float) -> None:
        """Wait for the client to go away, at most ``limit_s`` seconds."""
        self.connection.settimeout(limit_s)
        try:
            self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            pass
        finally:
            self.connection.settimeout(self.timeout)


# -- faults


def first(times: int, fault: Fault) -> Fault:
    """Have ``fault`` for the first requests only."""
    return lambda asked, reply: fault(asked, reply) if asked.number <= times else reply


def after(times: int, fault: Fault) -> Fault:
    """Have ``fault`` for all requests but the first."""
    return lambda asked, reply: fault(asked, reply) if asked.number > times else reply


def cut(share: float, *, reset: bool = False) -> Fault:
    """End each answer after a share of the bytes that it would have had."""

    def fault(asked: Asked, reply: Served) -> Served:
        del asked
        return replace(reply, cut_at=int(len(reply.body) * share), reset=reset)

    return fault


def hang(share: float) -> Fault:
    """Fall silent after a share of each answer's bytes."""
    return lambda asked, reply: replace(reply, hang_at=int(len(reply.body) * share))  # noqa: ARG005


def status(code: int, *headers: tuple[str, str]) -> Fault:
    """Answer with a status."""
    return lambda asked, reply: reply.instead(code, *headers)  # noqa: ARG005


def changed(**values: object) -> Fault:
    """Change fields of the reply."""
    return lambda asked, reply: replace(reply, **values)  # type: ignore[arg-type]  # noqa: ARG005
