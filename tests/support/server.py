"""The test indexes over real HTTP: a scenario, two hosts, faults on demand, a record of requests.

```python
with IndexServer(load_scenario("main")) as index:
    watch = index.watch()
    index.faults.add("/whl/cu118/torch-*.whl", Cut(after=1000), times=1)
    ...                                  # a client that uses index.pytorch and index.default
    assert watch.paths("*.whl") == [...]
```
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from tests.support.faults import Faults, spoil
from tests.support.indexfile import DEFAULT, IndexFile, index_root
from tests.support.listener import Handler, Listener
from tests.support.requestlog import RequestLog, Seen, Watch
from tests.support.site import Reply, Request, Site

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from typing_extensions import Self

    from tests.support.scenario import Scenario

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK = 64 * 1024


class IndexServer:
    """All indexes of a scenario on two ports; a context manager that stops both."""

    def __init__(self, scenario: Scenario, tls: ssl.SSLContext | None = None) -> None:
        """Start to serve ``scenario``, with the faults that it names, over TLS if wanted."""
        self.log = RequestLog()
        self.faults = Faults()
        for rule in scenario.faults:
            self.faults.add_rule(rule)
        self._second = Listener(_handler_class("second", self), lambda: tls)
        self._main = Listener(_handler_class("main", self), lambda: tls)
        self._scheme = "http" if tls is None else "https"
        self.publish(scenario)

    @property
    def scenario(self) -> Scenario:
        """What is served now."""
        return self._scenario

    @property
    def url(self) -> str:
        """Base URL of the main host."""
        return self._main.url.replace("http", self._scheme)

    @property
    def second_url(self) -> str:
        """Base URL of the second host, which absolute links of pages lead to."""
        return self._second.url.replace("http", self._scheme)

    @property
    def pytorch(self) -> str:
        """What ``sources.pytorch`` names: ``…/whl``, without a final slash."""
        return f"{self.url}/whl"

    @property
    def default(self) -> str:
        """What pip's ``index-url`` names: ``…/simple``."""
        return self.simple(DEFAULT)

    def simple(self, index: str) -> str:
        """Return the URL of another index of the default shape."""
        return f"{self.url}{index_root(index)}/simple"

    def publish(self, scenario: Scenario) -> None:
        """Serve another scenario from now on; faults and record stay."""
        self._scenario = scenario
        self._site = Site(scenario, self.second_url)

    def find(self, pattern: str) -> IndexFile:
        """Return the one file that matches a glob over names (over paths if it has a slash)."""
        return self._scenario.find(pattern)

    def file_url(self, file: IndexFile) -> str:
        """Return the address that the page gives for ``file``, without fragment."""
        host = self.second_url if file.listing.second_host else self.url
        return host + quote(file.path)

    def watch(self) -> Watch:
        """Start to watch the requests."""
        return self.log.watch()

    def answer(self, request: Request) -> Reply:
        """Return the reply to ``request``, faults applied, the range that it asks for cut out."""
        reply = self._site.respond(request)
        active = self.faults.claim(request)
        if active is not None:
            reply = spoil(request, reply, active)
            if reply.stall is None:  # a stall tells by itself, once the client is left hanging
                active.reached.set()
        return _ranged(request, reply)

    def close(self) -> None:
        """Stop both hosts; stalled replies end first."""
        self.faults.clear()
        self._main.close()
        self._second.close()

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


class _IndexHandler(Handler):
    """Serves one of the two hosts."""

    index: IndexServer
    host: str

    def do_GET(self) -> None:  # noqa: N802 - inherited name
        """Answer, and record the request before the first byte leaves."""
        request = Request(
            method=self.command,
            path=unquote(urlsplit(self.path).path),
            host=self.host,
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        reply = self.index.answer(request)
        number = self.index.log.add(_seen(request, reply, target=self.path))
        if reply.dropped:
            self.end_connection()
            return
        self._send_head(reply)
        if self.command != "HEAD":
            self._send_body(reply, number)

    do_HEAD = do_GET  # noqa: N815 - inherited name

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _send_body(self, reply: Reply, number: int) -> None:
        start = 0
        if reply.stall is not None:
            start = reply.stall_after
            self._write(reply.body[:start], number)
            if not reply.stall():
                self.end_connection()
                return
        self._write(reply.body[start : reply.cut_after], number)
        if reply.cut_after is not None:
            self.end_connection()

    def _write(self, body: bytes, number: int) -> None:
        for start in range(0, len(body), _CHUNK):
            chunk = body[start : start + _CHUNK]
            # Counted first: a client that has the bytes must find them in the record.
            self.index.log.count_bytes(number, len(chunk))
            self.wfile.write(chunk)
        self.wfile.flush()


def _handler_class(host: str, index: IndexServer) -> type[Handler]:
    return type("IndexHandler", (_IndexHandler,), {"host": host, "index": index})


def _seen(request: Request, reply: Reply, target: str) -> Seen:
    return Seen(
        method=request.method,
        host=request.host,
        path=request.path,
        target=target,
        range=request.headers.get("range"),
        auth="authorization" in request.headers,
        status=reply.status,
    )


def _ranged(request: Request, reply: Reply) -> Reply:
    """Return the part of the body that ``request`` asks for (RFC 9110, section 14)."""
    wanted = _RANGE.fullmatch(request.headers.get("range") or "")
    if not reply.ranges or reply.status != HTTPStatus.OK or wanted is None:
        return reply
    if request.headers.get("if-range", reply.header("ETag")) != reply.header("ETag"):
        return reply
    size = len(reply.body)
    start, end = _bounds(wanted[1], wanted[2], size)
    if start >= end:
        outside = ("Content-Range", f"bytes */{size}")
        return reply.instead(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", outside)
    headers = (*reply.headers, ("Content-Range", f"bytes {start}-{end - 1}/{size}"))
    part = reply.body[start:end]
    return replace(reply, status=HTTPStatus.PARTIAL_CONTENT, body=part, headers=headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return start and end (not included) of ``first-last`` or ``-length``."""
    if not first:
        return max(0, size - int(last or 0)), size
    return int(first), min(size, int(last) + 1 if last else size)
