"""What is removed of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, megabytes, say
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.environment import Removal, Unused


def print_removal(console: Console, verb: str, removal: Removal) -> None:
    """Print which generations, and what stays of other tools: ``Removed 2 generations …``."""
    link = (display(removal.link), "bold")
    if not removal.generations:
        say(console, Text.assemble("Nothing to remove for ", link))
    else:
        what = count(len(removal.generations), "generation")
        size = megabytes(removal.size_bytes)
        names = ", ".join(removal.generations)
        say(console, Text.assemble(f"{verb} {what} of ", link, f", {size}: {names}"))
    if removal.unused is not None:
        print_unused(console, verb, removal.unused)
    for kept in removal.kept:
        say(console, Text(f"  stays, since another tool made it: {display(kept)}"))


def print_unused(console: Console, verb: str, unused: Unused) -> None:
    """Print what of the store no environment uses; nothing where there is none."""
    if unused.busy:
        say(console, Text("  unpacked wheels stay: an apply is installing, or nobody can be asked"))
    elif unused.copies or unused.records:
        copies, records = count(unused.copies, "unpacked wheel"), count(unused.records, "RECORD")
        size = megabytes(unused.size_bytes)
        say(console, Text(f"{verb} {copies} and {records} that no environment uses, {size}"))
