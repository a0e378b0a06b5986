"""What is removed of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, megabytes, say
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.environment import Removal


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
    for kept in removal.kept:
        say(console, Text(f"  stays, since another tool made it: {display(kept)}"))
