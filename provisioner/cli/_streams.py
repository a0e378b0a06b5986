"""Standard streams as they may be: closed, full, without a reader, or of a poor encoding."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import TextIO


def prepare_streams() -> None:
    """Open the streams that are closed, and let no character be one that cannot be written.

    A closed stream gets its own number again (the lowest that is free): the next file that is
    opened, the lock perhaps, would have it otherwise, and what is printed would go there.
    """
    if sys.stdin is None:
        sys.stdin = _open_nowhere("r")
    if sys.stdout is None:
        sys.stdout = _open_nowhere("w")
    if sys.stderr is None:
        sys.stderr = _open_nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_nowhere(mode: str) -> TextIO:
    return cast("TextIO", os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def flush_streams() -> None:
    """Write what still waits.

    Raises:
        OSError: It cannot be written.
    """
    sys.stdout.flush()
    sys.stderr.flush()


def discard_broken_streams() -> bool:
    """Lead streams that cannot be written nowhere, and return whether there was one.

    What they hold is dropped: Python's own flush at exit would fail on it once more, and say so.
    """
    broken = [stream for stream in (sys.stdout, sys.stderr) if _is_broken(stream)]
    for stream in broken:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()
    return bool(broken)


def _is_broken(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        return True
    return False
