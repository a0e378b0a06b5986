"""Ending transfers that run in other threads."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class StoppedError(Exception):
    """A transfer ended because :meth:`StopSignal.request` was called; no failure of its own."""


class StopSignal:
    """A request to stop, shared by the threads of one piece of work.

    A flag alone would not do: a thread that waits for a silent server sees it only after the time
    limit. So each transfer registers how to cut its connection.
    """

    def __init__(self) -> None:
        """Start with nothing requested."""
        self._requested = threading.Event()
        self._lock = threading.Lock()
        self._cuts: list[Callable[[], None]] = []

    @property
    def is_requested(self) -> bool:
        """Whether the work is to end."""
        return self._requested.is_set()

    def request(self) -> None:
        """Ask every thread to end, and cut what is being transferred."""
        with self._lock:
            self._requested.set()
            cuts = list(self._cuts)
        for cut in cuts:
            # A transfer that has just ended has nothing left to cut.
            with suppress(OSError, RuntimeError, ValueError):
                cut()

    def check(self) -> None:
        """Raise :class:`StoppedError` where a stop was requested."""
        if self.is_requested:
            raise StoppedError

    def wait(self, seconds: float) -> None:
        """Wait, unless a stop is requested before or meanwhile; then raise ``StoppedError``."""
        if self._requested.wait(seconds):
            raise StoppedError

    @contextmanager
    def watching(self, cut: Callable[[], None]) -> Iterator[None]:
        """Have ``cut`` called, from another thread, on a request that comes within the block."""
        with self._lock:
            self._cuts.append(cut)
        try:
            self.check()
            yield
            # A cut body without a known length ends as if it were complete.
            self.check()
        except Exception as exc:
            # Whatever a cut connection raises, it is no failure of the server's.
            if self.is_requested:
                raise StoppedError from exc
            raise
        finally:
            with self._lock:
                self._cuts.remove(cut)
