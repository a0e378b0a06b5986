"""Lines, labelled parts and columns on a console."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from provisioner.cli.render._styled import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text as RichText

    from provisioner.cli.render._styled import PlainConsole

_LABEL_WIDTH: Final = 8


def say(console: PlainConsole | Console, text: Text | RichText) -> None:
    """Print one line, whatever its length."""
    # Either console takes what is printed on it; rich's own lines never meet the plain one.
    console.print(text, soft_wrap=True)  # type: ignore[arg-type]


def print_part(console: PlainConsole | Console, label: str, text: str) -> None:
    """Print a labelled part of a finding, every line of it indented alike."""
    for number, line in enumerate(wrapped(console, text, indent=_LABEL_WIDTH)):
        shown = "" if number else f"  {label}"
        head = shown.ljust(_LABEL_WIDTH) if line else shown
        say(console, Text.assemble((head, "dim"), line))


def print_rows(console: PlainConsole | Console, rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns, the last one wrapped to what is left of the width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    indent = sum(widths) + 2 * len(rows[0])
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        head = "  " + "".join(f"{cell}  " for cell in cells)
        for number, line in enumerate(wrapped(console, row[-1], indent=indent)):
            say(console, Text((" " * indent if number else head) + line))


def wrapped(console: PlainConsole | Console, text: str, *, indent: int) -> list[str]:
    """Return the lines of a text, wrapped where there is a width: a terminal's, or ``COLUMNS``."""
    lines = text.splitlines() or [""]
    if not console.is_terminal and "COLUMNS" not in os.environ:
        return lines
    import textwrap  # noqa: PLC0415 - not where nothing is wrapped

    width = max(console.width - indent, _LABEL_WIDTH)
    return [part for line in lines for part in textwrap.wrap(line, width) or [""]]


def count(number: int, noun: str) -> str:
    """Return ``1 package``, ``2 packages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def megabytes(size_bytes: int) -> str:
    """Return a size of 10**6 bytes each, as package indexes show sizes."""
    return f"{size_bytes / 1e6:.1f} MB"
