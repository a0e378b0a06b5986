"""Releases of torch that the data does not have, derived from what pages of an index list; pure.

What file names say is taken as listed: version, accelerator, Python, platform and the floor in the
platform tag. Which torchvision and torchaudio go with a release is taken from their metadata. GPU
code, and ceilings of other packages, are in no name, and stay unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from provisioner.compat._types import (
    Accelerator,
    Build,
    Member,
    MemberBuild,
    Release,
    Wheel,
)
from provisioner.compat.compare import ANY_PYTHON, published_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provisioner.compat._compat import Compat
    from provisioner.compat._types import IndexKind, MemberName, TrioName
    from provisioner.compat.compare import WheelCell

ASKED: Final = "ASKED"
"""Source code of everything that was derived; its citation names the index."""
_MEMBERS: Final[tuple[MemberName, ...]] = ("torchvision", "torchaudio")
_GLIBC: Final = re.compile(r"manylinux_(\d+)_(\d+)_")
_OLD_GLIBC: Final = {"manylinux1_": "2.5", "manylinux2010_": "2.12", "manylinux2014_": "2.17"}
_MACOS: Final = re.compile(r"macosx_(\d+)_(\d+)_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One file on a page of an index, as far as a derivation asks about it."""

    project: TrioName
    name: str
    """``torch-2.99.0+cu128-cp312-cp312-manylinux_2_28_x86_64.whl``."""
    index: IndexKind
    accelerator: str
    """What it is compiled for: by the folder that lists it, on the default index by its platform
    and by the metadata of torch. Empty: not known."""
    requires_python: str = ""
    torch: str | None = None
    """Specifier of the torch that its metadata asks for, as far as it was read: empty where it
    asks for any, None where that is not known."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One wheel of one Python and platform, with the file that it is of."""

    cell: WheelCell
    file: Sighting


def extended(compat: Compat, sightings: Iterable[Sighting], *, asked: str) -> Compat:
    """Return the data with the releases of torch that are newer and that an index was seen to have.

    Args:
        compat: The data that ships.
        sightings: Files of the trio that are not withdrawn.
        asked: The index and when it was read, for people: "the default index, read for this plan".
    """
    seen = [one for file in sightings for one in _cells(file)]
    newer = Version(compat.newest.torch)
    torch = [
        one for one in seen if one.cell.project == "torch" and Version(one.cell.version) > newer
    ]
    versions = sorted({one.cell.version for one in torch}, key=Version)
    if not versions:
        return compat
    builds = [build for version in versions for build in _builds(version, torch)]
    members = dict(compat.members)
    releases: list[Release] = []
    wheels: list[Wheel] = []
    for version in versions:
        own = [build for build in builds if build.torch == version]
        pairs = [*_pairs(compat, version, seen, own)]
        # A member that goes with two new releases was seen the same way both times.
        members |= {(one.name, one.version): one for one in pairs}
        releases.append(_release(version, torch, pairs))
        named = {(one.name, one.version) for one in pairs}
        wheels += _wheels(version, own, seen, named)
    places = dict(compat.builds_by_place)
    for build in builds:
        place = (build.torch, build.platform)
        places[place] = (*places.get(place, ()), build)
    names = dict.fromkeys(build.accelerator for build in builds)
    accelerators = {
        name: Accelerator(name=name, known="inferred", sources=(ASKED,))
        for name in names
        if name not in compat.accelerators
    }
    return replace(
        compat,
        releases=(*compat.releases, *releases),
        members=members,
        builds_by_place=places,
        wheels=(*wheels, *compat.wheels),
        accelerators={**compat.accelerators, **accelerators},
        citations={**compat.citations, ASKED: asked},
        platforms=tuple(sorted({*compat.platforms, *(build.platform for build in builds)})),
    )


def _cells(file: Sighting) -> Iterator[_Seen]:
    for cell in published_cells(file.project, [file.name], accelerator=file.accelerator):
        if cell.accelerator:
            yield _Seen(cell, file)


def _builds(version: str, torch: Sequence[_Seen]) -> Iterator[Build]:
    """Yield the builds of one release, those of the default index first."""
    groups: dict[tuple[IndexKind, str, str], list[str]] = {}
    for one in torch:
        if one.cell.version == version:
            place = (one.file.index, one.cell.platform, one.cell.accelerator)
            groups.setdefault(place, []).append(one.cell.python)
    for (index, platform, accelerator), pythons in sorted(groups.items()):
        yield Build(
            torch=version,
            index=index,
            platform=platform,
            accelerator=accelerator,
            pythons=tuple(dict.fromkeys(pythons)),
            known="listed",
            sources=(ASKED,),
        )


