"""A Python that the project itself refuses: its own range against the interpreter in use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFUSED: Final = tuple(
    pattern(source)
    for source in (
        (
            r"resolved to python (\d\.\d{1,2}(?:\.\d{1,2})?), which is incompatible with the "
            r"project's python requirement: `?([<>=!~0-9.,* ]{2,60})"
        ),
        (
            r"python version \(?(\d\.\d{1,2}(?:\.\d{1,2})?)\)? is not (?:allowed|supported) by "
            r"the project \(([<>=!~^0-9.,* ]{2,60})\)"
        ),
    )
)
_RANGE: Final = pattern(
    r"project.s (?:supported )?python (?:range|requirement) \(([<>=!~0-9.,* ]{2,60})\)"
)
_NEEDED: Final = pattern(r"\btorch(?: \([^)]{1,30}\))? requires python ([<>=!~0-9.,* ]{2,60})")
_MINORS: Final = ("2.7", *(f"3.{minor}" for minor in range(5, 21)))
_LOWEST: Final = re.compile(r"(?:>=|~=|\^|==) ?(\d\.\d{1,2})")


def candidates_by_project(flow: str) -> Iterator[Candidate]:
    """Yield that the interpreter, or all that the project admits, does not suit."""
    yield from _outside(flow)
    yield from _disjoint(flow)


def _outside(flow: str) -> Iterator[Candidate]:
    """The interpreter is outside of the range that the project gives."""
    for each in _REFUSED:
        found = each.find(flow)
        if found is None:
            continue
        wanted = found[2].strip(" ,")
        lowest = _LOWEST.search(wanted)
        python = lowest[1] if lowest is not None else "3.12"
        yield Candidate(
            category="python-version",
            weight=84,
            confidence="certain",
            at=found.start(),
            cause=f"The Python in use, {found[1]}, is outside of the project's range `{wanted}`.",
            fix=(
                f"Use a Python of that range: `uv python pin {python}` (poetry: `poetry env use "
                f"{python}`) and run the command again, or change `requires-python` in "
                "`pyproject.toml`."
            ),
        )
        return


def _disjoint(flow: str) -> Iterator[Candidate]:
    """No Python of the project's range is one of torch's: narrowing the range would not help."""
    own, needed = _RANGE.find(flow), _NEEDED.find(flow)
    if own is None or needed is None:
        return
    theirs = _admitted(needed[1])
    if theirs and not theirs & _admitted(own[1]):
        python = max(theirs, key=_MINORS.index)
        yield Candidate(
            category="python-version",
            weight=95,
            confidence="certain",
            at=own.start(),
            cause=(
                f"The wanted torch needs Python {needed[1].strip(' ,')}, and the project admits "
                f"{own[1].strip(' ,')}: no Python suits both."
            ),
            fix=(
                f"Admit Python {python} in `pyproject.toml` and use it, or take a release of torch "
                "for newer Pythons."
            ),
        )


def _admitted(text: str) -> frozenset[str]:
    try:
        wanted = SpecifierSet(text.strip(" ,"))
    except InvalidSpecifier:
        return frozenset()
    return frozenset(
        one for one in _MINORS if wanted.contains(f"{one}.0") or wanted.contains(f"{one}.30")
    )
