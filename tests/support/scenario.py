"""Scenarios: which files the test indexes have, read from TOML.

A scenario lists releases; each stands for the wheels of its projects, versions, accelerators,
Pythons and tags. Deviations then change single files: what their page says of them, or what is
wrong inside. ``scenarios/README.md`` explains the format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support._toml import read_toml
from tests.support.faults import FaultRule, parse_fault_rule
from tests.support.indexfile import PYTORCH, IndexFile, Listing, Recipe
from tests.support.wheels import Defects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All files of all indexes, and the faults that a server of them starts with."""

    files: tuple[IndexFile, ...] = ()
    """Sorted by path."""
    faults: tuple[FaultRule, ...] = ()

    def select(self, pattern: str) -> tuple[IndexFile, ...]:
        """Return the files whose path, or name if ``pattern`` has no slash, matches the glob."""
        return tuple(file for file in self.files if _matches(file, pattern))

    def find(self, pattern: str) -> IndexFile:
        """Return the one file that matches the glob.

        Raises:
            LookupError: None or several do.
        """
        found = self.select(pattern)
        if len(found) != 1:
            raise LookupError(f"{pattern}: {[file.path for file in found]}")
        return found[0]

    def without(self, pattern: str) -> Scenario:
        """Return the scenario without the files that match the glob.

        Raises:
            LookupError: No file does.
        """
        gone = set(self.select(pattern)) or _nothing_matches(pattern)
        return replace(self, files=tuple(file for file in self.files if file not in gone))

    def deviate(self, pattern: str, **changes: Any) -> Scenario:  # noqa: ANN401  # as in TOML
        """Return the scenario with files changed as a ``[[deviation]]`` table would.

        Raises:
            LookupError: No file matches ``pattern``.
        """
        changed = set(self.select(pattern)) or _nothing_matches(pattern)
        files = (_deviate(file, changes) if file in changed else file for file in self.files)
        return replace(self, files=_sorted(files))

    def release(self, **table: Any) -> Scenario:  # noqa: ANN401  # as in TOML
        """Return the scenario with the files of one more ``[[release]]`` table."""
        return replace(self, files=_sorted((*self.files, *_expand(table, groups={}))))


def load_scenario(name: str) -> Scenario:
    """Read ``scenarios/<name>.toml`` and what it includes."""
    groups: dict[str, list[str]] = {}
    scenario = Scenario()
    for document in _documents(SCENARIOS / f"{name}.toml", already=set()):
        _refuse_unknown(document, {"include", "groups", "release", "deviation", "fault"})
        groups |= document.get("groups", {})
        for table in document.get("release", ()):
            more = _expand(table, groups)
            scenario = replace(scenario, files=(*scenario.files, *more))
        for table in document.get("deviation", ()):
            changes = dict(table)
            scenario = scenario.deviate(changes.pop("file"), **changes)
        faults = tuple(map(parse_fault_rule, document.get("fault", ())))
        scenario = replace(scenario, faults=scenario.faults + faults)
    return replace(scenario, files=_sorted(scenario.files))


def _documents(path: Path, already: set[Path]) -> Iterator[dict[str, Any]]:
    """Yield the tables of a scenario file, those that it includes first, none twice."""
    if path in already:
        return
    already.add(path)
    document = read_toml(path)
    for name in document.get("include", ()):
        yield from _documents(path.with_name(name), already)
    yield document


_RELEASE_KEYS = frozenset(
    (
        "projects",
        "index",
        "accelerators",
        "build",
        "local",
        "pythons",
        "tags",
        "requires",
        "requires_python",
        "build_tag",
        "upload_time",
        "sidecar",
        "second_host",
    )
)


