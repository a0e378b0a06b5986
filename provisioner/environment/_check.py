"""Checking that what was installed is whole, before anybody uses it.

The engine says "installed" even when files are missing (uv 0.13, after its cache was damaged or it
was killed). So every installed package is compared with its RECORD (PyPA, "Recording installed
projects"): each file must be there with its size, those outside ``site-packages`` too. Where the
two differ the wheel itself decides, since published torch wheels have wrong RECORDs
(``provisioner.store._safety`` names some).
"""

from __future__ import annotations

import csv
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner.environment._inspect import installed_in, name_and_version
from provisioner.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from provisioner.environment._expected import Entry
    from provisioner.environment._layout import Generation
    from provisioner.lockfile import Lock, LockedPackage

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that is not as it must be."""

    package: str
    """Normalised name."""
    text: str
    """``torch/lib/libtorch_cpu.so: 1024 bytes instead of 384512``."""


def find_damage(
    generation: Generation, lock: Lock, wheels: Mapping[str, Path], listed: Iterable[Entry]
) -> tuple[Damage, ...]:
    """Compare a generation with the lock and with its own records; empty where it is whole.

    Args:
        generation: With everything installed.
        lock: What had to be installed.
        wheels: Verified files of the store by sha256.
        listed: Its files, as a walk saw them a moment ago.

    Raises:
        OSError: A file cannot be looked at.
    """
    sizes = {one.path: one.size for one in listed if one.kind == "f"}
    return (*_wrong_packages(generation, lock), *_wrong_files(generation, lock, wheels, sizes))


def damage_finding(damages: tuple[Damage, ...]) -> Finding:
    """Word what is damaged; the first twenty are named."""
    lines = [f"{each.package}: {each.text}" for each in damages[:_SHOWN]]
    if len(damages) > _SHOWN:
        lines.append(f"and {len(damages) - _SHOWN} more")
    return Finding(
        code="TE704",
        message="The new environment is not whole.",
        why="What was installed differs from the wheels:\n" + "\n".join(lines),
        do="Check the disk and the memory of this machine; the old environment is untouched.",
    )


def _wrong_packages(generation: Generation, lock: Lock) -> Iterator[Damage]:
    """Yield packages that are missing, not asked for, or of another version."""
    wanted = {(package.name, package.version) for package in lock.packages}
    there = {(each.name, each.version) for each in installed_in(generation, None)}
    for name, version in sorted(wanted - there):
        yield Damage(package=name, text=f"{version} is missing")
    for name, version in sorted(there - wanted):
        yield Damage(package=name, text=f"{version} is there and not in the lock")


def _wrong_files(
    generation: Generation, lock: Lock, wheels: Mapping[str, Path], sizes: Mapping[str, int]
) -> Iterator[Damage]:
    by_name = {package.name: package for package in lock.packages}
    top = generation.folder.resolve()
    for site in generation.site_packages():
        place = _Place(folder=str(site), prefix=f"{os.path.relpath(site, top)}/", sizes=sizes)
        for dist_info in sorted(site.glob("*.dist-info")):
            package = by_name.get(name_and_version(dist_info)[0])
            if package is not None:
                wheel = wheels[package.wheel.sha256]
                yield from _wrong_files_of(package, place, dist_info, wheel)


def _wrong_files_of(
    package: LockedPackage, place: _Place, dist_info: Path, wheel: Path
) -> Iterator[Damage]:
    record = dist_info / "RECORD"
    if not record.is_file():
        yield Damage(package=package.name, text=f"{record.name} is missing")
        return
    with record.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        suspects = list(_compare(place, csv.reader(file)))
    if suspects:
        yield from _ask_wheel(package.name, wheel, suspects)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """``site-packages``, and what is known about the files in it."""

    folder: str
    prefix: str
    """From the generation's folder, with a slash."""
    sizes: Mapping[str, int]
    """Of the files of the generation."""

    def size(self, path: str) -> int | None:
        """Return the size of a file that RECORD names, None where it is missing."""
        known = self.sizes.get(self.prefix + path)
        if known is not None:
            return known
        try:  # outside of `site-packages`, or byte code
            return os.stat(f"{self.folder}/{path}").st_size  # noqa: PTH116 - a plain string
        except FileNotFoundError:
            return None


def _compare(place: _Place, rows: Iterable[list[str]]) -> Iterator[tuple[str, str, int | None]]:
    """Yield (path, recorded size or "", size on disk or None) where the two differ."""
    for row in rows:
        name, _, recorded = (*row, "", "", "")[:3]
        path = paths.recorded(name)
        size = place.size(path)
        if size is None or (recorded.isdigit() and int(recorded) != size):
            yield path, recorded, size


def _ask_wheel(
    package: str, wheel: Path, suspects: list[tuple[str, str, int | None]]
) -> Iterator[Damage]:
    """Yield those of the differences in which the disk also differs from the wheel.

    The wheel's own bytes were checked against the lock; its RECORD is only one of its files.
    """
    with zipfile.ZipFile(wheel) as archive:
        sizes = {_installed_path(info.filename): info.file_size for info in archive.infolist()}
    for path, recorded, size in suspects:
        if size is None and path not in sizes and not path.startswith("../"):
            continue  # RECORD names a file that the wheel does not have
        if size is not None and sizes.get(path) == size:
            continue  # RECORD has the wrong size
        expected = sizes.get(path, recorded)
        found = "is missing" if size is None else f"{size} bytes instead of {expected}"
        yield Damage(package=package, text=f"{path}: {found}")


def _installed_path(member: str) -> str:
    """Return where a member of a wheel goes, from ``site-packages``.

    ``name-1.0.data/purelib/`` and ``platlib`` are unpacked into it (PyPA, binary distribution
    format); the other folders of ``.data`` go elsewhere.
    """
    top, _, rest = member.partition("/")
    scheme, _, path = rest.partition("/")
    return path if top.endswith(".data") and scheme in {"purelib", "platlib"} else member
