"""Regular expressions that stay linear: tried only around a literal that each of them contains.

A log has millions of characters and there are hundreds of expressions. Each names the longest
literal that every match of it must contain (its anchor), which ``str.find`` looks for at the speed
of memory; the expression itself sees a bounded window around it. Expressions are kept simple:
bounded repetition, no alternatives outside of groups (checked when they are read).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEFORE: Final = 1000
_AFTER: Final = 1000
"""How much around an anchor an expression sees."""
_TRIES: Final = 25
"""How many anchors are tried from the beginning of a text, and as many from its end."""
_SHORTEST: Final = 3
_SPECIAL: Final = ".^$*+?{}[]\\|()"
_CLASSES: Final = "dswbDSWBAZ"


class PatternError(Exception):
    """An expression of a rule is not in the simple form that rules are written in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One expression, in lower case, over the flow of a text."""

    source: str
    anchor: str

    @property
    def compiled(self) -> re.Pattern[str]:
        """The expression, compiled when its anchor is met first: most never are.

        Raises:
            PatternError: It is no regular expression; a test compiles them all.
        """
        return _compile(self.source)

    def find(self, flow: str) -> re.Match[str] | None:
        """Return the first match that is found, or None."""
        return next(self.find_all(flow), None)

    def find_all(self, flow: str) -> Iterator[re.Match[str]]:
        """Yield matches from the beginning, then from the end; the same one perhaps twice."""
        for place in _places(flow, self.anchor):
            start = max(place - _BEFORE, 0)
            found = self.compiled.search(flow, start, place + len(self.anchor) + _AFTER)
            if found is not None:
                yield found


def pattern(source: str) -> Pattern:
    """Read an expression.

    Raises:
        PatternError: It has no literal of three characters that every match contains, an
            alternative outside of groups, or capitals.
    """
    pieces = list(_literals(source))
    anchor = max(pieces, key=len, default="")
    if len(anchor) < _SHORTEST:
        raise PatternError(f"no literal that is long enough: {source}")
    if source.lower() != source and re.sub(r"\\[A-Z]", "", source).lower() != re.sub(
        r"\\[A-Z]", "", source
    ):
        raise PatternError(f"not in lower case: {source}")
    return Pattern(source=source, anchor=anchor)


@cache
def _compile(source: str) -> re.Pattern[str]:
    try:
        return re.compile(source)
    except re.error as exc:
        raise PatternError(f"{exc}: {source}") from exc


@cache
def _read(source: str) -> Pattern:
    return pattern(source)


def find(flow: str, source: str) -> re.Match[str] | None:
    """Return the first match of an expression, which is read when it is needed first."""
    return _read(source).find(flow)


def first_group(flow: str, sources: tuple[str, ...]) -> str | None:
    """Return the first group of the first of some expressions that matches."""
    for source in sources:
        found = find(flow, source)
        if found is not None:
            return found[1]
    return None


def _places(flow: str, anchor: str) -> Iterator[int]:
    """Yield where the anchor stands: first places, then last ones."""
    place = flow.find(anchor)
    last = -1
    for _ in range(_TRIES):
        if place < 0:
            return
        yield place
        last = place
        place = flow.find(anchor, place + 1)
    end = len(flow)
    for _ in range(_TRIES):
        place = flow.rfind(anchor, last + 1, end)
        if place < 0:
            return
        yield place
        end = place + len(anchor) - 1


def _literals(source: str) -> Iterator[str]:
    """Yield the runs of characters outside of groups and classes that every match contains."""
    run: list[str] = []
    depth = 0
    place = 0
    while place < len(source):
        char, width = _token(source, place)
        place += width
        follow = source[place] if place < len(source) else ""
        if depth == 0 and char == "|":
            raise PatternError(f"an alternative outside of a group: {source}")
        depth += {"(": 1, ")": -1}.get(char if width == 1 else "", 0)
        literal = depth == 0 and len(char) == 1 and (char not in _SPECIAL or width > 1)
        if literal and (follow == "" or follow not in "?*{"):
            run.append(char)
        else:
            yield "".join(run)
            run = []
    yield "".join(run)


def _token(source: str, place: int) -> tuple[str, int]:
    """Return the next character and how much of the source it takes; a class is no character."""
    char = source[place]
    if char == "\\":
        escaped = source[place + 1]
        return ("class" if escaped in _CLASSES else escaped), 2
    if char == "[":
        end = source.index("]", place + 2)
        return "class", end + 1 - place
    if char == "{":
        end = source.index("}", place)
        return "repeat", end + 1 - place
    return char, 1
