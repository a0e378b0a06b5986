"""What is near: orders and distances of versions, Pythons, accelerators and releases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from provisioner.compat import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.specifiers import SpecifierSet

    from provisioner.compat import Compat, Kind, Release

_STAND_INS: Final[dict[Kind, Kind]] = {"cuda": "cpu", "rocm": "cpu", "xpu": "cpu", "cpu": "cuda"}
"""What serves when there is no build of the own kind; CUDA builds run without a GPU too."""
_CUDA: Final = re.compile(r"cu(\d+)(\d)")
_ROCM: Final = re.compile(r"rocm(\d+)\.(\d+)(?:\.(\d+))?")


def numbers(version: str) -> tuple[int, ...]:
    """Return a dotted version as numbers, to compare: 2.9 before 2.17."""
    return tuple(int(part) for part in version.split("."))


def python_order(python: str) -> tuple[int, int, bool]:
    """Return the sort key of a minor version: 3.9, 3.10, 3.13, 3.13t, 3.14."""
    major, minor = python.removesuffix("t").split(".")
    return int(major), int(minor), python.endswith("t")


def near_pythons(python: str, compat: Compat) -> tuple[str, ...]:
    """Return the other Pythons that some torch has wheels for, nearest first.

    Free-threaded ones only for a free-threaded one: nobody gets them unasked.
    """
    every = {one for builds in compat.builds_by_place.values() for b in builds for one in b.pythons}
    free = python.endswith("t")
    wanted = python_order(python)
    others = (one for one in every if one != python and (free or not one.endswith("t")))
    return tuple(
        sorted(
            others,
            key=lambda one: (
                one.endswith("t") != free,
                abs(python_order(one)[1] - wanted[1]),
                -python_order(one)[1],
            ),
        )
    )


def near_accelerators(accelerator: str, compat: Compat) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the other accelerators of the same kind, and those of the stand-in kind.

    Nearest toolkit first, newest first among the stand-ins; of two equally near, the newer.
    """
    kind, toolkit = kind_of(accelerator), toolkit_number(accelerator)
    same = [one for one in compat.accelerators if kind_of(one) == kind and one != accelerator]
    stand_ins = [one for one in compat.accelerators if kind_of(one) == _STAND_INS[kind]]
    return (
        tuple(
            sorted(same, key=lambda one: (abs(toolkit_number(one) - toolkit), -toolkit_number(one)))
        ),
        tuple(sorted(stand_ins, key=toolkit_number, reverse=True)),
    )


def toolkit_number(accelerator: str) -> int:
    """Return the toolkit's version as one number in which a major version weighs most."""
    found = _CUDA.fullmatch(accelerator) or _ROCM.fullmatch(accelerator)
    if found is None:
        return 0
    major, minor, patch = (*found.groups(), None, None)[:3]
    return int(major or 0) * 10_000 + int(minor or 0) * 100 + int(patch or 0)


def near_releases(
    wanted: SpecifierSet, matching: Sequence[Release], compat: Compat
) -> tuple[tuple[Release, ...], tuple[Release, ...]]:
    """Return the releases below and above those that are wanted, nearest first in both."""
    every = compat.releases
    if matching:
        end = every.index(matching[0]) + 1
        below = [one for one in reversed(every[:end]) if one not in matching]
        return tuple(below), every[end:]
    place = _place(wanted, compat)
    return tuple(reversed(every[:place])), every[place:]


def _place(wanted: SpecifierSet, compat: Compat) -> int:
    """Where a wish that no release satisfies would stand among the releases."""
    for one in wanted:
        try:
            version = Version(one.version.removesuffix(".*"))
        except InvalidVersion:
            continue
        return sum(Version(release.torch) < version for release in compat.releases)
    return len(compat.releases)
