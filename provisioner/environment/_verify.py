"""Comparing every byte of an environment with the wheels that its lock names.

The RECORD of a wheel says what each file must hold; where the two differ, the wheel itself decides,
since RECORDs of published torch wheels have been wrong. Nothing is changed.
"""

from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provisioner._quick import list_files
from provisioner.environment._bytecode import foreign_byte_code
from provisioner.environment._expected import (
    entries,
    link_digest,
    read_expected,
    rows_of_wheels,
    site_of,
)
from provisioner.environment._hashing import USUAL_ALGORITHM, ToHash, hash_files, member_digest
from provisioner.environment._owners import find_differences, recorded_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from provisioner.environment._expected import Entry, Expected
    from provisioner.environment._layout import Generation
    from provisioner.environment._owners import Difference
    from provisioner.environment._records import Row
    from provisioner.environment._state import Package, State
    from provisioner.events import Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySetting:
    """What a verification needs beside the generation."""

    records: Path
    """Where the RECORDs of verified wheels are kept."""
    wheel_of: Callable[[Package], Path | None]
    """Returns the wheel of a package where the store has it; it is hashed before it is returned."""
    environ: Mapping[str, str]
    """The caller's environment variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was compared, and what differs."""

    files: int
    """How many files were hashed, byte code included."""
    size_bytes: int
    differences: tuple[Difference, ...]
    """Missing ones first, then changed, added, and byte code; each sorted by path."""
    unknown: tuple[str, ...]
    """Packages that could not be compared, since neither wheel nor RECORD is to be had."""

    @property
    def is_whole(self) -> bool:
        """Whether everything could be compared and nothing differs."""
        return not self.differences and not self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The files of a generation, and the digest of each."""

    entries: Mapping[str, Entry]
    byte_code: tuple[str, ...]
    digests: Mapping[str, str | None]
    size_bytes: int


def verify_generation(
    generation: Generation, state: State, setting: VerifySetting, reporter: Reporter
) -> Verified:
    """Hash every file of a generation and compare it with what it must be.

    Raises:
        OSError: A folder or the lists of the generation cannot be read.
    """
    byte_code: list[str] = []
    listed = entries(list_files(str(generation.folder), byte_code))
    with ThreadPoolExecutor(1) as pool:
        # Reading the wheels' RECORDs takes as long as the walk; the files are hashed meanwhile.
        reading = pool.submit(_expected, generation, state, setting)
        hashed = _hash(generation, listed, byte_code, reporter)
        expected = reading.result()
    found = _by_their_algorithms(generation, hashed, expected)
    known = expected.rows.keys() | expected.made.keys()
    missing = [path for path in known - found.entries.keys() if not _is_byte_code(path)]
    changed = [
        path
        for path in known & found.entries.keys()
        if found.digests.get(path) not in expected.digests(path)
    ]
    wrong = _judge(state, setting, expected, found, [*missing, *changed])
    differences = find_differences(
        generation,
        {(package.name, package.version) for package in state.packages},
        {
            "missing": sorted(wrong.intersection(missing)),
            "changed": sorted(wrong.intersection(changed)),
            "added": _added(generation, state, expected, found.entries.keys() - known),
            "byte code": _wrong_byte_code(generation, state, setting, expected, found),
        },
    )
    return Verified(
        files=len(found.digests),
        size_bytes=found.size_bytes,
        differences=differences,
        unknown=expected.unknown,
    )


def _expected(generation: Generation, state: State, setting: VerifySetting) -> Expected:
    """Return what the files must hold; a RECORD that is not kept is read from its wheel."""
    site = site_of(generation)
    expected = read_expected(generation, state, setting.records, site)
    if not expected.unknown:
        return expected
    asked = [package for package in state.packages if package.name in expected.unknown]
    wheels = {package.sha256: setting.wheel_of(package) for package in asked}
    there = {sha256: wheel for sha256, wheel in wheels.items() if wheel is not None}
    packages = [package for package in asked if package.sha256 in there]
    rows = rows_of_wheels(setting.records, packages, there, site)
    known = {package for those in rows.values() for package, _ in those}
    unknown = tuple(name for name in expected.unknown if name not in known)
    return replace(expected, rows={**expected.rows, **rows}, unknown=unknown)


def _hash(
    generation: Generation, listed: Iterable[Entry], byte_code: Sequence[str], reporter: Reporter
) -> _Found:
    """Hash every file that the walk saw, by the algorithm that RECORDs use."""
    folder = str(generation.folder)
    found = {one.path: one for one in listed}
    for own in (generation.state_file, generation.made):
        found.pop(own.name, None)
    files = [ToHash(one.path, one.size) for one in found.values() if one.kind == "f"]
    size_bytes = sum(one.size for one in files)
    reporter.check_started(len(files) + len(byte_code), size_bytes)
    try:
        everything = [*files, *(ToHash(path, 0) for path in byte_code)]
        digests = hash_files(folder, everything, reporter.check_progress)
    finally:
        reporter.check_finished()
    links = (one.path for one in found.values() if one.kind == "l")
    return _Found(
        entries=found,
        byte_code=tuple(byte_code),
        digests={**digests, **{path: link_digest(f"{folder}/{path}") for path in links}},
        size_bytes=size_bytes,
    )


def _by_their_algorithms(generation: Generation, found: _Found, expected: Expected) -> _Found:
    """Return what was found, with files hashed again of which another digest is known."""
    others = [
        ToHash(path, entry.size, algorithm)
        for path, entry in found.entries.items()
        if entry.kind == "f" and (algorithm := expected.algorithm(path)) != USUAL_ALGORITHM
    ]
    if not others:
        return found
    return replace(found, digests={**found.digests, **hash_files(str(generation.folder), others)})


def _judge(
    state: State,
    setting: VerifySetting,
    expected: Expected,
    found: _Found,
    suspects: Iterable[str],
) -> set[str]:
    """Return those of the suspects in which the disk differs from the wheel too."""
    wrong = set()
    asked: dict[str, list[Row]] = {}
    for path in suspects:
        rows = expected.rows.get(path, ())
        if not rows:
            wrong.add(path)
        for name, row in rows:
            asked.setdefault(name, []).append(row)
    for package in state.packages:
        if package.name in asked:
            wheel = setting.wheel_of(package)
            wrong |= {
                row.path
                for row in asked[package.name]
                if wheel is None or not _agrees(wheel, row, found.digests.get(row.path))
            }
    return wrong


def _agrees(wheel: Path, row: Row, digest: str | None) -> bool:
    """Whether a wheel itself agrees with the disk, so that its RECORD is what is wrong."""
    try:
        told = member_digest(wheel, row.member, row.digest.partition("=")[0])
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
    return told == digest


def _added(generation: Generation, state: State, expected: Expected, paths: set[str]) -> list[str]:
    """Return what nobody brought: a package that cannot be compared brought what it lists."""
    unknown = {
        (package.name, package.version)
        for package in state.packages
        if package.name in expected.unknown
    }
    return sorted(paths - recorded_paths(generation, unknown) if unknown else paths)


def _wrong_byte_code(
    generation: Generation,
    state: State,
    setting: VerifySetting,
    expected: Expected,
    found: _Found,
) -> tuple[str, ...]:
    unknown = [
        path
        for path in found.byte_code
        if found.digests.get(path) is None or found.digests[path] not in expected.digests(path)
    ]
    return foreign_byte_code(generation, state.python, unknown, found.entries, setting.environ)


def _is_byte_code(path: str) -> bool:
    """Whether a path is that of byte code, which may be removed at any time."""
    return "__pycache__" in path.split("/")
