"""The connections of one transfer: which are at work, how many may be, and which carry nothing.

Nothing here is thread-safe: whoever calls holds the transfer's lock.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.network import Network
    from provisioner.store._spans import Span

_FIRST_CONNECTIONS: Final = 4
_SLOW_BYTES_PER_S: Final = 20e6
"""A connection below this is likely held back by the server; more of them then help."""
_ADAPT_EVERY_S: Final = 1.0
_STALL_BYTES: Final = 4 << 10


@dataclass(eq=False, slots=True)
class Line:
    """One connection at work."""

    span: Span
    """What is still to come over it."""
    epoch: int
    began: float
    since: float
    """Start of the interval in which ``bytes`` came."""
    bytes: int = 0
    cut: Callable[[], None] | None = None
    """Ends it; None until the server answered."""
    stalled: bool = False

    def end(self) -> None:
        """Cut the connection, where there is one."""
        # One that has just ended has nothing left to cut.
        with suppress(OSError, RuntimeError, ValueError):
            if self.cut is not None:
                self.cut()


class Lines:
    """The connections at work, and how many there may be."""

    def __init__(self, network: Network, *, may_split: bool) -> None:
        """None is open; the first answer tells whether there may be more than one.

        Args:
            network: How many there may be at most, and how long one may be silent.
            may_split: Whether the file is large enough for several.
        """
        self._network = network
        self._open: set[Line] = set()
        self._most = network.connections
        self._allowed = 1
        self._arrived = 0
        self._looked = (time.monotonic(), 0)
        """When the speed was looked at, and how much had arrived by then."""
        self.may_split = may_split

    def __len__(self) -> int:
        """Return how many are at work."""
        return len(self._open)

    @property
    def is_full(self) -> bool:
        """Whether as many are at work as there may be."""
        return len(self._open) >= self._allowed

    def open(self, span: Span, epoch: int) -> Line:
        """Return a new one, which is to bring ``span``."""
        now = time.monotonic()
        line = Line(span=span, epoch=epoch, began=now, since=now)
        self._open.add(line)
        return line

    def discard(self, line: Line) -> None:
        """Forget one that has ended."""
        self._open.discard(line)

    def end(self, keep: Line | None = None) -> None:
        """Cut all of them but ``keep``."""
        for line in self._open - {keep}:
            line.end()

    def count(self, line: Line, size: int) -> None:
        """Note that bytes came over one of them."""
        line.bytes += size
        self._arrived += size

    def allow_several(self) -> None:
        """Know that the server sends ranges."""
        if self._allowed == 1 and self.may_split:
            self._allowed = min(_FIRST_CONNECTIONS, self._most)

    def allow_fewer(self) -> None:
        """Know that the last one was one too many."""
        self._most = self._allowed = len(self._open) - 1

    def allow_one(self) -> None:
        """Know that the server sends whole files only."""
        self._allowed = 1
        self.may_split = False

    def adapt(self, now: float) -> bool:
        """Allow twice as many where each of them is slow; return whether that was done."""
        looked, arrived = self._looked
        if now - looked < _ADAPT_EVERY_S:
            return False
        self._looked = (now, self._arrived)
        each = (self._arrived - arrived) / (now - looked) / max(1, len(self._open))
        if not 1 < self._allowed < self._most or each >= _SLOW_BYTES_PER_S:
            return False
        self._allowed = min(2 * self._allowed, self._most)
        return True

    def stalled(self, now: float) -> list[Line]:
        """Return those that carried next to nothing for too long, marked as that."""
        found = [line for line in self._open if self._is_stalled(line, now)]
        for line in found:
            line.stalled = True
        return found

    def _is_stalled(self, line: Line, now: float) -> bool:
        """Whether one carried next to nothing for too long; starts a new interval."""
        if line.bytes >= _STALL_BYTES:
            line.since, line.bytes = now, 0
        return line.cut is not None and now - line.since > self._network.stall_s
