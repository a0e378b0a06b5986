"""Merging templates into a spec: pure functions over tables that know where each value stands.

Files are merged left to right and the spec comes last. Tables are merged key by key, the
dependencies by their normalised names; every other value, lists too, is replaced as a whole. A
``false`` unsets what a file further left says, unless the key itself takes ``true`` and ``false``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packaging.utils import canonicalize_name

from provisioner.spec._layout import KeyPath, Layout
from provisioner.spec._problems import Problem, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DEPENDENCIES: Final[KeyPath] = ("dependencies",)


class Place(NamedTuple):
    """Where a key or item stands."""

    file: str | None
    """As a user would type it; None for the spec itself."""
    line: int


class Source(NamedTuple):
    """The content of one file, or of several that were merged."""

    data: dict[str, object]
    """As TOML gives it."""
    places: dict[KeyPath, Place]
    """Of its keys, tables and list items."""
    unset: tuple[KeyPath, ...] = ()
    """Keys that were ``false`` where nothing stood that this could unset."""

    @classmethod
    def of(cls, data: dict[str, object], layout: Layout, file: str | None) -> Source:
        """Return the content of one file."""
        places = {path: Place(file=file, line=line) for path, line in layout.lines.items()}
        return cls(data=data, places=places)

    @property
    def layout(self) -> Layout:
        """The same places as a layout of one text."""
        return Layout(
            lines={path: place.line for path, place in self.places.items()},
            files={path: one.file for path, one in self.places.items() if one.file is not None},
        )


def merge(
    sources: Iterable[Source], takes_truth: Callable[[KeyPath], bool]
) -> tuple[Source, tuple[Problem, ...]]:
    """Merge files, the weakest first.

    Args:
        sources: At least one.
        takes_truth: Whether the key of a path has truth values, so that ``false`` is one.

    Returns:
        What all of them say together, and a problem for each ``false`` that unsets nothing; its
        place is in the merged layout.
    """
    first, *rest = sources
    merged = first
    for source in rest:
        step = _Step(below=merged.places, above=source.places, takes_truth=takes_truth)
        data = step.table((), (), merged.data, source.data)
        merged = Source(data=data, places=step.places, unset=(*merged.unset, *step.unset))
    # What a later file says or unsets in its turn is no longer `false`.
    void = [path for path in dict.fromkeys(merged.unset) if _value_at(merged.data, path) is False]
    return merged, tuple(map(_unsets_nothing, void))


class _Step:
    """One file laid over what stands to its left.

    Paths come in pairs: a dependency may be written in another way in the file below.
    """

    def __init__(
        self,
        *,
        below: dict[KeyPath, Place],
        above: dict[KeyPath, Place],
        takes_truth: Callable[[KeyPath], bool],
    ) -> None:
        """Start with nothing merged."""
        self._below, self._above, self._takes_truth = below, above, takes_truth
        self.places: dict[KeyPath, Place] = {}
        self.unset: list[KeyPath] = []
        """The keys that are `false` where there is nothing to unset."""

    def table(
        self, path: KeyPath, old: KeyPath, below: dict[str, object], above: dict[str, object]
    ) -> dict[str, object]:
        """Return a table with the keys of both."""
        names = _same_names(path, below, above)
        merged: dict[str, object] = {}
        for name, value in below.items():
            if name not in names:
                merged[name] = value
                self._keep((*path, name), (*old, name), value, self._below)
            elif above[names[name]] is not False or self._takes_truth((*path, name)):
                new = above[names[name]]
                merged[names[name]] = self._both((*path, names[name]), (*old, name), value, new)
        known = set(names.values())
        for name, value in above.items():
            if name not in known:
                merged[name] = self._only((*path, name), value)
        return merged

    def _both(self, path: KeyPath, old: KeyPath, below: object, above: object) -> object:
        """Return what becomes of a key that stands in both."""
        if path[:-1] == _DEPENDENCIES and isinstance(below, dict) != isinstance(above, dict):
            below, above = _as_table(below), _as_table(above)
        if isinstance(below, dict) and isinstance(above, dict):
            self._record(path, path, self._above)
            return self.table(path, old, below, above)
        self._keep(path, path, above, self._above)
        return above

    def _only(self, path: KeyPath, value: object) -> object:
        """Return a value that stands in the file above alone, so that it unsets nothing."""
        if isinstance(value, dict):
            self._record(path, path, self._above)
            return self.table(path, path, {}, value)
        if value is False and not self._takes_truth(path):
            self.unset.append(path)
        self._keep(path, path, value, self._above)
        return value

    def _keep(
        self, path: KeyPath, old: KeyPath, value: object, places: dict[KeyPath, Place]
    ) -> None:
        """Take the places over of a value and of all that it holds."""
        self._record(path, old, places)
        for part, child in _children(value):
            self._keep((*path, part), (*old, part), child, places)

    def _record(self, path: KeyPath, old: KeyPath, places: dict[KeyPath, Place]) -> None:
        # A version that was written without its table has no place of its own.
        if old in places:
            self.places[path] = places[old]


def _as_table(dependency: object) -> object:
    """Return the table that a dependency's text stands for."""
    return {"version": dependency} if isinstance(dependency, str) else dependency


def _value_at(data: object, path: KeyPath) -> object:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _same_names(
    path: KeyPath, below: dict[str, object], above: dict[str, object]
) -> dict[str, str]:
    """Return each key of ``below`` that ``above`` has too, with the name that it has there."""
    if path != _DEPENDENCIES:
        return {name: name for name in below if name in above}
    written = {canonicalize_name(name): name for name in above}
    return {
        name: written[canonicalize_name(name)]
        for name in below
        if canonicalize_name(name) in written
    }


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _unsets_nothing(path: KeyPath) -> Problem:
    return Problem(
        code="TE114",
        path=path,
        message=f"`{shown_path(path)}` is `false`, which unsets nothing.",
        why="With templates `false` takes away what a template says, and none says this.",
        do="Remove the line, or correct the name of the key.",
    )