def _expand(table: Mapping[str, Any], groups: Mapping[str, list[str]]) -> Iterator[IndexFile]:
    """Yield the files of a ``[[release]]``: projects times folders times tags times Pythons."""
    _refuse_unknown(table, _RELEASE_KEYS)
    for (project, version), folder in product(
        _versions(table["projects"]), table.get("accelerators", [""])
    ):
        accelerator = table.get("build", folder)
        for tag in _tags(table):
            recipe = Recipe(
                project=project,
                version=f"{version}+{accelerator}" if table.get("local") else version,
                tag=tag,
                build_tag=table.get("build_tag", ""),
                accelerator=accelerator,
                requires=tuple(_requirements(table.get("requires", ()), groups, accelerator)),
                requires_python=table.get("requires_python"),
            )
            yield IndexFile(
                index=table["index"], folder=folder, recipe=recipe, listing=_listing(table)
            )


def _versions(projects: Mapping[str, str | list[str]]) -> Iterator[tuple[str, str]]:
    for project, versions in projects.items():
        for version in [versions] if isinstance(versions, str) else versions:
            yield project, version


def _tags(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tags with ``{py}`` filled in."""
    for pattern in table["tags"]:
        if "{py}" in pattern:
            yield from (pattern.replace("{py}", python) for python in _pythons(table["pythons"]))
        else:
            yield pattern


def _pythons(text: str) -> list[str]:
    """Return ``cp38``, ``cp39``, ``cp310`` for ``cp38..cp310``."""
    first, _, last = text.replace("cp3", "").partition("..")
    return [f"cp3{minor}" for minor in range(int(first), int(last or first) + 1)]


def _requirements(
    lines: list[str], groups: Mapping[str, list[str]], accelerator: str
) -> Iterator[str]:
    """Yield the requirements, groups (``@name``) replaced by their lines."""
    for line in lines:
        if line.startswith("@"):
            yield from groups[line[1:].replace("{accelerator}", accelerator)]
        else:
            yield line


def _listing(table: Mapping[str, Any]) -> Listing:
    on_pytorch = table["index"] == PYTORCH
    return Listing(
        sidecar=table.get("sidecar", True),
        second_host=table.get("second_host", False),
        requires_python=None if on_pytorch else table.get("requires_python"),
        upload_time=table.get("upload_time"),
    )


_LISTING_KEYS = frozenset(Listing.__dataclass_fields__)
_DEFECT_KEYS = frozenset(Defects.__dataclass_fields__)


def _deviate(file: IndexFile, changes: Mapping[str, Any]) -> IndexFile:
    """Return ``file`` changed: page, padding or defects."""
    _refuse_unknown(changes, _LISTING_KEYS | _DEFECT_KEYS | {"padding"})
    listing = {key: changes[key] for key in _LISTING_KEYS & changes.keys()}
    defects = {key: changes[key] for key in _DEFECT_KEYS & changes.keys()}
    recipe = replace(
        file.recipe,
        padding=changes.get("padding", file.recipe.padding),
        defects=replace(file.recipe.defects, **defects),
    )
    return replace(file, recipe=recipe, listing=replace(file.listing, **listing))


def _matches(file: IndexFile, pattern: str) -> bool:
    return fnmatchcase(file.path if "/" in pattern else file.name, pattern)


def _nothing_matches(pattern: str) -> set[IndexFile]:
    raise LookupError(f"no file of the scenario matches {pattern}")


def _sorted(files: Iterable[IndexFile]) -> tuple[IndexFile, ...]:
    """Return the files by path.

    Raises:
        ValueError: Two files lie at one path.
    """
    by_path: dict[str, IndexFile] = {}
    for file in files:
        if file.path in by_path:
            raise ValueError(f"twice in the scenario: {file.path}")
        by_path[file.path] = file
    return tuple(by_path[path] for path in sorted(by_path))


def _refuse_unknown(table: Mapping[str, Any], known: frozenset[str] | set[str]) -> None:
    """Raise ``KeyError`` for a key that nothing reads: a typing error in a scenario."""
    unknown = sorted(table.keys() - known)
    if unknown:
        raise KeyError(f"unknown keys {unknown}; known: {sorted(known)}")
