"""The generations of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import say
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.environment import Entry, History, RolledBack


def print_rolled_back(console: Console, done: RolledBack) -> None:
    """Print which generation the environment leads to now."""
    link = (display(done.link), "bold")
    say(
        console,
        Text.assemble(
            "Rolled back ",
            link,
            f" from generation {done.before} to {done.generation}"
            f" (lock {done.state.lock_digest[:12]})",
        ),
    )


def print_history(console: Console, history: History) -> None:
    """Print every switch, the newest first, and what is still there."""
    link = display(history.link)
    if not history.entries:
        say(console, Text(f"No switch of {link} is known."))
        return
    marks = {one.number: "current" if one.is_current else "kept" for one in history.kept}
    newest: set[int] = set()
    for entry in reversed(history.entries):
        mark = marks.get(entry.generation, "") if entry.generation not in newest else ""
        newest.add(entry.generation)
        say(console, Text.assemble(_head(entry), (f"  {mark}" if mark else "", "bold")))
        for line in entry.changes:
            say(console, Text(f"    {line}", style="dim"))


def _head(entry: Entry) -> str:
    """Return ``2026-11-24 23:32:37  0002  apply     lock 0123456789ab  torch 2.2.0+cpu, …``."""
    when = entry.when.partition("+")[0].replace("T", " ")
    lock = entry.lock_digest[:12]
    return f"{when}  {entry.generation:04d}  {entry.action:8}  lock {lock}  {entry.summary}"
