"""On which line each key of a TOML text stands: one linear pass, before the text is parsed.

``tomllib`` gives values without places, and tomlkit keeps places to itself, so findings get their
line numbers here. The pass also measures how deeply keys and brackets nest: ``tomllib`` needs
quadratic memory for a dotted key of many parts and a stack frame per bracket, so a text that nests
deeper than any spec can is refused before it is parsed.

The scan never fails. On a text that is not valid TOML it stops where it no longer understands, and
what it has seen until then still serves the message.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

KeyPath = tuple[str | int, ...]
"""Keys from the top of the document; a number is a place in a list, counted from 0."""

DEPTH_LIMIT: Final = 16
"""Deepest nesting that is scanned; the deepest valid key of a spec has four parts."""

_TOKEN: Final = re.compile(
    r"""
      (?P<skip>[ \t\r]+|\#[^\n]*)
    | (?P<newline>\n)
    | (?P<text>\"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"{3,5}
        | '{3}.*?'{3,5}
        | "(?!"")[^"\\\n]*(?:\\.[^"\\\n]*)*"
        | '(?!'')[^'\n]*')
    | (?P<mark>[\[\]{}=,.])
    | (?P<word>[^\s\[\]{}=,."'\#]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


class Repeat(NamedTuple):
    """A key or table that is written twice, which TOML forbids."""

    path: KeyPath
    first: int
    """Line of the first one."""
    again: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand in a TOML text, or in several that were merged into one spec."""

    lines: dict[KeyPath, int]
    """Line, counted from 1, on which each key, table and list item first appears."""
    repeats: tuple[Repeat, ...] = ()
    too_deep: int | None = None
    """Line on which the text nests deeper than ``DEPTH_LIMIT``, or None."""
    files: dict[KeyPath, str] = field(default_factory=dict)
    """File of each of those keys that stands in a template, as a user would type its name."""

    def place_near(self, path: KeyPath) -> tuple[str | None, int | None]:
        """File (None for the spec itself) and line of ``path``, else of what is around it."""
        for length in range(len(path), 0, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return self.files.get(path[:length]), line
        return None, None

    def line_near(self, path: KeyPath) -> int | None:
        """Line of ``path``, else of the nearest table around it, else None."""
        return self.place_near(path)[1]


def dotted(path: KeyPath) -> str:
    """Write a path as TOML does: ``sources.extra-indexes[1]``, ``dependencies."zope.event"``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + _quoted(part)
    return text


def _quoted(key: str) -> str:
    if _BARE.fullmatch(key):
        return key
    return json.dumps(key, ensure_ascii=not key.isprintable())


def scan(text: str) -> Layout:
    """Find every key of ``text``; never raises."""
    scanner = _Scanner()
    position = 0
    while scanner.too_deep is None:
        token = _TOKEN.match(text, position)
        if token is None:
            break
        scanner.take(token.lastgroup or "", token.group())
        position = token.end()
    return Layout(lines=scanner.lines, repeats=tuple(scanner.repeats), too_deep=scanner.too_deep)


@dataclass(slots=True)
class _Frame:
    """Something that holds keys or items: the current table, an inline table, or a list."""

    kind: Literal["document", "table", "list"]
    path: KeyPath
    index: int = 0


@dataclass(slots=True)
class _Scanner:
    """What is known after each token.

    ``reading`` says what the next token belongs to: a key, the name in a ``[header]``, or a value
    (which lasts until the comma, bracket or line end that closes it).
    """

    lines: dict[KeyPath, int] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)
    too_deep: int | None = None
    line: int = 1
    reading: Literal["key", "header", "value"] = "key"
    parts: list[str] = field(default_factory=list)
    is_item: bool = False
    """Whether the header is ``[[...]]``: an item of a list of tables."""
    value_path: KeyPath = ()
    frames: list[_Frame] = field(default_factory=lambda: [_Frame("document", ())])
    declared: dict[KeyPath, int] = field(default_factory=dict)
    """Line on which each path was written out in full, as a key or a header."""
    items: dict[KeyPath, int] = field(default_factory=dict)
    """Index of the latest item of each list of tables."""

    def take(self, kind: str, text: str) -> None:
        """Move on by one token."""
        match kind:
            case "newline":
                self._newline()
            case "mark":
                self._mark(text)
            case "text" | "word":
                self._word(text)
                self.line += text.count("\n")
            case _:
                pass

    def _newline(self) -> None:
        self.line += 1
        if len(self.frames) == 1:
            self._expect_key()

    def _expect_key(self) -> None:
        self.reading = "key"
        self.parts = []

    def _word(self, text: str) -> None:
        if self.reading == "value":
            self._begin_item()
            return
        self.parts.append(_unquoted(text))
        if len(self.parts) > DEPTH_LIMIT:
            self.too_deep = self.line

    def _mark(self, mark: str) -> None:
        match mark:
            case "=" if self.reading == "key":
                self.value_path = self._declare(self.frames[-1].path, self.parts)
                self.reading = "value"
            case "[":
                self._open_bracket()
            case "{" if self.reading == "value":
                self._open("table")
                self._expect_key()
            case "]" if self.reading == "header":
                self._end_header()
            case "]" | "}":
                self._close()
            case ",":
                self._comma()
            case _:
                pass

    def _open_bracket(self) -> None:
        if self.reading == "header":
            self.is_item = not self.parts
        elif self.reading == "key" and not self.parts and len(self.frames) == 1:
            self.reading, self.is_item = "header", False
        elif self.reading == "value":
            self._open("list")

    def _open(self, kind: Literal["table", "list"]) -> None:
        self._begin_item()
        top = self.frames[-1]
        path = (*top.path, top.index) if top.kind == "list" else self.value_path
        self.frames.append(_Frame(kind, path))

    def _close(self) -> None:
        if len(self.frames) > 1:
            self.frames.pop()
        self.reading = "value"

    def _comma(self) -> None:
        top = self.frames[-1]
        if top.kind == "list":
            top.index += 1
        elif top.kind == "table":
            self._expect_key()

    def _begin_item(self) -> None:
        top = self.frames[-1]
        if top.kind == "list":
            self._record((*top.path, top.index))

    def _end_header(self) -> None:
        path: KeyPath = ()
        for part in self.parts[:-1]:
            path = self._inside((*path, part))
        if self.is_item:
            path = (*path, *self.parts[-1:])
            self._record(path)
            self.items[path] = self.items.get(path, -1) + 1
            path = (*path, self.items[path])
            self._record(path)
        else:
            path = self._declare(path, self.parts[-1:])
        self.frames[0].path = path
        self.reading = "value"

    def _inside(self, path: KeyPath) -> KeyPath:
        """A header below a list of tables belongs to the latest item of that list."""
        self._record(path)
        return (*path, self.items[path]) if path in self.items else path

    def _declare(self, base: KeyPath, parts: list[str]) -> KeyPath:
        path = base
        for part in parts:
            path = (*path, part)
            self._record(path)
        if path in self.declared:
            self.repeats.append(Repeat(path=path, first=self.declared[path], again=self.line))
        self.declared.setdefault(path, self.line)
        return path

    def _record(self, path: KeyPath) -> None:
        if len(path) > DEPTH_LIMIT:
            self.too_deep = self.line
        self.lines.setdefault(path, self.line)


def _unquoted(text: str) -> str:
    """Read one part of a key: bare, ``'literal'`` or ``"basic"`` with escapes."""
    if text[0] == "'":
        return text[1:-1]
    if text[0] == '"':
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text


_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SHORT_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def _unescaped(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2]
    if digits is None:
        return _SHORT_ESCAPES.get(escape[3], escape[3])
    number = int(digits, 16)
    # Past the end of Unicode it is not valid TOML, which the parser reports.
    return chr(number) if number <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"  # noqa: PLR2004 the end of Unicode
