"""Loading the compiled compat data: one JSON file, no other import, a few milliseconds."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from provisioner.compat._compat import Compat
from provisioner.compat._types import (
    Accelerator,
    Build,
    Ceiling,
    Companion,
    Member,
    MemberBuild,
    Release,
    Wheel,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COMPILED: Final = Path(__file__).with_name("compiled.json")
"""Made from ``data/`` by ``python -m provisioner.compat.compile``."""

_Row = TypeVar("_Row")


@cache
def load_compat() -> Compat:
    """Return the compat data that ships with this torchenv; read once per process."""
    return compat_from(json.loads(COMPILED.read_text(encoding="utf-8")))


def compat_from(data: Mapping[str, Any]) -> Compat:
    """Turn the compiled form into values."""
    builds = [build for row in data["builds"] for build in _cells(row)]
    members = [_member(row) for row in data["members"]]
    return Compat(
        version=data["version"],
        releases=rows_of(Release, data["releases"]),
        members={(one.name, one.version): one for one in members},
        builds_by_place=_by_place(builds),
        wheels=rows_of(Wheel, data["wheels"]),
        accelerators={one.name: one for one in rows_of(Accelerator, data["accelerators"])},
        ceilings=rows_of(Ceiling, data["ceilings"]),
        companions=rows_of(Companion, data["companions"]),
        hashes=data["hashes"],
        citations=data["citations"],
        platforms=tuple(sorted({build.platform for build in builds})),
    )


def rows_of(kind: type[_Row], rows: Iterable[Mapping[str, Any]]) -> tuple[_Row, ...]:
    """Turn rows of a compiled file into values of one kind."""
    return tuple(kind(**_frozen(row)) for row in rows)


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as tuples, since the values are immutable."""
    return {key: tuple(value) if type(value) is list else value for key, value in row.items()}


def _member(row: Mapping[str, Any]) -> Member:
    fields = _frozen(row)
    fields["missing"] = tuple(
        (platform, tuple(pythons)) for platform, pythons in row.get("missing", ())
    )
    fields["also"] = rows_of(MemberBuild, row.get("also", ()))
    return Member(**fields)


def _cells(row: Mapping[str, Any]) -> Iterator[Build]:
    """One build per platform and accelerator of a compiled row."""
    fields = _frozen(row)
    accelerators = fields.pop("accelerators")
    for platform in fields.pop("platforms"):
        for accelerator in accelerators:
            yield Build(platform=platform, accelerator=accelerator, **fields)


def _by_place(builds: Iterable[Build]) -> dict[tuple[str, str], tuple[Build, ...]]:
    grouped: dict[tuple[str, str], list[Build]] = {}
    for build in builds:
        grouped.setdefault((build.torch, build.platform), []).append(build)
    return {place: tuple(group) for place, group in grouped.items()}
