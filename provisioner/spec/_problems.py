"""What is wrong with a spec, before it is known on which line: problems, and findings from them.

The checks of single values (versions, accelerators, places) raise :class:`UnfitError`, which knows
nothing of keys; everything else of this package returns :class:`Problem`.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Final, NamedTuple

from provisioner.findings import Finding, Where
from provisioner.spec._layout import KeyPath, dotted
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.spec._layout import Layout

SHOWN_LIMIT: Final = 60
"""Longest text from the spec that a message repeats, in characters."""

SHORT_FORM: Final = """\
    [environment]
    python = "3.11"
    accelerator = "cpu"

    [torch]
    torch = "2.6"
"""
"""The shortest useful spec, indented for a message."""

_LONG_BITS: Final = 1000
"""Integers of more bits are written in hexadecimal."""


class UnfitError(ValueError):
    """A value of the right type that does not mean anything.

    A ``ValueError``, so that pydantic collects it with the other problems of the file.
    """

    def __init__(self, what: str, *, why: str, do: str = "", instead: str | None = None) -> None:
        """Say what the value is not.

        Args:
            what: Ends the sentence "``key`` is ``value``, ...".
            why: The rule, as sentences.
            do: What to do, as sentences; may be empty where ``instead`` says it.
            instead: The value to write instead, where there is one that is surely meant.
        """
        super().__init__(what)
        self.what = what
        self.why = why
        self.do = do
        self.instead = instead


class Number(float):
    """A TOML float that remembers how it was written: ``3.10`` is the number 3.1."""

    __slots__ = ("text",)
    text: str

    @classmethod
    def parse(cls, text: str) -> Number:
        """Read a float of a TOML text."""
        number = cls(text.replace("_", ""))
        number.text = text
        return number


class Problem(NamedTuple):
    """One thing that is wrong with a spec."""

    code: str
    path: KeyPath
    """The key it is about; empty for the file as a whole."""
    message: str
    why: str
    do: str
    line: int | None = None
    """Where the key does not lead to the line, as in a text that is not valid TOML."""


def from_unfit(path: KeyPath, value: object, unfit: UnfitError, code: str = "TE105") -> Problem:
    """Return the problem of a value that was found unfit."""
    steps = [f"Write `{assignment(path, unfit.instead)}`."] if unfit.instead is not None else []
    return Problem(
        code=code,
        path=path,
        message=f"`{shown_path(path)}` is `{shown(value)}`, {unfit.what}.",
        why=unfit.why,
        do=" ".join([*steps, unfit.do] if unfit.do else steps),
    )


def findings(problems: Iterable[Problem], file: str, layout: Layout) -> tuple[Finding, ...]:
    """Return the problems as findings, in the order of the file; those in templates come last."""
    placed = [(_place(problem, layout), problem) for problem in problems]
    placed.sort(key=lambda pair: (_order(pair[0]), dotted(pair[1].path)))
    return tuple(
        Finding(
            code=problem.code,
            message=problem.message,
            why=problem.why,
            do=problem.do,
            where=Where(file=place or file, line=line, key=shown_path(problem.path) or None),
        )
        for (place, line), problem in placed
    )


def _place(problem: Problem, layout: Layout) -> tuple[str | None, int | None]:
    """Return the template, if it is one, and the line that a problem is about."""
    return (None, problem.line) if problem.line else layout.place_near(problem.path)


def _order(place: tuple[str | None, int | None]) -> tuple[str, bool, int]:
    file, line = place
    return file or "", line is None, line or 0


def assignment(path: KeyPath, value: object) -> str:
    """Write a key and its value as TOML, the way it stands in its table: ``python = "3.11"``."""
    if path and isinstance(path[-1], str):
        return f"{shown_path(path[-1:])} = {shown(value)}"
    return shown(value)


def shown_path(path: KeyPath) -> str:
    """Write a path for a message: dotted, no longer than needed, no credentials."""
    return _shortened(mask(dotted(path)))


def shown(value: object) -> str:
    """Write a value as TOML for a message: on one line, no longer than needed, no credentials."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            return _quoted(_shortened(mask(value)))
        case int() | float():
            text = number_text(value)
        case dt.date() | dt.time():
            text = value.isoformat()
        case list():
            text = f"[{', '.join(_item(item) for item in value)}]"
        case dict():
            text = f"{{{', '.join(_pair(key, value[key]) for key in value)}}}"
        case _:
            text = str(value)
    return _shortened(text)


def number_text(value: float) -> str:
    """Write a number as it stands in the file, as far as that is known.

    Python refuses to write an integer of more than 4,300 digits in decimal; TOML has them in
    hexadecimal.
    """
    if isinstance(value, Number):
        return value.text
    if isinstance(value, int) and value.bit_length() > _LONG_BITS:
        return hex(value)
    return str(value)


def described(value: object) -> str:
    """Name a value with its type: ``the number `3.10```, ``the text `"x"```, ``a table``."""
    match value:
        case bool():
            kind = ""
        case str():
            kind = "the text "
        case int() | float():
            kind = "the number "
        case dt.date() | dt.time():
            kind = "the date or time "
        case list():
            kind = "the list "
        case _:
            return "a table"
    return f"{kind}`{shown(value)}`"


def one_of(texts: Iterable[str], word: str = "or") -> str:
    """Write ```a`, `b` or `c```, with ``word`` before the last."""
    quoted = [f"`{text}`" for text in texts]
    return f" {word} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _item(value: object) -> str:
    """Leave out what a list or table holds in turn, so that a deep value stays short."""
    match value:
        case list():
            return "[…]"
        case dict():
            return "{…}"
        case _:
            return shown(value)


def _pair(key: str, value: object) -> str:
    return f"{dotted((key,))} = {_item(value)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.replace("…", "").isprintable())


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_LIMIT else f"{text[: SHOWN_LIMIT - 1]}…"
