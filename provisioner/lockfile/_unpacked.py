"""How large wheels are when they are installed, without fetching them.

A wheel is a zip file, whose list of members stands at its end and has their sizes. So the last few
kilobytes are enough, which file servers hand out on their own. What was learned is remembered by
the wheel's hash. This is a courtesy: what cannot be had is left out, and nothing fails for it.
"""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from provisioner import paths
from provisioner.findings import TorchenvError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provisioner.lockfile._types import LockedWheel
    from provisioner.network import Client
    from provisioner.store import Store

_TAIL_BYTES: Final = 1 << 16
"""More than the list of most wheels needs; torch's own has about one megabyte."""
_MOST_BYTES: Final = 16 << 20
"""No list is that long."""
_CONNECTIONS: Final = 8


class _ElsewhereError(Exception):
    """A part of the file is read that is not here."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class _End(io.RawIOBase):
    """The end of a file, to be read as if it were the whole."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__()
        self._content = content
        self._size = size
        self._start = size - len(content)
        self._position = 0

    @override
    def seekable(self) -> bool:
        return True

    @override
    def readable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    @override
    def tell(self) -> int:
        return self._position

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        if self._position < self._start:
            raise _ElsewhereError(self._position)
        start = self._position - self._start
        found = self._content[start:] if size is None or size < 0 else self._content[start:][:size]
        self._position += len(found)
        return found


def unpacked_sizes(
    wheels: Iterable[LockedWheel], store: Store, client: Client
) -> dict[str, int | None]:
    """Return the bytes that each wheel takes when installed, by sha256; None where not known.

    Args:
        wheels: What is locked.
        store: Has some of them perhaps, and remembers what was learned.
        client: Fetches the ends of the other files.
    """
    notes = store.root / "unpacked.json"
    known = _recall(notes)
    unknown = {wheel.sha256: wheel for wheel in wheels if wheel.sha256 not in known}
    if unknown:
        # The pool ends here: the engine must not be forked beside threads.
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            sizes = pool.map(lambda wheel: _unpacked(wheel, store, client), unknown.values())
            learned = dict(zip(unknown, sizes, strict=True))
        known |= {digest: size for digest, size in learned.items() if size is not None}
        with suppress(OSError):
            paths.write_atomic(notes, json.dumps(known).encode())
    return {wheel.sha256: known.get(wheel.sha256) for wheel in wheels}


def _recall(notes: Path) -> dict[str, int]:
    with suppress(OSError, ValueError):
        known = json.loads(notes.read_bytes())
        if isinstance(known, dict):
            return {key: size for key, size in known.items() if isinstance(size, int)}
    return {}


def _unpacked(wheel: LockedWheel, store: Store, client: Client) -> int | None:
    path = store.at(wheel.sha256)
    if path is not None:
        with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
            return _total(archive)
    start = max(0, wheel.size - _TAIL_BYTES)
    with suppress(TorchenvError, zipfile.BadZipFile, _ElsewhereError):
        try:
            return _sum(_end(wheel, start, client), wheel.size)
        except _ElsewhereError as exc:
            if wheel.size - exc.start <= _MOST_BYTES:
                return _sum(_end(wheel, exc.start, client), wheel.size)
    return None


def _sum(end: bytes, size: int) -> int:
    with zipfile.ZipFile(_End(end, size)) as archive:
        return _total(archive)


def _total(archive: zipfile.ZipFile) -> int:
    return sum(member.file_size for member in archive.infolist())


def _end(wheel: LockedWheel, start: int, client: Client) -> bytes:
    """Return the bytes from ``start`` on; nothing where the server hands out whole files only."""
    with client.open(wheel.url, start=start) as download:
        return b"".join(download.blocks) if download.start == start else b""
