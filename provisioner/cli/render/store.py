"""What a store has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, megabytes, print_rows, say
from provisioner.cli.render.removal import print_unused

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.api.store import StoreAction, StoreReport


def print_store(
    console: Console, action: StoreAction, report: StoreReport, *, dry_run: bool
) -> None:
    """Print the files and their sum."""
    size = megabytes(sum(one.size for one in report.kept))
    files = count(len(report.kept), "file")
    if action == "verify":
        whole = len([one for one in report.kept if not one.part]) - len(report.findings)
        say(console, Text(f"{count(whole, 'wheel')} whole in {report.root}"))
        return
    done = {"ls": "In", "prune": "Would remove from" if dry_run else "Removed from"}[action]
    say(console, Text(f"{done} {report.root}: {files}, {size}"))
    if report.kept:
        print_rows(
            console,
            [
                (megabytes(one.size), f"{one.idle_days:.0f} days", _named(one.name, part=one.part))
                for one in report.kept
            ],
        )
    if report.unused is not None:
        print_unused(console, "Would remove" if dry_run else "Removed", report.unused)


def _named(name: str, *, part: bool) -> str:
    return f"{name} (begun)" if part else name
