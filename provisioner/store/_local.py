"""Finding a wheel on this machine: further stores, pip's cache, and pip's local sources."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha224
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.network import NetworkError, parse_index_page
from provisioner.urls import local_path, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioner.network import Client
    from provisioner.store._types import WantedWheel


def wheel_path(root: Path, wheel: WantedWheel) -> Path:
    """Return where a store below ``root`` has a wheel, or would have it."""
    return root / "wheels" / wheel.sha256[:2] / wheel.sha256 / wheel.name


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlaces:
    """Where wheels may lie on this machine."""

    client: Client
    """Reads pages."""
    stores: tuple[Path, ...] = ()
    pip_cache: Path | None = None
    folders: tuple[Path, ...] = ()
    """Folders with wheels, pages with links to them, and folders of projects (PEP 503) with pages
    or wheels."""

    def iter(self, wheel: WantedWheel) -> Iterator[Path]:
        """Yield files with the size of ``wheel``, each once; whether it is one, its hash tells."""
        seen = set()
        for path in self._candidates(wheel):
            if path not in seen and _has_size(path, wheel.size):
                seen.add(path)
                yield path

    def _candidates(self, wheel: WantedWheel) -> Iterator[Path]:
        for root in self.stores:
            yield wheel_path(root, wheel)
        if self.pip_cache is not None:
            yield pip_cache_body(self.pip_cache, wheel.url)
        for source in self.folders:
            yield from _candidates(wheel, source, self.client)


def pip_cache_body(cache: Path, url: str) -> Path:
    """Return where pip keeps the body of what it fetched from ``url``.

    Source: pip 26.3, ``network/cache.py`` (pip 23.3 and later): the file's name is the hash of the
    URL, the first five digits are folders, and the body is a file of its own, as it came.
    """
    parts = urlsplit(url)
    normal = parts._replace(
        scheme=parts.scheme.lower(),
        netloc=parts.netloc.lower(),
        path=parts.path or "/",
        fragment="",
    )
    name = sha224(normal.geturl().encode()).hexdigest()
    return cache.joinpath("http-v2", *name[:5], f"{name}.body")


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
