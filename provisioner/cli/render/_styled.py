"""Styled lines, and a console for them that costs no import of rich.

A plan, accepted or refused, is told in a few styled lines; importing rich for them took as long as
the whole judgement. rich prints :class:`Text` too, so that renderers need not care which it is.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TextIO

    from rich.text import Text as RichText

_CODES: Final = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}
_WIDTH: Final = 80
"""Width of a terminal that does not tell."""


class Text:
    """One line in parts, each with a style: words of ``_CODES``, such as ``bold red``."""

    def __init__(self, text: str = "", style: str = "") -> None:
        """Make a line of one part."""
        self.parts: list[tuple[str, str]] = [(text, style)]

    @classmethod
    def assemble(cls, *parts: str | tuple[str, str]) -> Text:
        """Make a line of several parts, each a text or a text with its style."""
        line = cls()
        line.parts = [(part, "") if isinstance(part, str) else part for part in parts]
        return line

    def __str__(self) -> str:
        """Return the line without its styles."""
        return "".join(text for text, _ in self.parts)

    def coloured(self) -> str:
        """Return the line with the codes that terminals understand."""
        return "".join(_coloured(text, style) for text, style in self.parts)

    def __rich__(self) -> RichText:
        """Return the line as rich's own."""
        from rich.text import Text as RichText  # noqa: PLC0415 - only where rich prints anyway

        return RichText.assemble(*self.parts)


def _coloured(text: str, style: str) -> str:
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


class PlainConsole:
    """Prints lines; has of rich's console what the renderers of a plan use."""

    def __init__(self, stream: TextIO, *, is_terminal: bool) -> None:
        """Take the stream to write to, and whether it is a terminal that shows colours."""
        self._stream = stream
        self.is_terminal = is_terminal

    @property
    def width(self) -> int:
        """Columns of the terminal, or what ``COLUMNS`` says."""
        said = os.environ.get("COLUMNS", "")
        if said.isdigit() and int(said) > 0:
            return int(said)
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return _WIDTH

    def print(self, text: Text | str = "", *, soft_wrap: bool = True) -> None:  # noqa: ARG002 - rich's
        """Print one line, whatever its length."""
        is_coloured = self.is_terminal and not os.environ.get("NO_COLOR")
        shown = text.coloured() if isinstance(text, Text) and is_coloured else str(text)
        self._stream.write(f"{shown}\n")


def plain_console(*, stderr: bool) -> PlainConsole | None:
    """Return a console for a stream that rich is not needed for, else None.

    Terminals of Windows and those without colours have their ways, which rich knows.
    """
    stream = sys.stderr if stderr else sys.stdout
    if any(os.environ.get(name) for name in ("FORCE_COLOR", "TTY_COMPATIBLE")):
        return None
    is_terminal = stream.isatty()
    if is_terminal and (os.name == "nt" or os.environ.get("TERM", "dumb") in ("dumb", "unknown")):
        return None
    return PlainConsole(stream, is_terminal=is_terminal)
