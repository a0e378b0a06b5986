"""The pages of the documentation, taken apart: code blocks, links and headings.

The info string of a code block says what it is and so how it is checked. Its first word is the
language, the others are marks:

=========================  ========================================================================
``toml spec [file=NAME]``  a whole spec; loaded, checked against the schema and planned
``toml spec refused``      ... and the planner or the models refuse it
``toml part-of=PATH``      stands like this in a file of the repository
``toml file=NAME``         another file of the reader's project
``ini file=NAME``          ... likewise; ``json`` too
``console``                commands (``$ ``) and what they print; run in the page's session
``console manual``         commands that the tests do not run, such as ``git clone``
``python``                 a program; run in the page's session
``text output``            what the program in the block above prints
``LANGUAGE shows=NAME``    what a file of the session holds at this point
``text diagram``           a picture
``text usage``             made by the generator of the reference pages
=========================  ========================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

REPOSITORY: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced code block."""

    page: str
    """Path of the page below the repository."""
    line: int
    """Line of the fence, counted from 1."""
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def place(self) -> str:
        """``README.md:12``, for messages and test names."""
        return f"{self.page}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether it makes something happen in the page's session."""
        return self.language in {"console", "python"} and "manual" not in self.marks

    def value(self, key: str) -> str | None:
        """Return what stands after ``key=`` in the info string."""
        found = (mark.partition("=")[2] for mark in self.marks if mark.startswith(f"{key}="))
        return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page."""

    name: str
    """Path below the repository."""
    text: str
    blocks: tuple[Block, ...]
    links: tuple[str, ...]
    anchors: frozenset[str]
    """What a link can name after ``#``."""


@cache
def pages() -> tuple[Page, ...]:
    """Return every page of the documentation, sorted by name."""
    files = [
        *REPOSITORY.glob("*.md"),
        *REPOSITORY.glob("docs/**/*.md"),
        *REPOSITORY.glob("examples/*.md"),
    ]
    return tuple(read_page(path, REPOSITORY) for path in sorted(files))


def blocks() -> tuple[Block, ...]:
    """Return the blocks of all pages."""
    return tuple(block for page in pages() for block in page.blocks)


def read_page(path: Path, root: Path) -> Page:
    """Take one page apart."""
    name = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return Page(
        name=name,
        text=text,
        blocks=tuple(_block(name, token) for token in tokens if token.type == "fence"),
        links=tuple(_links(tokens)),
        anchors=frozenset(map(_anchor, _headings(tokens))),
    )


def _block(page: str, token: Token) -> Block:
    language, *marks = token.info.split() or [""]
    line = token.map[0] + 1 if token.map else 0
    return Block(page=page, line=line, language=language, marks=tuple(marks), text=token.content)


def _links(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])


def _headings(tokens: Iterable[Token]) -> Iterable[str]:
    is_heading = False
    for token in tokens:
        if is_heading:
            yield token.content
        is_heading = token.type == "heading_open"


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub makes: lower case, ``-`` for spaces, no punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
