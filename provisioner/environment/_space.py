"""Refusing with numbers, before anything is written, what cannot fit on the disk."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, VerificationError, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_RESERVE_BYTES: Final = 16 * 2**20
"""For the virtual environment itself, folders, and what byte-compiling on import writes."""
_MIB: Final = 2**20


def unpacked_size(wheels: Iterable[Path]) -> int:
    """Return how many bytes wheels unpack to.

    Raises:
        VerificationError: A wheel is no zip file (``TE504``).
        OSError: A wheel cannot be read.
    """
    return sum(_unpacked_size(wheel) for wheel in wheels)


def _unpacked_size(wheel: Path) -> int:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as exc:
        raise VerificationError(_no_wheel(wheel, exc)) from exc


def check_space(folder: Path, needed_bytes: int) -> None:
    """Refuse where the disk that holds ``folder`` has less than ``needed_bytes`` left.

    Raises:
        WorldError: It has not (``TE503``).
        OSError: The disk cannot be asked.
    """
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free >= needed_bytes + _RESERVE_BYTES:
        return
    raise WorldError(
        Finding(
            code="TE503",
            message=f"There is not enough disk space for the environment at `{display(folder)}`.",
            why=f"It needs at least {_mib(needed_bytes + _RESERVE_BYTES)} MiB there beside the old "
            f"one, and {_mib(free)} MiB are free.",
            do="Free some space, or choose an `environment.path` on another disk.",
        )
    )


def _no_wheel(wheel: Path, exc: zipfile.BadZipFile) -> Finding:
    return Finding(
        code="TE504",
        message=f"`{wheel.name}` is not a wheel.",
        why=f"Its hash is the one in the lock, but it is no zip file: {exc}.",
        do="Lock again; if it stays so, the file on its index is broken.",
    )


def _mib(size_bytes: int) -> int:
    return -(-size_bytes // _MIB)
