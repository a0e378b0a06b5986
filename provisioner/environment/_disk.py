"""What must be on the disk before something else is: for the day on which the power goes.

A file that was written is in memory for some seconds, and a rename may reach the disk before what
is in the renamed file. So the files of a new generation are flushed, all at once, before the link
leads to them, and the link's folder before anything old is removed. Flushing file by file costs a
hundred times more.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from typing import TYPE_CHECKING

from provisioner import _quick_switch

if TYPE_CHECKING:
    from pathlib import Path


def flush_files(folder: Path) -> None:
    """Have everything that was written to the file system of ``folder`` on the disk."""
    with contextlib.suppress(OSError):  # some file systems cannot; then nothing is promised
        handle = os.open(folder, os.O_RDONLY)
        try:
            libc = ctypes.CDLL(None)
            if hasattr(libc, "syncfs"):
                libc.syncfs(handle)
            else:
                os.sync()
        finally:
            os.close(handle)


def flush_names(folder: Path) -> None:
    """Have the names in ``folder`` on the disk: a rename that was made, a file that was added."""
    _quick_switch.flush_names(str(folder))
