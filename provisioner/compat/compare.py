"""The compat data against what an index really has, file by file; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from provisioner.compat._types import DOUBTFUL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.tags import Tag

    from provisioner.compat._compat import Compat
    from provisioner.compat._types import IndexKind, TrioName
    from provisioner.compat.matrix import Wanted

DifferenceKind = Literal["missing", "extra", "release", "confirmed", "absent"]
"""``missing``: the data says it is there, and it is not. ``extra``: it is there, and the data says
nothing of it. ``release``: so is a whole release. ``confirmed``: it is there, and the data was not
sure. ``absent``: it is not there, and the data was not sure."""

_PLATFORMS: Final = (
    (re.compile(r"(?:manylinux\w*|linux)_(x86_64|aarch64|s390x)"), "linux"),
    (re.compile(r"macosx_\d+_\d+_(x86_64|arm64)"), "macos"),
    (re.compile(r"win_(amd64|arm64)"), "windows"),
)
_CPYTHON: Final = re.compile(r"cp3(\d+)")
_UNKNOWN_BUILD: Final = "?"
ANY_PYTHON: Final = "any"
"""The Python of a wheel with the tag ``py3``, as torchvision has them from 0.29.2."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WheelCell:
    """One wheel of one project, as far as the data tells wheels apart."""

    project: TrioName
    version: str
    """Public version."""
    accelerator: str
    """``?`` on the default index where the data has no build for the platform; empty for
    torchvision and torchaudio there."""
    platform: str
    python: str
    """``3.11``, ``3.13t``, ``any``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an index has otherwise than the data says, for some Pythons."""

    kind: DifferenceKind
    project: TrioName
    version: str
    accelerator: str
    platform: str
    pythons: tuple[str, ...]


def published_cells(
    project: TrioName, names: Iterable[str], *, accelerator: str
) -> Iterator[WheelCell]:
    """Yield the wheels among file names; what is no wheel of a stable release is left out.

    Args:
        project: Whose page the names stand on.
        names: ``torch-2.6.0+cu118-cp311-cp311-linux_x86_64.whl``.
        accelerator: What wheels without a local version are compiled for.
    """
    for name in names:
        try:
            _, version, _, tags = parse_wheel_filename(name)
        except (InvalidWheelFilename, InvalidVersion):
            continue
        if version.is_prerelease or version.is_devrelease:
            continue
        for tag in tags:
            python, platform = _python(tag), _platform(tag)
            if python is not None and platform is not None:
                yield WheelCell(
                    project=project,
                    version=version.public,
                    accelerator=version.local or accelerator,
                    platform=platform,
                    python=python,
                )


def _python(tag: Tag) -> str | None:
    if tag.interpreter == "py3":
        return ANY_PYTHON
    found = _CPYTHON.fullmatch(tag.interpreter)
    free = "t" if re.fullmatch(r"cp3\d+t", tag.abi) else ""
    return f"3.{found[1]}{free}" if found else None


def _platform(tag: Tag) -> str | None:
    for pattern, system in _PLATFORMS:
        if found := pattern.fullmatch(tag.platform):
            return f"{system}-{found[1].replace('amd64', 'x86_64')}"
    return None


def compare_torch(
    compat: Compat, index: IndexKind, found: Iterable[WheelCell], wanted: Wanted
) -> tuple[Difference, ...]:
    """Compare the builds of torch that the data has for an index with what the index has.

    Args:
        compat: The data.
        index: Which of its builds.
        found: The wheels of torch that are on the index.
        wanted: Which part is compared.
    """
    sure: set[WheelCell] = set()
    unsure: set[WheelCell] = set()
    for release in compat.releases:
        for build in compat.builds(release.torch):
            if build.index != index:
                continue
            doubtful = build.known in DOUBTFUL
            for python in (*build.pythons, *build.unsure):
                cell = WheelCell(
                    project="torch",
                    version=build.torch,
                    accelerator=build.accelerator,
                    platform=build.platform,
                    python=python,
                )
                (unsure if doubtful or python in build.unsure else sure).add(cell)
    named = _with_builds(compat, found) if index == "default" else found
    there = {cell for cell in named if _is_covered(cell, compat.releases[0].torch)}
    known = {release.torch for release in compat.releases}
    return _differences(sure, unsure, there, known, wanted)


