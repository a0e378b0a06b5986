"""What the trio's index publishes for the packages that are routed to it.

The pages are read here, and not only by the engine, for two reasons: where a page states no hash,
the engine would download the wheel without a word, and would not say that the hash is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from provisioner.lockfile._tags import best_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.tags import Tag

    from provisioner.lockfile._pages import Pages
    from provisioner.lockfile._sources import Index
    from provisioner.network import IndexFile


def published_files(
    versions: Mapping[str, str], index: Index, tags: tuple[Tag, ...], pages: Pages
) -> dict[str, list[IndexFile]]:
    """Return the files of each package and version that the target can use, best first.

    Raises:
        WorldError: A page cannot be had.
    """
    found = pages.of_each(index, versions)
    return {name: _usable(files, versions[name], tags) for name, files in found.items()}


def unsized(published: Mapping[str, Iterable[IndexFile]]) -> list[str]:
    """Return the addresses of the files whose page does not say how large they are."""
    return [file.url for files in published.values() for file in files if file.size is None]


def _usable(files: Iterable[IndexFile], version: str, tags: tuple[Tag, ...]) -> list[IndexFile]:
    named = {file.name: file for file in files}
    return [
        named[name]
        for name in best_first(named, tags)
        if parse_wheel_filename(name)[1] == Version(version)
    ]
