"""The state of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import say
from provisioner.cli.render.plan import print_changes

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

    from provisioner.environment import Proof, Status


def print_status(console: Console, status: Status, asked: Collection[str]) -> None:
    """Print the state of the environment and what an apply would change.

    Args:
        console: Where to.
        status: What was found.
        asked: Names of the packages that the spec asks for.
    """
    if status.choice:
        say(console, Text(status.choice))
    say(console, Text.assemble("State: ", (status.state, "bold")))
    if status.made is not None:
        target, proven = status.made.target, _proven(status.made.proof)
        where = f"{target.platform}, Python {target.python}, {target.accelerator}"
        say(console, Text(f"  made for {where}; {proven}"))
    if status.changes is not None and not status.changes.is_empty:
        print_changes(console, status.changes, asked)


def _proven(proof: Proof) -> str:
    """Return the versions that were seen from inside, in a few words."""
    return "proven: " + ", ".join(f"{name} {version}" for name, version in proof.versions)
