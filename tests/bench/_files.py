"""A web server of a folder that costs next to nothing: ranges, and bytes from file to socket."""

from __future__ import annotations

import re
import select
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from tests.support.listener import Handler, Listener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")
_STEP: Final = 1 << 20


class Files:
    """What is served, and how much of it was sent."""

    def __init__(self, folder: Path, bytes_per_s: float | None) -> None:
        """Serve the files of ``folder``, at ``bytes_per_s`` over each connection."""
        self.folder = folder
        self.bytes_per_s = bytes_per_s
        self.url = ""
        self.sent_bytes = 0
        self.peak = 0
        """Most answers under way at once."""
        self._at_work = 0
        self._lock = threading.Lock()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count an answer for as long as it takes."""
        with self._lock:
            self._at_work += 1
            self.peak = max(self.peak, self._at_work)
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1

    def count(self, size: int) -> None:
        """Count bytes that were sent."""
        with self._lock:
            self.sent_bytes += size


@contextmanager
def serving(folder: Path, bytes_per_s: float | None = None) -> Iterator[Files]:
    """Serve a folder within the block."""
    files = Files(folder, bytes_per_s)
    with Listener(type("FilesHandler", (_Handler,), {"files": files})) as listener:
        files.url = listener.url
        yield files


class _Handler(Handler):
    files: Files

    def do_HEAD(self) -> None:  # noqa: N802 - inherited name
        """Say how large a file is."""
        self._head()

    def do_GET(self) -> None:  # noqa: N802 - inherited name
        """Send a file, or the range of it that is asked for."""
        start, end = self._head()
        self.wfile.flush()
        with self.files.answering(), self._path.open("rb") as file:
            while start < end:
                size = min(_STEP, end - start)
                start += self.connection.sendfile(file, start, size)
                self.files.count(size)
                if self.files.bytes_per_s is not None:
                    self._gone_within(size / self.files.bytes_per_s)

    @property
    def _path(self) -> Path:
        return self.files.folder / unquote(self.path.rpartition("/")[2])

    def _head(self) -> tuple[int, int]:
        """Send the head of the answer; returns which bytes are to follow."""
        size = self._path.stat().st_size
        found = _RANGE.fullmatch(self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        end = min(size, int(found[2]) + 1) if found and found[2] else size
        self.send_response(206 if found else 200)
        if found:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.send_header("ETag", f'"{size}"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        return start, end

    def _gone_within(self, limit_s: float) -> None:
        """Wait for the client to go away, at most ``limit_s`` seconds."""
        select.select([self.connection], [], [], limit_s)
