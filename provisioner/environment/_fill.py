"""Filling a new generation with the locked packages, and trusting no copy that was unpacked before.

A copy in the cache is asked twice. Packages that were damaged in the old generation have their copy
hashed before it is used, since with hard links that damage is the copy's too. All others are
compared by size and time afterwards, when the generation was walked over anyway. A copy that is not
what its wheel holds is named and removed, and the package is installed again from the wheel, whose
hash was checked a moment ago.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provisioner._quick import list_files
from provisioner.environment._check import damage_finding, find_damage
from provisioner.environment._expected import entries, owners_of_wheels, site_of
from provisioner.environment._install import Installation, install
from provisioner.environment._records import (
    dist_info_of,
    installed_members,
    is_installers_own,
    kept_record,
)
from provisioner.environment._state import locked_packages
from provisioner.environment._unpacked import (
    engine_cache,
    facts_of,
    faulty_copy,
    forget,
    known_facts,
    note_facts,
    protect,
)
from provisioner.findings import Finding, Severity, TorchenvError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from provisioner.environment._expected import Entry
    from provisioner.environment._layout import Generation
    from provisioner.environment._unpacked import LinkMode
    from provisioner.events import Reporter
    from provisioner.lockfile import Lock, LockedPackage

_CHECKING: Final = "Checking the files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a generation is filled with."""

    lock: Lock
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    generation: Generation
    records: Path
    """Where RECORDs are kept."""
    environ: Mapping[str, str]
    suspects: frozenset[str] = frozenset()
    """Names of packages that were damaged in the old generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was done."""

    mode: LinkMode
    """How what is in the store reached the generation."""
    owners: Mapping[str, tuple[str, ...]]
    """Packages by installed path, of what the wheels' RECORDs name."""
    findings: tuple[Finding, ...]
    """Copies that were at fault."""


