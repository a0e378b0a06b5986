"""The long forms of finding codes: what each means, why, what to do, and from where it is known.

They are data, one TOML file for each range of codes; titles stay in :mod:`provisioner.codes`. The
pages in ``docs/reference/codes/`` and ``torchenv explain CODE`` are made from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner import toml
from provisioner.codes import TITLES

if TYPE_CHECKING:
    from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The long form of one code; all texts are full sentences."""

    code: str
    title: str
    """The short form, without a full stop."""
    means: str
    """What is so."""
    why: str
    """Why it is a problem: the rule or fact behind it."""
    do: str
    """What to do next."""
    example: str = ""
    """A spec, or a part of one, that leads to it."""
    sources: tuple[str, ...] = ()
    """Where the rule is known from; empty where it is torchenv's own."""


def explanation(code: str) -> Explanation | None:
    """Return the long form of a code, None where there is no such code or nobody wrote it."""
    if code not in TITLES:
        return None
    file = _FOLDER / f"{code[:3].lower()}.toml"
    rows: dict[str, dict[str, Any]] = (
        toml.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    )
    row = rows.get(code)
    if row is None:
        return None
    return Explanation(
        code=code,
        title=TITLES[code],
        means=row["means"],
        why=row["why"],
        do=row["do"],
        example=row.get("example", "").strip("\n"),
        sources=tuple(row.get("sources", ())),
    )