def _release(version: str, torch: Sequence[_Seen], pairs: Sequence[Member]) -> Release:
    wanted = {one.file.requires_python for one in torch if one.cell.version == version}
    newest_first = sorted(pairs, key=lambda one: Version(one.version), reverse=True)
    vision, audio = (
        tuple(one.version for one in newest_first if one.name == name) for name in _MEMBERS
    )
    return Release(
        torch=version,
        date="",
        torchvision=vision,
        torchaudio=audio,
        pairing="inferred" if pairs else "unknown",
        requires_python=wanted.pop() if len(wanted) == 1 else "",
        known="listed",
        sources=(ASKED,),
        derived=True,
    )


def _pairs(
    compat: Compat, version: str, seen: Sequence[_Seen], builds: Sequence[Build]
) -> Iterator[Member]:
    """Yield the members that were seen and are for a release, as they were seen."""
    groups: dict[tuple[MemberName, str], list[_Seen]] = {}
    for one in seen:
        if one.file.project != "torch":
            groups.setdefault((one.file.project, one.cell.version), []).append(one)
    for (name, number), files in groups.items():
        known = compat.member(name, number)
        asks = _asks(known, files)
        if asks is not None and SpecifierSet(asks).contains(version):
            yield _member(name, number, asks, files, builds)


def _asks(known: Member | None, files: Sequence[_Seen]) -> str | None:
    """Return which torch a member asks for: as the data has it, else as its metadata says.

    None where neither says it; metadata that names no torch decides nothing.
    """
    if known is not None:
        return None if known.yanked else known.torch
    return next((one.file.torch for one in files if one.file.torch), None)


def _member(
    name: MemberName, version: str, asks: str, files: Sequence[_Seen], builds: Sequence[Build]
) -> Member:
    places = {(one.cell.platform, one.cell.accelerator): set[str]() for one in files}
    for one in files:
        places[one.cell.platform, one.cell.accelerator] |= set(_pythons(one, builds))
    platforms = tuple(sorted({platform for platform, _ in places}))
    pythons = sorted(set().union(*places.values()))
    return Member(
        name=name,
        version=version,
        date="",
        torch=asks,
        pythons=tuple(pythons),
        platforms=platforms,
        missing=tuple((one, tuple(_lacking(one, pythons, places))) for one in platforms),
        # Had by one accelerator and not by another: of such a wheel the plan is not sure.
        unsure=tuple(
            python
            for python in pythons
            if any(
                python in there and python not in own
                for place, there in places.items()
                for other, own in places.items()
                if place[0] == other[0]
            )
        ),
        requires_python=next((one.file.requires_python for one in files), ""),
        built_for=(),
        derived=True,
        also=tuple(
            MemberBuild(
                platforms=(platform,),
                accelerators=(accelerator,),
                known="listed",
                sources=(ASKED,),
            )
            for platform, accelerator in places
        ),
        known="listed",
        sources=(ASKED,),
    )


def _lacking(
    platform: str, pythons: Sequence[str], places: dict[tuple[str, str], set[str]]
) -> Iterator[str]:
    there = set().union(*(own for (place, _), own in places.items() if place == platform))
    yield from (python for python in pythons if python not in there)


def _pythons(one: _Seen, builds: Sequence[Build]) -> Iterator[str]:
    """Yield the Pythons that a wheel is for: those of torch beside it, where it is for any."""
    if one.cell.python != ANY_PYTHON:
        yield one.cell.python
        return
    for build in builds:
        if build.platform == one.cell.platform:
            yield from build.pythons


def _wheels(
    torch: str, builds: Sequence[Build], seen: Sequence[_Seen], members: set[tuple[MemberName, str]]
) -> Iterator[Wheel]:
    """Yield how each file of a release and of its members is named."""
    for one in seen:
        project, cell = one.file.project, one.cell
        if project == "torch":
            if cell.version != torch:
                continue
        elif (project, cell.version) not in members:
            continue
        _, version, _, tags = parse_wheel_filename(one.file.name)
        tag = min(tags, key=str).platform
        yield Wheel(
            indexes=(one.file.index,),
            platforms=(cell.platform,),
            torch=(torch,),
            members=(project,),
            accelerators=(cell.accelerator,),
            pythons=tuple(dict.fromkeys(_pythons(one, builds))),
            local=version.local is not None,
            tag=tag,
            glibc=_glibc(tag),
            macos=_macos(tag),
            known="listed",
            sources=(ASKED,),
        )


def _glibc(tag: str) -> str | None:
    """Return the lowest glibc that a platform tag names; ``linux_x86_64`` names none."""
    if found := _GLIBC.match(tag):
        return f"{found[1]}.{found[2]}"
    return next((glibc for old, glibc in _OLD_GLIBC.items() if tag.startswith(old)), None)


def _macos(tag: str) -> str | None:
    found = _MACOS.match(tag)
    return f"{found[1]}.{found[2]}" if found else None
