"""What the engine is asked: a throwaway project whose table of sources routes each package.

The engine's explicit indexes route direct requirements only. So every package that has to come
from the trio's index, companions included, stands in the request by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import tomlkit
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from provisioner.urls import local_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from provisioner.lockfile._sources import LockSources


REQUEST_NAME: Final = "torchenv-request"
"""What the engine calls the throwaway project in its messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The requirements of one resolution and where each may come from."""

    trio: tuple[str, ...]
    """The trio as PEP 508 requirements, pinned exactly or as the URLs of files."""
    others: tuple[str, ...] = ()
    """Everything else that is wanted, PEP 508."""
    routed: frozenset[str] = frozenset()
    """Names that may come from the trio's index only."""
    constraints: tuple[str, ...] = ()
    """PEP 508, the planner's own."""

    def routing(self, names: Iterable[str]) -> Request:
        """Return the request with ``names`` routed to the trio's index too."""
        added = sorted(set(names) - self.routed)
        return replace(self, others=(*self.others, *added), routed=self.routed.union(added))

    def with_files(self, files: Mapping[str, Path]) -> Request:
        """Return the request with routed packages taken from files that are here already."""

        def line(requirement: str) -> str:
            path = files.get(Requirement(requirement).name)
            return requirement if path is None else file_requirement(path)

        return replace(
            self,
            trio=tuple(map(line, self.trio)),
            others=tuple(map(line, self.others)),
            routed=self.routed - files.keys(),
        )


def file_requirement(path: Path) -> str:
    """Return a wheel file as a PEP 508 direct reference."""
    return f"{parse_wheel_filename(path.name)[0]} @ {path.as_uri()}"


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
    routed = {name: {"index": sources.trio.name} for name in sorted(request.routed)}
    index = {"name": sources.trio.name, "url": sources.trio.public, "explicit": True}
    if routed:
        project["tool"] = {"uv": {"sources": routed, "index": [index]}}
    (folder / "pyproject.toml").write_text(tomlkit.dumps(project), encoding="utf-8")
    arguments = [str(folder / "pyproject.toml"), *_index_arguments(sources)]
    planned = "".join(f"{one}\n" for one in request.constraints)
    for number, text in enumerate(text for text in (planned, *constraint_texts) if text.strip()):
        file = folder / f"constraints-{number}.txt"
        file.write_text(text, encoding="utf-8")
        arguments += ["--constraints", str(file)]
    return arguments


def _index_arguments(sources: LockSources) -> list[str]:
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
