"""What a server was asked and how much it sent: for assertions, safe between threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request and its outcome."""

    method: str
    host: str
    """``main`` or ``second``; for a proxy, host and port that it was asked for."""
    path: str
    """Decoded, without query."""
    target: str
    """As it stood in the request line: ``/whl/cu118/torch-2.2.0%2Bcu118-….whl``."""
    range: str | None
    """Value of the ``Range`` header."""
    auth: bool
    """Whether credentials came along (``Authorization``; for a proxy ``Proxy-Authorization``)."""
    status: int
    bytes_sent: int = 0
    """Bytes of the body handed to the connection so far."""


class RequestLog:
    """All requests since the server started, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._seen: list[Seen] = []
        self._lock = threading.Lock()

    def add(self, seen: Seen) -> int:
        """Record a request before its answer is sent; returns its number."""
        with self._lock:
            self._seen.append(seen)
            return len(self._seen) - 1

    def count_bytes(self, number: int, size: int) -> None:
        """Add to what was sent for a request."""
        with self._lock:
            seen = self._seen[number]
            self._seen[number] = replace(seen, bytes_sent=seen.bytes_sent + size)

    def since(self, mark: int = 0) -> tuple[Seen, ...]:
        """Return the requests after the first ``mark``."""
        with self._lock:
            return tuple(self._seen[mark:])

    def watch(self) -> Watch:
        """Start to watch: what comes from now on."""
        with self._lock:
            return Watch(self, len(self._seen))


class Watch:
    """The requests since some moment; read as often as wanted."""

    def __init__(self, log: RequestLog, mark: int) -> None:
        """Watch ``log`` from ``mark`` on."""
        self._log = log
        self._mark = mark

    def requests(self, path: str = "*", *, method: str | None = None) -> tuple[Seen, ...]:
        """Return the requests whose decoded path matches the glob."""
        return tuple(
            seen
            for seen in self._log.since(self._mark)
            if fnmatchcase(seen.path, path) and method in {None, seen.method}
        )

    def paths(self, path: str = "*") -> list[str]:
        """Return the decoded paths that were asked for, in order."""
        return [seen.path for seen in self.requests(path)]

    def bytes_sent(self, path: str = "*") -> int:
        """Return the bytes of all bodies sent for paths that match the glob."""
        return sum(seen.bytes_sent for seen in self.requests(path))
