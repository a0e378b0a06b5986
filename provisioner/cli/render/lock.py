"""Where a lock is and what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, megabytes, say
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.api.lock import Locked


def print_locked(console: Console, locked: Locked) -> None:
    """Print where the lock is and what it holds."""
    packages = locked.lock.packages
    size = sum(package.wheel.size for package in packages)
    said = "Locked" if locked.written else "Already locked:"
    what = f"{said} {count(len(packages), 'package')}, {megabytes(size)}, in "
    say(console, Text.assemble(what, (display(locked.lock.file), "bold")))
