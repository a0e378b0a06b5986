"""A file on its way: its bytes so far (``.part``), and beside them which ones those are.

The journal is appended to after each write, so that whatever ends the process, also SIGKILL, leaves
a journal that promises no byte that is not there. A power cut can break that order; then the hash
is wrong in the end, and the file is fetched anew. A line that was not written whole names fewer
bytes than there are, or is passed over.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from provisioner.store._spans import Span, merged

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT: Final = 1
_FILE_MODE: Final = 0o600
_BLOCK: Final = 512
"""What ``st_blocks`` counts in (POSIX, ``sys/stat.h`` on Linux and macOS)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the bytes of a part come from."""

    url_sha256: str
    """Hash of the URL, which may itself be a secret."""
    size: int
    """Size of the whole file in bytes."""
    validator: str | None = None
    """What the server called this state of the file."""

    @classmethod
    def of(cls, url: str, size: int, validator: str | None = None) -> Origin:
        """Return the origin of a file at ``url``."""
        return cls(url_sha256=sha256(url.encode()).hexdigest(), size=size, validator=validator)


def journal_of(part: Path) -> Path:
    """Return the journal's path."""
    return part.with_name(f"{part.name}.journal")


class PartFile:
    """The two files of a download; used by several threads under the caller's lock."""

    def __init__(self, part: Path) -> None:
        """Open or make them.

        Raises:
            OSError: The folder cannot be written.
        """
        self.path = part
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._bytes = os.open(part, flags, _FILE_MODE)
        try:
            self._journal = os.open(journal_of(part), flags | os.O_APPEND, _FILE_MODE)
        except OSError:
            os.close(self._bytes)
            raise
        self.origin, self.done = self._read()

    def begin(self, origin: Origin) -> None:
        """Forget what is there, and write down where the bytes come from that follow.

        Raises:
            OSError: The disk does not take it.
        """
        os.ftruncate(self._journal, 0)
        # /dev/full and the like, which tests use as a full disk, cannot be truncated.
        with suppress(OSError):
            os.ftruncate(self._bytes, 0)
        self.origin, self.done = origin, []
        head = {
            "format": _FORMAT,
            "url_sha256": origin.url_sha256,
            "size": origin.size,
            "validator": origin.validator,
        }
        _write(self._journal, json.dumps(head).encode() + b"\n")

    def write(self, block: bytes, offset: int) -> None:
        """Write bytes and then that they are there.

        Raises:
            OSError: The disk does not take it.
        """
        view = memoryview(block)
        at = offset
        while view:
            written = os.pwrite(self._bytes, view, at)
            view, at = view[written:], at + written
        _write(self._journal, f"{offset} {at}\n".encode())
        self.done = merged([*self.done, (offset, at)])

    def read(self, offset: int, length: int) -> bytes:
        """Read what was written."""
        return os.pread(self._bytes, length, offset)

    def sync(self) -> None:
        """Wait until the bytes are on the disk.

        Raises:
            OSError: The disk does not take it.
        """
        os.fsync(self._bytes)

    def close(self) -> None:
        """Close both files; they stay."""
        os.close(self._bytes)
        os.close(self._journal)

    def _read(self) -> tuple[Origin | None, list[Span]]:
        """Return what the journal promises; nothing where it cannot be understood."""
        text = _contents(self._journal)
        if text and not text.endswith(b"\n"):
            _write(self._journal, b"\n")
        head, *lines = text.split(b"\n")
        try:
            table = json.loads(head)
            if table.pop("format") != _FORMAT:
                return None, []
            origin = Origin(**table)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None, []
        here = os.fstat(self._bytes).st_size
        return origin, [span for span in _spans(lines, origin.size) if span[1] <= here]


def part_bytes(part: Path) -> int:
    """Return how much disk a part takes already, in bytes; 0 where there is none."""
    try:
        return part.stat().st_blocks * _BLOCK
    except OSError:
        return 0


def remove_part(part: Path) -> None:
    """Remove a part and its journal, where they are.

    Raises:
        OSError: The folder cannot be written.
    """
    journal_of(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)


def _spans(lines: list[bytes], size: int) -> list[Span]:
    found: list[Span] = []
    for line in lines:
        words = line.split()
        if len(words) == 2 and all(word.isdigit() for word in words):  # noqa: PLR2004 - start, end
            found.append((int(words[0]), int(words[1])))
    return merged(span for span in found if span[1] <= size)


def _contents(handle: int) -> bytes:
    return os.pread(handle, os.fstat(handle).st_size, 0)


def _write(handle: int, line: bytes) -> None:
    os.write(handle, line)
