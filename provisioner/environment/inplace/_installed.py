"""What is installed in a site, by the metadata in it; nothing here is believed, only compared."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.environment._inspect import name_and_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioner.environment.inplace._site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One ``.dist-info`` folder."""

    name: str
    """Normalised."""
    version: str
    folder: Path
    installer: str
    """``pip``, ``uv``, ``conda``; empty where nobody signed."""
    files: frozenset[str]
    """Absolute paths of the files that its RECORD names, below the site's prefix; those of the
    ``.dist-info`` folder itself are always among them."""
    has_record: bool


def find_installed(site: Site) -> tuple[Distribution, ...]:
    """Return every distribution of a site, sorted by folder.

    Raises:
        OSError: A folder cannot be read.
    """
    return tuple(
        _distribution(folder, site)
        for place in site.folders
        if place.is_dir()
        for folder in sorted(place.glob("*.dist-info"))
        if folder.is_dir()
    )


def find_half_removed(site: Site, names: frozenset[str]) -> tuple[str, ...]:
    """Return the files of what pip left half removed: ``~orch`` for ``torch``, absolute paths.

    Args:
        site: Where to look.
        names: First parts of the files of the packages that are looked for.
    """
    tails = {name[1:] for name in names}
    found = [
        file
        for place in site.folders
        if place.is_dir()
        for entry in sorted(place.glob("~*"))
        if entry.name.lstrip("~") in tails
        for file in _files_below(entry)
    ]
    return tuple(found)


def _distribution(folder: Path, site: Site) -> Distribution:
    name, version = name_and_version(folder)
    record = folder / "RECORD"
    rows = list(_rows(record)) if record.is_file() else []
    base = str(folder.parent)
    named = (os.path.normpath(f"{base}/{row}") for row in rows)
    inside = {path for path in named if path.startswith(f"{site.prefix}/")}
    installer = folder / "INSTALLER"
    return Distribution(
        name=name,
        version=version,
        folder=folder,
        installer=installer.read_text(errors="replace").strip() if installer.is_file() else "",
        files=frozenset(inside | set(_files_below(folder))),
        has_record=record.is_file(),
    )


def _rows(record: Path) -> Iterator[str]:
    with record.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        yield from (row[0] for row in csv.reader(file) if row and row[0])


def _files_below(top: Path) -> Iterator[str]:
    if not top.is_dir() or top.is_symlink():
        yield str(top)
        return
    for folder, _, names in os.walk(top):
        yield from (f"{folder}/{name}" for name in names)