def compare_member(
    compat: Compat, project: TrioName, found: Iterable[WheelCell], wanted: Wanted
) -> tuple[Difference, ...]:
    """Compare the releases of torchvision or torchaudio with what the default index has."""
    members = [one for (name, _), one in compat.members.items() if name == project]
    sure = {
        WheelCell(
            project=project,
            version=member.version,
            accelerator="",
            platform=platform,
            python=python,
        )
        for member in members
        if not member.yanked
        for platform in member.platforms
        for python in member.pythons
        if member.has_wheel(platform, python)
    }
    known = {member.version for member in members}
    oldest = min(known, key=Version)
    there = {cell for cell in found if _is_covered(cell, oldest)}
    return _differences(sure, set(), there, known, wanted)


def _with_builds(compat: Compat, found: Iterable[WheelCell]) -> Iterator[WheelCell]:
    """Name what wheels of the default index are compiled for, which their names do not say."""
    for cell in found:
        builds = compat.builds(cell.version, platform=cell.platform)
        ours = next((one.accelerator for one in builds if one.index == "default"), _UNKNOWN_BUILD)
        yield replace(cell, accelerator=ours)


def _is_covered(cell: WheelCell, oldest: str) -> bool:
    """Whether the data is about releases like this one: it begins somewhere."""
    return Version(cell.version) >= Version(oldest)


def _differences(
    sure: set[WheelCell],
    unsure: set[WheelCell],
    there: set[WheelCell],
    known: set[str],
    wanted: Wanted,
) -> tuple[Difference, ...]:
    """Sort every wheel that differs into its kind, newest release first."""
    there = set(_spelled_out(there, sure | unsure))
    kinds: dict[DifferenceKind, set[WheelCell]] = {
        "missing": sure - there,
        "extra": {cell for cell in there - sure - unsure if cell.version in known},
        "release": {cell for cell in there if cell.version not in known},
        "confirmed": unsure & there,
        "absent": unsure - there,
    }
    groups: dict[tuple[DifferenceKind, TrioName, str, str, str], list[str]] = {}
    for kind, cells in kinds.items():
        for cell in sorted(cells, key=_order):
            if _is_wanted(cell, wanted):
                key = (kind, cell.project, cell.version, cell.accelerator, cell.platform)
                groups.setdefault(key, []).append(cell.python)
    return tuple(
        Difference(
            kind=kind,
            project=project,
            version=version,
            accelerator=accelerator,
            platform=platform,
            pythons=tuple(pythons),
        )
        for (kind, project, version, accelerator, platform), pythons in groups.items()
    )


def _spelled_out(there: Iterable[WheelCell], named: Iterable[WheelCell]) -> Iterator[WheelCell]:
    """Yield a wheel for every Python as those for each Python that the data names."""
    pythons: dict[WheelCell, list[str]] = {}
    for cell in named:
        pythons.setdefault(replace(cell, python=ANY_PYTHON), []).append(cell.python)
    for cell in there:
        if cell.python == ANY_PYTHON and cell in pythons:
            yield from (replace(cell, python=python) for python in pythons[cell])
        else:
            yield cell


def _order(cell: WheelCell) -> tuple[object, ...]:
    numbers = tuple(-part for part in Version(cell.version).release)
    free = cell.python.endswith("t")
    minor = 0 if cell.python == ANY_PYTHON else int(cell.python.removesuffix("t").split(".")[1])
    return numbers, cell.platform, cell.accelerator, free, minor


def _is_wanted(cell: WheelCell, wanted: Wanted) -> bool:
    if cell.project == "torch":
        version = wanted.torch is None or wanted.torch.contains(cell.version)
        accelerator = wanted.accelerator in {None, cell.accelerator}
    else:
        # A wish about torch leaves the others out.
        version = wanted.torch is None
        accelerator = wanted.accelerator is None
    return (
        version
        and accelerator
        and wanted.platform in {None, cell.platform}
        and wanted.python in {None, cell.python}
    )
