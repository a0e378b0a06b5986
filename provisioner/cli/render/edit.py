"""What an edit of the spec did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, say
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.api.edit import Edited


def print_edited(console: Console, edited: Edited) -> None:
    """Print that the spec was edited and locked."""
    spec = (display(edited.spec.absolute()), "bold")
    told = "Edited " if edited.written else "Nothing to edit in "
    locks = ", ".join(
        f"{count(len(lock.packages), 'package')} locked in {display(lock.file)}"
        for lock in edited.locks
    )
    say(console, Text.assemble(told, spec, f"; {locks}"))
