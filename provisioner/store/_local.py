"""Finding a wheel in the local sources of pip's configuration: folders, pages, simple indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.network import NetworkError, parse_index_page
from provisioner.urls import local_path, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from provisioner.network import Client
    from provisioner.store._types import WantedWheel


def iter_local(wheel: WantedWheel, sources: Iterable[Path], client: Client) -> Iterator[Path]:
    """Yield files with the name and size of ``wheel``; whether it is the wheel, its hash tells.

    A source is a folder with wheels, a page with links to them, or a folder of projects (PEP 503)
    with pages or wheels. Each file is yielded once.
    """
    seen = set()
    for source in sources:
        for path in _candidates(wheel, source, client):
            if path not in seen and _has_size(path, wheel.size):
                seen.add(path)
                yield path


def _candidates(wheel: WantedWheel, source: Path, client: Client) -> Iterator[Path]:
    if not source.is_dir():
        yield from _linked(wheel, source, client)
        return
    yield source / wheel.name
    # Mirrors made with a download program keep names as they stand in URLs.
    yield source / quote_name(wheel.name)
    yield from _linked(wheel, source / wheel.project, client)


def _linked(wheel: WantedWheel, page: Path, client: Client) -> Iterator[Path]:
    """Yield what a page, or a folder's page or listing, links under the wheel's name."""
    try:
        files = parse_index_page(client.get(str(page)))
    except NetworkError:
        return  # a source that is missing or unreadable has nothing for us
    for file in files:
        path = local_path(file.url)
        if file.name == wheel.name and path is not None:
            yield path


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False
