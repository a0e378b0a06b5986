"""A pasted text as clean lines, and as one flow in which the width of a terminal does not matter.

Tools colour, indent, wrap and frame what they say; CI services put times before every line. None
of that says anything about a cause, so it goes before any rule looks. Every step is linear.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

_ESCAPES: Final = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # OSC: titles, links
    r"|\x1b[@-Z\\-_]"
    r"|(?:\^\[)?\[\d{1,2}(?:;\d{1,3}){0,4}m"  # colours whose escape character was lost
)
# Control characters, marks of direction, and characters without width: none belongs into output.
_CONTROLS: Final = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_TIME: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
# What CI services, containers and test runners put before a line.
_PREFIX: Final = re.compile(
    rf"(?:[^\t\n]{{1,60}}\t[^\t\n]{{1,60}}\t)?{_TIME}[ \t]"  # GitHub Actions, `gh run view --log`
    rf"|\[{_TIME}\][ \t]?"  # Jenkins
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?[ \t]"  # Azure, TeamCity, GitLab
    r"|#\d{1,4} \d{1,6}\.\d{1,4}[ \t]"  # BuildKit
    r"|(?:remote|stderr|stdout): ?"
    r"|[\w.-]{1,40}[ \t]{1,12}\| "  # docker compose
    r"|\*\*\* ?"
    r"|>(?!>) ?"  # quoted mail, Markdown
)
_BOX: Final = "│┃║|╰╭╮╯─━▶→├└┌╵╷•\u3000\xd7\u2a2f\u276f"
_DECORATION: Final = re.compile(rf"^[{_BOX} \t]+(?=[^{_BOX} \t])")
_ROUNDS: Final = 3
"""How many prefixes a line can have: a time, a container, a quotation mark."""
_NARROW: Final = 60
_WIDE: Final = 300
_FULL_LINES: Final = 2
"""Hard wrapping is believed in where so many lines are exactly as wide as the widest, or one that
has a width that terminals have."""
_USUAL: Final = frozenset({80, 100, 120, 132, 160, 200})


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that rules can look at."""

    lines: tuple[str, ...]
    """Without colours, prefixes and control characters; indented as they were."""
    flow: str
    """All of it in lower case on one line, single spaces between words, frames removed."""
    starts: tuple[int, ...]
    """Where each line begins in ``flow``, ascending."""

    def line_at(self, position: int) -> int:
        """Return the number, from 0, of the line that a position in ``flow`` belongs to."""
        return max(bisect_right(self.starts, position) - 1, 0)


def normalise(raw: str) -> Text:
    """Return a pasted text without what only terminals and CI services need."""
    lines = _unwrap([_bare(line) for line in _clean(raw).split("\n")])
    parts = [" ".join(_DECORATION.sub("", line).lower().split()) for line in lines]
    ends = accumulate(len(part) + 1 for part in parts)
    return Text(lines=tuple(lines), flow=" ".join(parts), starts=(0, *ends)[: len(parts)])


def _clean(raw: str) -> str:
    """Remove what controls a terminal; a carriage return starts a line like any other."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def _bare(line: str) -> str:
    """Remove what was put before a line, and blanks at its end."""
    for _ in range(_ROUNDS):
        found = _PREFIX.match(line)
        if found is None:
            break
        line = line[found.end() :]
    return line.rstrip()


def _unwrap(lines: list[str]) -> list[str]:
    """Join the lines of a text that a terminal broke at its width, inside of words if need be."""
    width = max((len(line) for line in lines), default=0)
    full = sum(len(line) == width for line in lines)
    is_wrapped = full >= _FULL_LINES or (full and width in _USUAL)
    if not _NARROW <= width <= _WIDE or not is_wrapped:
        return lines
    joined: list[str] = []
    open_line = False
    for line in lines:
        if open_line and line and line[0] not in f" \t{_BOX}":
            joined[-1] += line
        else:
            joined.append(line)
        open_line = len(line) == width
    return joined
