"""Hashing a file while it arrives, in order, behind the first byte that is still missing."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK: Final = 1 << 20
_AT_ONCE: Final = 8 << 20
"""How far one call goes, so that whoever hashes in passing soon looks after its connection again"""


class Hasher:
    """The sha256 of what is there without a gap; whoever brings bytes moves it on."""

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        """Start at the beginning; ``read(offset, length)`` returns bytes that are there."""
        self._read = read
        self._lock = threading.Lock()
        self._digest = hashlib.sha256()
        self.position = 0

    def take(self, block: bytes, offset: int) -> None:
        """Hash bytes that just came, if they are the next ones and nobody else is hashing."""
        if offset != self.position or not self._lock.acquire(blocking=False):
            return
        try:
            if offset == self.position:
                self._digest.update(block)
                self.position += len(block)
        finally:
            self._lock.release()

    def follow(self, front: int) -> None:
        """Hash some of what lies before ``front``, unless somebody else is at it."""
        if self.position >= front or not self._lock.acquire(blocking=False):
            return
        try:
            self._go(min(front, self.position + _AT_ONCE))
        finally:
            self._lock.release()

    def finish(self, size: int) -> str:
        """Hash the rest and return the sha256 of ``size`` bytes, all of which are there."""
        with self._lock:
            self._go(size)
            return self._digest.hexdigest()

    def _go(self, end: int) -> None:
        while self.position < end:
            block = self._read(self.position, min(_BLOCK, end - self.position))
            if not block:
                return
            self._digest.update(block)
            self.position += len(block)
