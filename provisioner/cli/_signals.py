"""Signals that end a program: heeded as Ctrl-C is, so that nothing is left behind."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
"""What a CI job that is cancelled, `docker stop` and a closed terminal send."""


@contextmanager
def ending_signals() -> Iterator[list[int]]:
    """Raise ``KeyboardInterrupt`` for the first of these signals within the block.

    Yields the signals that came. One that the caller ignores (`nohup`) or handles is left alone.
    """
    received: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:  # a second one must not interrupt the clean-up
            raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # Python's rule for handlers
    mine = [one for one in _ENDING if is_main and signal.getsignal(one) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)
