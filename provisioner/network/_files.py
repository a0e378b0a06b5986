"""Files and folders of this machine, read as if a server sent them."""

from __future__ import annotations

import html
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from provisioner.network._failures import NetworkError
from provisioner.network._types import Download, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_BLOCK: Final = 1 << 20
_HTML: Final = "text/html; charset=utf-8"
_CONTENT_TYPES: Final = {
    ".html": _HTML,
    ".htm": _HTML,
    ".json": "application/vnd.pypi.simple.v1+json",
}


def read_page(path: Path, limit_bytes: int) -> Page:
    """Return a file, a folder's ``index.html``, or a listing of a folder that has none.

    A listing has one link for each file and folder, sorted, as web servers make it.

    Raises:
        NetworkError: The path is missing, cannot be read, or is too large.
    """
    path = path.absolute()
    with _failures(path):
        if path.is_dir():
            index = path / "index.html"
            if not index.is_file():
                return Page(url=f"{path.as_uri()}/", content_type=_HTML, body=_listing(path))
            path = index
        if path.stat().st_size > limit_bytes:
            raise NetworkError("content", path.as_uri(), "The file is too large for a page.")
        kind = _CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
        return Page(url=path.as_uri(), content_type=kind, body=path.read_bytes())


@contextmanager
def open_file(path: Path, start: int) -> Iterator[Download]:
    """Open a file for reading from offset ``start`` on.

    Raises:
        NetworkError: The path is missing, cannot be read, or is a folder.
    """
    path = path.absolute()
    with _failures(path):
        file = path.open("rb")
    with file:
        file.seek(start)
        length = path.stat().st_size - start
        yield Download(url=path.as_uri(), start=start, length=length, blocks=_blocks(file, path))


def size_of_file(path: Path) -> int:
    """Return a file's size in bytes.

    Raises:
        NetworkError: The path is missing or cannot be read.
    """
    with _failures(path):
        return path.stat().st_size


def _listing(folder: Path) -> bytes:
    names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in folder.iterdir())
    links = (f'<a href="{quote(name)}">{html.escape(name)}</a>\n' for name in names)
    return f"<!DOCTYPE html>\n{''.join(links)}".encode()


def _blocks(file: BinaryIO, path: Path) -> Iterator[bytes]:
    with _failures(path):
        while block := file.read(_BLOCK):
            yield block


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise NetworkError("missing", str(path), status=404) from exc
    except OSError as exc:
        raise NetworkError("unreadable", str(path), exc.strerror or str(exc)) from exc
