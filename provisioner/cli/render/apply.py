"""What an apply did, and the proof."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, print_rows, say
from provisioner.cli.render.plan import print_startup
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.environment import Applied, Changes, Proof
    from provisioner.environment.inplace import Action, InPlaceApplied


def print_applied(console: Console, applied: Applied, *, quiet: bool) -> None:
    """Print what was done, the proof, and how to use the environment."""
    link = display(applied.link)
    if not applied.did:
        say(console, Text.assemble("Up to date: ", (link, "bold"), f" ({applied.summary})"))
        return
    say(console, Text.assemble("Applied ", (link, "bold"), f": {_counts(applied.changes)}"))
    _print_startup(console, applied.changes)
    if not quiet:
        print_proof(console, applied.proof)
        script, python = (_typed(f"{link}/bin/{name}") for name in ("activate", "python"))
        say(console, Text(f"Use it: source {script}, or run {python}"))


def _typed(path: str) -> str:
    """Return a path as it is typed in a shell; one that begins like an option is none."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def print_applied_in_place(console: Console, applied: InPlaceApplied, *, quiet: bool) -> None:
    """Print what was changed in place, each package with its reason, and the proof."""
    prefix = display(applied.site.prefix)
    if not applied.did:
        say(console, Text.assemble("Up to date: ", (prefix, "bold")))
        return
    changed = [one for one in applied.actions if one.kind != "keep"]
    kept = len(applied.actions) - len(changed)
    told = f"{count(len(changed), 'package')} changed, {kept} as locked already"
    say(console, Text.assemble("Applied in place, ", (prefix, "bold"), f": {told}"))
    _print_startup(console, applied.changes)
    if not quiet:
        print_rows(console, [_in_place_row(one) for one in changed])
        print_proof(console, applied.proof)


def _print_startup(console: Console, changes: Changes) -> None:
    """Print what of each package that came Python runs at every start."""
    for change in (*changes.added, *changes.changed):
        print_startup(console, change)


def _in_place_row(action: Action) -> tuple[str, str, str, str]:
    versions = " → ".join(filter(None, (action.before, action.after)))
    return action.kind, action.name, versions, action.reason


def print_proof(console: Console, proof: Proof) -> None:
    """Print what was seen from inside the environment."""
    say(console, Text.assemble(("Proof", "bold"), ", from inside the environment"))
    rows = [
        *proof.versions,
        ("accelerator", proof.build or "cpu"),
        ("GPUs", str(proof.gpus)),
        ("computed", ", ".join(proof.operations)),
        *(("note", note) for note in proof.notes),
    ]
    print_rows(console, rows)


def _counts(changes: Changes) -> str:
    """Return ``3 added, 1 changed``."""
    groups = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    told = [f"{len(group)} {word}" for word, group in groups.items() if group]
    return ", ".join(told) or "made anew"
