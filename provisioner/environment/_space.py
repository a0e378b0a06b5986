"""Refusing with numbers, before anything is written, what cannot fit on the disks.

What goes to one file system is added up. Temporary files are not counted: an apply needs no room
where those go.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, VerificationError, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
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


def unpacked_need(new: Iterable[Path], folders: int = 0) -> Need:
    """Return what a generation takes up beside what is there.

    Args:
        new: Wheels that are unpacked for it.
        folders: Of wheels whose files are hard links to what was unpacked before.

    Raises:
        VerificationError: A wheel is no zip file (``TE504``).
        OSError: A wheel cannot be read.
    """
    size_bytes, inodes = 0, folders
    for wheel in new:
        members = _members(wheel)
        inodes += len({info.filename.rpartition("/")[0] for info in members}) + len(members)
        size_bytes += sum(info.file_size for info in members)
    return Need(size_bytes=size_bytes, inodes=inodes)


def _members(wheel: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.infolist()
    except zipfile.BadZipFile as exc:
        raise VerificationError(_no_wheel(wheel, exc)) from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is about to be written somewhere."""

    what: str
    """For the finding: ``the environment``."""
    folder: Path
    """Where; it need not be there yet."""
    need: Need


def environment_demand(folder: Path, need: Need) -> Demand:
    """Return what a generation below ``folder`` takes, the virtual environment itself included."""
    whole = Need(size_bytes=need.size_bytes + _RESERVE_BYTES, inodes=need.inodes + _RESERVE_INODES)
    return Demand(what="the environment", folder=folder, need=whole)


def check_space(*demands: Demand) -> None:
    """Refuse where a file system has not the bytes or the inodes left for all that goes there.

    Raises:
        WorldError: It has not (``TE503``); a finding for each such file system.
        OSError: The disk cannot be asked.
    """
    disks: dict[int, list[Demand]] = {}
    for one in demands:
        disks.setdefault(_existing(one.folder).stat().st_dev, []).append(one)
    findings = [found for here in disks.values() for found in _lacking(here)]
    if findings:
        raise WorldError(findings)


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _lacking(demands: list[Demand]) -> Iterator[Finding]:
    """Yield a finding where a file system cannot take what goes there."""
    disk = os.statvfs(_existing(demands[0].folder))
    free = disk.f_bavail * disk.f_frsize
    # A disk without blocks, as of some network file systems, does not say how large it is.
    if disk.f_blocks and free < sum(one.need.size_bytes for one in demands):
        needs = [(one, one.need.size_bytes) for one in demands]
        yield _no_space(needs, _mib, "MiB", free // _MIB)
    # Some file systems make inodes as they need them, and say that they have none at all.
    elif disk.f_files and disk.f_favail < sum(one.need.inodes for one in demands):
        inodes = [(one, one.need.inodes) for one in demands]
        yield _no_space(inodes, int, "inodes (files and folders)", disk.f_favail)


def _no_space(
    needs: list[tuple[Demand, int]], count: Callable[[int], int], unit: str, free: int
) -> Finding:
    asking = [(one, need) for one, need in needs if need]
    parts = [f"{count(need)} for {one.what} at `{display(one.folder)}`" for one, need in asking]
    named = " and ".join(f"`{display(one.folder)}`" for one, _ in asking)
    total = count(sum(need for _, need in asking))
    return Finding(
        code="TE503",
        message=f"There is not enough disk space on the file system of {named}.",
        why=f"At least {total} {unit} are needed there beside what is there now: "
        f"{', and '.join(parts)}. {free} are free.",
        do="Free some space, or choose another disk: `environment.path` for the environment, "
        "`TORCHENV_STORE` for what is fetched.",
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
