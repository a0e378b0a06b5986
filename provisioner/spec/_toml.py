"""From text to tables: ``tomllib``, with its errors turned into problems that say what to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner import toml
from provisioner.spec._layout import DEPTH_LIMIT, KeyPath
from provisioner.spec._problems import Number, Problem, shown, shown_path

if TYPE_CHECKING:
    from provisioner.spec._layout import Layout

_INVALID: Final = "The spec is not valid TOML"
_AT_LINE: Final = re.compile(r" \(at line (?P<line>[0-9]+), column (?P<column>[0-9]+)\)$")
_AT_END: Final = " (at end of document)"

# A key and a value that lacks its quotes: what was meant is everything up to a comment.
_UNQUOTED: Final = re.compile(
    r"\s*(?P<key>[A-Za-z0-9_-]+)\s*=\s*(?P<value>[A-Za-z0-9.<>=!~^*+,_ -]+?)\s*(?:#.*)?\r?"
)
_COLON: Final = re.compile(r"\s*[A-Za-z0-9_-]+\s*:\s*(?P<value>.*?)\s*\r?")
_ADVICE_LIMIT: Final = 200
"""Longest line that is looked at more closely; the patterns above take time on longer ones."""
_TRUTH: Final = re.compile(r"true|false|yes|no|on|off|none|null", re.IGNORECASE)
_TRUE: Final = frozenset({"true", "yes", "on"})


class SyntaxProblemError(Exception):
    """The text is not valid TOML; holds the one problem that the parser stopped at."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.message)
        self.problem = problem


def parse_toml(text: str, layout: Layout) -> dict[str, object]:
    """Parse a TOML text; floats come as :class:`Number`.

    Args:
        text: The document, without byte order mark.
        layout: The scan of the same text.

    Raises:
        SyntaxProblemError: ``TE102``, the text is not valid TOML or nests too deeply.
    """
    if layout.too_deep is not None:
        raise SyntaxProblemError(_too_deep(layout.too_deep))
    if "\0" in text:
        raise SyntaxProblemError(_holds_nul(text))
    try:
        data: dict[str, object] = toml.loads(text, parse_float=Number.parse)
    except RecursionError:
        # The scan stops where it no longer understands, so this is what it did not see.
        raise SyntaxProblemError(_too_deep(None)) from None
    except toml.TOMLDecodeError as exc:
        raise SyntaxProblemError(_diagnose(text, str(exc), layout)) from None
    except ValueError:
        # tomllib lets through what `int` says to a number of thousands of digits.
        raise SyntaxProblemError(_too_long(text)) from None
    return data


def _problem(line: int | None, *, why: str, do: str, path: KeyPath = ()) -> Problem:
    place = f" at line {line}" if line is not None else ""
    return Problem(
        code="TE102", path=path, line=line, message=f"{_INVALID}{place}.", why=why, do=do
    )


def _too_deep(line: int | None) -> Problem:
    return _problem(
        line,
        why=f"Keys or brackets nest deeper than {DEPTH_LIMIT} levels; a spec needs four.",
        do="Check for brackets or dots that do not belong there.",
    )


def _holds_nul(text: str) -> Problem:
    return _problem(
        text.count("\n", 0, text.index("\0")) + 1,
        why="It holds a NUL byte, as binary files and UTF-16 text do.",
        do="Save the file as UTF-8 text.",
    )


def _too_long(text: str) -> Problem:
    digits = re.search(r"[0-9_]{1000}", text)
    return _problem(
        None if digits is None else text.count("\n", 0, digits.start()) + 1,
        why="It holds a number of thousands of digits.",
        do="Check what that number is for.",
    )


def _diagnose(text: str, report: str, layout: Layout) -> Problem:
    """Say what the parser stopped at, and what was probably meant."""
    line = _line_of(text, report)
    reason = _AT_LINE.sub("", report).removesuffix(_AT_END)
    if reason.startswith(("Cannot", "Duplicate")):
        return _written_twice(line, layout)
    why, do = _reading_of(reason)
    return _problem(
        line,
        path=next((path for path, at in layout.lines.items() if at == line), ()),
        why=why,
        do=_advise(text.split("\n")[line - 1]) or do,
    )


def _line_of(text: str, report: str) -> int:
    """Return the line that the parser names, else the last one."""
    found = _AT_LINE.search(report)
    return int(found["line"]) if found else len(text.rstrip().split("\n"))


def _written_twice(line: int, layout: Layout) -> Problem:
    # The parser stops at the first one, and names the line on which the second value ends.
    repeat = next((one for one in layout.repeats if one.again <= line), None)
    if repeat is None:
        return _problem(
            line,
            why="A key or table that has a value already is written again.",
            do="Keep one of them.",
        )
    return Problem(
        code="TE102",
        path=repeat.path,
        line=repeat.again,
        message=f"`{shown_path(repeat.path)}` is written twice, at line {repeat.first} and at line "
        f"{repeat.again}.",
        why="TOML allows every key and every table once.",
        do="Keep one of them, with all that belongs to it.",
    )


def _advise(source: str) -> str | None:
    """Say how to write a value without quotes (``torch = 2.2.0``) or a line of YAML."""
    if len(source) > _ADVICE_LIMIT:
        return None
    if _COLON.fullmatch(source):
        return "Write `=` between a key and its value, not `:`."
    found = _UNQUOTED.fullmatch(source)
    if found is None:
        return None
    key, value = found["key"], found["value"]
    if _TRUTH.fullmatch(value):
        word = "true" if value.lower() in _TRUE else "false"
        return f"Write `{key} = {word}`, in lower case."
    return f"Quote the value: `{key} = {shown(value)}`."


_LINE_RULE: Final = "Write a `[table]`, a `key = value` with texts in quotes, or a `# comment`."
_OPEN_TEXT: Final = ("A text is not closed.", "Close the text with the quote that opens it.")
_READINGS: Final[dict[str, tuple[str, str]]] = {
    "Invalid statement": ("The line is neither a table nor a key with its value.", _LINE_RULE),
    "Invalid value": ("A value is missing, or it is a text without quotes.", _LINE_RULE),
    "Expected newline": ("Something follows the value that is not part of it.", _LINE_RULE),
    "Expected '=' after a key": ("A key has no value.", _LINE_RULE),
    "Unclosed array": (
        "A list is not closed, or a comma is missing in it.",
        "Close the list with `]`, and put commas between its entries.",
    ),
    "Unclosed inline table": (
        "A table in braces is not closed, or a comma is missing in it.",
        "Close the table with `}` on the same line, and put commas between its keys.",
    ),
    "Expected ']": ("The name of a table is not closed.", "Close it with `]`."),
    "Unescaped '\\'": (
        "A backslash in a text in double quotes starts an escape, and this one is none.",
        "Double the backslash, or put the text into single quotes.",
    ),
    "Illegal character '\\n'": _OPEN_TEXT,
    "Unterminated string": _OPEN_TEXT,
    "Expected '\"": _OPEN_TEXT,
    "Expected \"'": _OPEN_TEXT,
}
"""What the parser's reports begin with, in our words: its own change with the Python version."""


def _reading_of(reason: str) -> tuple[str, str]:
    """Return why and what to do for a report of the parser."""
    for beginning, reading in _READINGS.items():
        if reason.startswith(beginning):
            return reading
    return f"The parser says: {reason}.", "Correct the line."
