"""What the trio's index publishes for the packages that are routed to it.

The pages are read here, and not only by the engine, for two reasons: where a page states no hash,
the engine would download the wheel without a word, and would not say that the hash is its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from provisioner.lockfile._tags import best_first
from provisioner.network import parse_index_page
from provisioner.urls import project_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.tags import Tag

    from provisioner.lockfile._sources import Index
    from provisioner.network import Client, IndexFile

_CONNECTIONS: Final = 4


def published_files(
    versions: Mapping[str, str], index: Index, tags: tuple[Tag, ...], client: Client
) -> dict[str, list[IndexFile]]:
    """Return the files of each package and version that the target can use, best first.

    Raises:
        WorldError: A page cannot be had.
    """
    # The pool ends here: the engine, which is run later, must not be forked beside threads.
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        pages = pool.map(lambda name: client.get(project_url(index.url, name)), versions)
        found = zip(versions, pages, strict=True)
        return {name: _usable(parse_index_page(page), versions[name], tags) for name, page in found}


def _usable(files: Iterable[IndexFile], version: str, tags: tuple[Tag, ...]) -> list[IndexFile]:
    named = {file.name: file for file in files}
    return [
        named[name]
        for name in best_first(named, tags)
        if parse_wheel_filename(name)[1] == Version(version)
    ]
