"""What the operating system says no with, as findings."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextlib.contextmanager
def os_errors_as_findings(folder: Path) -> Iterator[None]:
    """Turn an ``OSError`` about the environment's folder into a finding.

    Raises:
        WorldError: ``TE503`` for a full disk or quota, ``TE603`` for anything else.
    """
    try:
        yield
    except OSError as exc:
        raise WorldError(os_error_finding(folder, exc)) from exc


def os_error_finding(folder: Path, exc: OSError) -> Finding:
    """Word what happened while writing below ``folder``."""
    if exc.errno in _FULL:
        return disk_full(folder)
    # Of two names (rename, symlink) the second is the one that was to be made.
    name = exc.filename2 or exc.filename
    subject = f" `{os.fsdecode(name)}`" if isinstance(name, (str, bytes)) else ""
    return Finding(
        code="TE603",
        message=f"`{display(folder)}` cannot be written.",
        why=f"The system said: {exc.strerror or exc}{':' if subject else ''}{subject}.",
        do=_advice(exc),
    )


def disk_full(folder: Path) -> Finding:
    """Word a full disk."""
    return Finding(
        code="TE503",
        message=f"The disk that holds `{display(folder)}` is full.",
        why="Writing the new environment failed for want of space or of quota; what was written of "
        "it was removed, and the old environment is untouched.",
        do="Free some space, or choose an `environment.path` on another disk, and run the same "
        "command again.",
    )


def _advice(exc: OSError) -> str:
    if exc.errno == errno.EROFS:
        return "The file system is read-only: choose an `environment.path` on another one."
    if exc.errno in _DENIED:
        return "Check the folder's owner and permissions, or choose another `environment.path`."
    return "Choose another `environment.path` in the spec, on a file system with symbolic links."
