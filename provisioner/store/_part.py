"""A wheel on its way into the store: counted, hashed on the way, then moved to its name."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provisioner.events import Reporter

_HEAD_BYTES: Final = 512
_REPORT_EVERY_S: Final = 0.1
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What arrived."""

    sha256: str
    size: int


class Progress:
    """Counts the bytes of one wheel and reports them about ten times a second."""

    def __init__(self, name: str, reporter: Reporter) -> None:
        """Start at nothing."""
        self.received_bytes = 0
        self._reported = 0
        self._name = name
        self._reporter = reporter
        self._due = 0.0

    def add(self, size: int) -> None:
        """Count ``size`` more bytes."""
        self.received_bytes += size
        if time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Report what was not reported yet."""
        if self.received_bytes != self._reported:
            self._reporter.download_progress(self._name, self.received_bytes - self._reported)
            self._reported = self.received_bytes
            self._due = time.monotonic() + _REPORT_EVERY_S

    def restart(self) -> None:
        """Take everything back: the wheel is begun anew."""
        self.received_bytes = 0
        self.flush()


def write_part(blocks: Iterable[bytes], part: Path, limit: int, progress: Progress) -> Received:
    """Write a wheel to ``part`` and sync it; stops as soon as more than ``limit`` bytes came.

    Raises:
        OSError: The disk does not take it.
        provisioner.network.NetworkError: From ``blocks``.
    """
    digest = hashlib.sha256()
    size = 0
    with part.open("wb") as file:
        for block in blocks:
            file.write(block)
            digest.update(block)
            size += len(block)
            progress.add(len(block))
            if size > limit:
                break
        file.flush()
        os.fsync(file.fileno())
    progress.flush()
    return Received(sha256=digest.hexdigest(), size=size)


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def publish(part: Path, path: Path) -> None:
    """Move a complete ``part`` to its final name, so that it is there even after a power cut.

    Raises:
        OSError: The folder cannot be written.
    """
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