def fill(filling: Filling, reporter: Reporter) -> Filled:
    """Install the locked packages into an empty virtual environment, and check that they are whole.

    Raises:
        VerificationError: A wheel does not match its hash (``TE501``), or what was installed from
            verified wheels is not whole (``TE704``).
        WorldError: The disk is full (``TE503``), or the engine failed otherwise (``TE604``).
        OSError: A file cannot be read or written.
    """
    generation = filling.generation
    cache = engine_cache(filling.environ, generation)
    installation = Installation(
        packages=filling.lock.packages,
        wheels=filling.wheels,
        generation=generation,
        cache=cache.folder,
        mode=cache.mode,
    )
    owners = owners_of_wheels(
        filling.records, locked_packages(filling.lock), filling.wheels, site_of(generation)
    )
    if cache.mode == "copy":
        install(installation, filling.environ, reporter)
        shutil.rmtree(cache.folder)
        bad: list[tuple[LockedPackage, Path]] = []
        reporter.step(_CHECKING)
        listed = entries(list_files(str(generation.folder)))
    else:
        listed, bad = _install_from_copies(
            _Copies(filling=filling, cache=cache.folder, owners=owners), installation, reporter
        )
    if damages := find_damage(generation, filling.lock, filling.wheels, listed):
        raise VerificationError(damage_finding(damages))
    findings = tuple(_faulty(*each) for each in bad)
    return Filled(mode=cache.mode_of_store, owners=owners, findings=findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copies:
    """Unpacked copies of the wheels of one generation."""

    filling: Filling
    cache: Path
    owners: Mapping[str, tuple[str, ...]]


def _install_from_copies(
    copies: _Copies, installation: Installation, reporter: Reporter
) -> tuple[list[Entry], list[tuple[LockedPackage, Path]]]:
    """Install from unpacked copies, and again from wheels where a copy turns out to be wrong.

    Returns:
        The files of the generation, and the copies that were wrong.
    """
    filling = copies.filling
    suspects = [one for one in filling.lock.packages if one.name in filling.suspects]
    bad = _forget_faulty(copies, suspects)
    try:
        install(installation, filling.environ, reporter)
    except TorchenvError:
        # A copy that lacks its metadata cannot be installed at all.
        more = _forget_faulty(copies, filling.lock.packages)
        if not more:
            raise
        names = tuple(package.name for package in filling.lock.packages)
        install(replace(installation, reinstall=names), filling.environ, reporter)
        bad += more
    reporter.step(_CHECKING)
    listed, more = _wrong_copies(copies, installation)
    if more:
        names = tuple(package.name for package, _ in more)
        install(replace(installation, reinstall=names), filling.environ, reporter)
        listed, _ = _wrong_copies(copies, installation)
    return listed, [*bad, *more]


def _wrong_copies(
    copies: _Copies, installation: Installation
) -> tuple[list[Entry], list[tuple[LockedPackage, Path]]]:
    """Look at what was installed; returns that, and the copies that were wrong and are removed.

    Of a wheel that was just unpacked, sizes and times are noted, and its files protected.
    """
    filling, folder = copies.filling, str(copies.filling.generation.folder)
    byte_code: list[str] = []
    listed = entries(list_files(folder, byte_code))
    if strays := _strays(copies, listed, byte_code):
        for path in strays:
            (filling.generation.folder / path).unlink()
        return listed, _forget_faulty(copies, filling.lock.packages)
    if installation.mode != "hardlink":
        return listed, []  # a reflink shares nothing that can be written
    found = _files_by_package(listed, copies.owners)
    changed = []
    for package in filling.lock.packages:
        files = found.get(package.name, [])
        facts = facts_of(files)
        known = known_facts(copies.cache, package.wheel.sha256)
        if known is None:
            protect(folder, (one.path for one in files))
            note_facts(copies.cache, package.wheel.sha256, facts)
        elif known != facts:
            changed.append(package)
    wrong = _forget_faulty(copies, changed)
    names = {package.name for package, _ in wrong}
    for package in changed:
        if package.name not in names:  # touched, and still what its wheel holds
            note_facts(copies.cache, package.wheel.sha256, facts_of(found.get(package.name, [])))
    return listed, wrong


def _strays(copies: _Copies, listed: Iterable[Entry], byte_code: Iterable[str]) -> list[str]:
    """Return the files in ``site-packages`` that are in no wheel: somebody put them into a copy."""
    filling = copies.filling
    site = f"{site_of(filling.generation)}/"
    paths = (*(one.path for one in listed), *byte_code)
    extra = {
        path
        for path in paths
        if path.startswith(site) and path not in copies.owners and not is_installers_own(path)
    }
    if extra:
        for wheel in filling.wheels.values():
            extra -= installed_members(wheel, site.rstrip("/"))
    return sorted(extra)


def _forget_faulty(
    copies: _Copies, packages: Iterable[LockedPackage]
) -> list[tuple[LockedPackage, Path]]:
    """Hash the unpacked copies of packages, and remove and return those that are wrong."""
    filling, cache = copies.filling, copies.cache
    wrong = []
    for package in packages:
        wheel = package.wheel
        record = kept_record(filling.records, wheel.sha256)
        if record is None:
            continue
        copy = faulty_copy(cache, dist_info_of(record), record, filling.wheels[wheel.sha256])
        if copy is not None:
            forget(cache, package.name, wheel.sha256, filling.environ)
            wrong.append((package, copy))
    return wrong


def _files_by_package(
    listed: Iterable[Entry], owners: Mapping[str, tuple[str, ...]]
) -> dict[str, list[Entry]]:
    """Return the files that are a wheel's own, by package."""
    found: dict[str, list[Entry]] = {}
    for one in listed:
        for name in owners.get(one.path, ()):
            found.setdefault(name, []).append(one)
    return found


def _faulty(package: LockedPackage, copy: Path) -> Finding:
    return Finding(
        code="TE614",
        severity=Severity.WARNING,
        message=f"The unpacked copy of `{package.name}` in the store was damaged.",
        why=f"`{copy}` was not what the wheel holds: somebody edited it, or a file that shares its "
        "bytes in an environment, or the disk lost it.",
        do="Nothing: it was removed, and the package was installed again from its wheel, whose "
        "hash was checked anew.",
    )
