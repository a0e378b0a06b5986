"""A merged spec as TOML, with the place of every value as a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tomlkit

from provisioner.urls import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.spec import Merged

_COLUMN: Final = 40
"""Where the comments start, unless a value is longer."""


def merged_lines(merged: Merged) -> Iterator[str]:
    """Yield the lines; together they are a spec without templates that means the same."""
    last: tuple[str | int, ...] | None = None
    for path, value, where in merged.iter_values():
        if path[:-1] != last:
            if last is not None:
                yield ""
            last = path[:-1]
            if last:
                yield f"[{'.'.join(map(_key, last))}]"
        text = f"{_key(path[-1])} = {tomlkit.item(plain(value)).as_string()}"
        yield f"{text:{_COLUMN}}  # {where.file}:{where.line}"


def _key(name: str | int) -> str:
    return tomlkit.key(str(name)).as_string()
