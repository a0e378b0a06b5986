"""Which package a file belongs to, by the RECORDs that are installed.

This is for naming what was found, never for deciding whether a file is right: an installed RECORD
can be changed by anybody.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from provisioner.environment._inspect import name_and_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from provisioner.environment._layout import Generation

Kind = Literal["missing", "changed", "added", "byte code"]
"""``changed``: other bytes, size, time or kind; ``byte code``: not that of its source."""

_SITE_PARTS: Final = 3
"""``lib/python3.11/site-packages``"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A package that is installed."""

    name: str
    """Normalised."""
    version: str
    is_stray: bool
    """Whether torchenv did not install it."""

    def __str__(self) -> str:
        """``torch 2.13.0+cpu``."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One file that is not as it must be."""

    kind: Kind
    path: str
    """From the generation's folder."""
    owner: Owner | None = None
    """For an added file: the package that brought it, or into whose folder it was put."""


def find_differences(
    generation: Generation,
    packages: Collection[tuple[str, str]],
    paths: Mapping[Kind, Iterable[str]],
) -> tuple[Difference, ...]:
    """Name the package of each path, in the order given.

    Args:
        generation: Where the paths are.
        packages: (name, version) of what torchenv installed.
        paths: From the generation's folder.
    """
    pairs = [(kind, path) for kind, those in paths.items() for path in those]
    if not pairs:
        return ()
    by_path: dict[str, Owner] = {}
    folders: dict[str, Owner] = {}
    for owner, path in _iter_recorded(generation, packages):
        by_path.setdefault(path, owner)
        folder = _parent(path)
        while folder.count("/") >= _SITE_PARTS and folder not in folders:
            folders[folder] = owner
            folder = _parent(folder)
    return tuple(
        Difference(kind=kind, path=path, owner=by_path.get(path) or _above(path, folders))
        for kind, path in pairs
    )


def recorded_paths(generation: Generation, packages: Collection[tuple[str, str]]) -> frozenset[str]:
    """Return the paths that the installed RECORDs of packages name.

    Args:
        generation: Where the paths are, from its folder.
        packages: (name, version) of each.
    """
    recorded = _iter_recorded(generation, packages)
    return frozenset(path for owner, path in recorded if not owner.is_stray)


def _above(path: str, folders: Mapping[str, Owner]) -> Owner | None:
    """Return the owner of the nearest folder that has one."""
    folder = path
    while folder := _parent(folder):
        if folder in folders:
            return folders[folder]
    return None


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _iter_recorded(
    generation: Generation, packages: Collection[tuple[str, str]]
) -> Iterator[tuple[Owner, str]]:
    """Yield every path of every RECORD with its package."""
    top = str(generation.folder.resolve())
    for site in generation.site_packages():
        for dist_info in sorted(site.glob("*.dist-info")):
            name, version = name_and_version(dist_info)
            owner = Owner(name=name, version=version, is_stray=(name, version) not in packages)
            place = os.path.relpath(dist_info.parent, top)
            yield owner, f"{place}/{dist_info.name}/METADATA"
            for path in _recorded(dist_info):
                yield owner, os.path.normpath(f"{place}/{path}")


def _recorded(dist_info: Path) -> list[str]:
    try:
        with (dist_info / "RECORD").open(
            newline="", encoding="utf-8", errors="surrogateescape"
        ) as file:
            return [row[0] for row in csv.reader(file) if row]
    except (OSError, csv.Error):
        return []
