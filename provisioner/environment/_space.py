"""Refusing with numbers, before anything is written, what cannot fit on the disk."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, VerificationError, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_RESERVE_BYTES: Final = 16 * 2**20
"""For the virtual environment itself, folders, and what byte-compiling on import writes."""
_RESERVE_INODES: Final = 100
"""For the virtual environment itself and torchenv's own files."""
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What unpacked wheels take up."""

    size_bytes: int
    inodes: int
    """Files and folders."""


def unpacked_need(new: Iterable[Path], linked: Iterable[Path] = ()) -> Need:
    """Return what a generation takes up beside what is there.

    Args:
        new: Wheels that are unpacked for it.
        linked: Wheels whose files are hard links to what was unpacked before: folders only.

    Raises:
        VerificationError: A wheel is no zip file (``TE504``).
        OSError: A wheel cannot be read.
    """
    size_bytes = inodes = 0
    for wheel, is_new in (*((one, True) for one in new), *((one, False) for one in linked)):
        members = _members(wheel)
        inodes += len({info.filename.rpartition("/")[0] for info in members})
        if is_new:
            size_bytes += sum(info.file_size for info in members)
            inodes += len(members)
    return Need(size_bytes=size_bytes, inodes=inodes)


def _members(wheel: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.infolist()
    except zipfile.BadZipFile as exc:
        raise VerificationError(_no_wheel(wheel, exc)) from exc


def check_space(folder: Path, need: Need) -> None:
    """Refuse where the disk that holds ``folder`` has not the bytes or the inodes left.

    Raises:
        WorldError: It has not (``TE503``).
        OSError: The disk cannot be asked.
    """
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < need.size_bytes + _RESERVE_BYTES:
        needed = f"{_mib(need.size_bytes + _RESERVE_BYTES)} MiB"
        raise WorldError(_no_space(folder, needed, f"{_mib(free)} MiB"))
    # Some file systems make inodes as they need them, and say that they have none at all.
    if disk.f_files and disk.f_favail < need.inodes + _RESERVE_INODES:
        needed = f"{need.inodes + _RESERVE_INODES} inodes (files and folders)"
        raise WorldError(_no_space(folder, needed, f"{disk.f_favail}"))


def _no_space(folder: Path, needed: str, free: str) -> Finding:
    return Finding(
        code="TE503",
        message=f"There is not enough disk space for the environment at `{display(folder)}`.",
        why=f"It needs at least {needed} there beside the old one, and {free} are free.",
        do="Free some space, or choose an `environment.path` on another disk.",
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
