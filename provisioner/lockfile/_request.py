"""What the engine is asked: a throwaway project whose table of sources routes each package.

The engine's explicit indexes route direct requirements only. So every package that has to come
from the trio's index, companions included, stands in the request by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from packaging.utils import parse_wheel_filename

from provisioner.urls import local_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provisioner.lockfile._sources import LockSources


REQUEST_NAME: Final = "torchenv-request"
"""What the engine calls the throwaway project in its messages."""
_FILES: Final = "files"
"""The name of the index of a request's files, and of its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFile:
    """A wheel whose address and hash are known without the engine's asking for them."""

    name: str
    """File name, decoded."""
    url: str
    """``file:`` for one of this machine."""
    sha256: str

    @classmethod
    def at(cls, path: Path, sha256: str) -> WheelFile:
        """Return a wheel of this machine."""
        return cls(name=path.name, url=path.as_uri(), sha256=sha256)

    @property
    def project(self) -> str:
        """Normalised name of its project."""
        return str(parse_wheel_filename(self.name)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The requirements of one resolution and where each may come from."""

    trio: tuple[str, ...]
    """The trio as PEP 508 requirements, pinned exactly."""
    others: tuple[str, ...] = ()
    """Everything else that is wanted, PEP 508."""
    routed: frozenset[str] = frozenset()
    """Names that may come from the trio's index only."""
    constraints: tuple[str, ...] = ()
    """PEP 508, the planner's own."""
    files: tuple[WheelFile, ...] = ()
    """Wheels that are taken in place of any index's."""
    ageless: frozenset[str] = frozenset()
    """Names for which no upload time counts: the trio, whose age the compat data knows, and its
    companions, which it names. PyTorch's index states few times."""

    @property
    def provided(self) -> frozenset[str]:
        """The names of the projects that ``files`` has."""
        return frozenset(file.project for file in self.files)

    def routing(self, names: Iterable[str]) -> Request:
        """Return the request with ``names`` routed to the trio's index too."""
        added = sorted(set(names) - self.routed)
        return replace(
            self,
            others=(*self.others, *added),
            routed=self.routed.union(added),
            ageless=self.ageless.union(added),
        )

    def with_files(self, files: Iterable[WheelFile]) -> Request:
        """Return the request with routed packages taken from files that are here already."""
        more = replace(self, files=(*self.files, *files))
        return replace(more, routed=self.routed - more.provided)


def write_request(
    folder: Path, request: Request, sources: LockSources, constraint_texts: tuple[str, ...]
) -> list[str]:
    """Write the request into ``folder`` and return the engine's arguments for it.

    Nothing secret is written: indexes stand in it without their credentials.

    Args:
        folder: An empty one.
        request: What is wanted.
        sources: Where it may come from.
        constraint_texts: The constraint files that are no files of this machine.
    """
    project = tomlkit.document()
    project["project"] = {
        "name": REQUEST_NAME,
        "version": "0",
        "dependencies": [*request.trio, *request.others],
    }
    project["tool"] = {"uv": _routes(folder, request, sources)}
    (folder / "pyproject.toml").write_text(tomlkit.dumps(project), encoding="utf-8")
    arguments = [str(folder / "pyproject.toml"), *index_arguments(sources)]
    planned = "".join(f"{one}\n" for one in request.constraints)
    for number, text in enumerate(text for text in (planned, *constraint_texts) if text.strip()):
        file = folder / f"constraints-{number}.txt"
        file.write_text(text, encoding="utf-8")
        arguments += ["--constraints", str(file)]
    return arguments


def _routes(folder: Path, request: Request, sources: LockSources) -> dict[str, Any]:
    """Return the engine's table of sources, and of the indexes that only those are asked.

    Files are given as an index too, with their hashes: of a wheel named by its path the engine
    unpacks the whole, of one on an index it reads the metadata alone. With ``no_index`` the engine
    asks none; it then finds the files where they were found, in ``find-links``.
    """
    trio = sources.trio
    routes = dict.fromkeys(sorted(request.routed), trio.name)
    urls = {trio.name: trio.address} if request.routed else {}
    formats = {trio.name: {"format": "flat"}} if trio.flat else {}
    if request.files and not sources.no_index:
        routes |= dict.fromkeys(sorted(request.provided), _FILES)
        urls[_FILES] = _write_index(folder / _FILES, request.files).as_uri()
    return {
        "sources": {name: {"index": index} for name, index in routes.items()},
        "index": [
            {"name": name, "url": url, "explicit": True, **formats.get(name, {})}
            for name, url in urls.items()
        ],
    }


def _write_index(folder: Path, files: Iterable[WheelFile]) -> Path:
    """Write a package index of these wheels (PEP 503) and return its folder."""
    for file in files:
        page = folder / file.project / "index.html"
        page.parent.mkdir(parents=True)
        url = f"{file.url}#sha256={file.sha256}"
        link = f'<a href="{escape(url)}">{escape(file.name)}</a>'
        page.write_text(f"<!DOCTYPE html><html><body>{link}</body></html>", encoding="utf-8")
    return folder


def index_arguments(sources: LockSources) -> list[str]:
    """Return the engine's options for constraint files and general indexes, first asked first.

    The engine asks its default index last, so the last one takes that place.
    """
    files = [path for path in map(local_path, sources.constraints) if path is not None]
    arguments = [word for path in files for word in ("--constraints", str(path))]
    if sources.no_index:
        return [*arguments, "--no-index"]
    *first, last = sources.general
    for index in first:
        arguments += ["--index", f"{index.name}={index.public}"]
    return [*arguments, "--default-index", f"{last.name}={last.public}"]
