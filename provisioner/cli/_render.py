"""Turning values into text for people. No decisions here, and nothing but text comes out."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Final

from rich.text import Text

from provisioner.findings import Severity
from provisioner.paths import display
from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from provisioner._api import Locked
    from provisioner.environment import Applied, Changes, Proof, Status
    from provisioner.findings import Finding
    from provisioner.planner import ChosenBuild, Plan

_STYLE: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold cyan",
}
_LABEL_WIDTH: Final = 8
_SIGNS: Final = (("+", "green"), ("-", "red"), ("~", "yellow"))


def print_findings(console: Console, findings: Iterable[Finding]) -> None:
    """Print findings, an empty line between them."""
    for number, finding in enumerate(findings):
        if number:
            console.print()
        print_finding(console, finding)


def print_finding(console: Console, finding: Finding) -> None:
    """Print one finding: what was seen, where, why, what to do, and what would work."""
    label = f"{finding.severity.value} {finding.code}"
    _say(console, Text.assemble((label, _STYLE[finding.severity]), ": ", finding.message))
    if finding.where is not None and str(finding.where):
        _print_part(console, "at", str(finding.where))
    _print_part(console, "why", finding.why)
    _print_part(console, "do", finding.do)
    for number, alternative in enumerate(finding.alternatives):
        _print_part(console, "" if number else "works", str(alternative))


def print_plan(console: Console, plan: Plan) -> None:
    """Print what the plan chose."""
    target = plan.target
    where = f"{target.platform}, Python {target.python}, {target.accelerator}"
    _say(console, Text.assemble(("Plan", "bold"), f" for {where}"))
    url = plan.index_url
    origin = f"from {strip_credentials(url)}" if url is not None else "from the default index"
    rows = [(build.name, _with_build(build), origin) for build in plan.trio]
    rows += [("constraint", one.requirement, one.why) for one in plan.constraints]
    _print_rows(console, rows)


def print_changes(console: Console, changes: Changes | None) -> None:
    """Print what an apply would change, one package a line."""
    if changes is None:
        _say(console, Text("Changes are known once there is a lock: `torchenv lock`."))
        return
    if changes.is_empty:
        _say(console, Text.assemble(("Changes", "bold"), ": none"))
        return
    _say(console, Text.assemble(("Changes", "bold"), f", {len(changes.unchanged)} unchanged"))
    groups = (changes.added, changes.removed, changes.changed)
    for (sign, style), group in zip(_SIGNS, groups, strict=True):
        for change in group:
            versions = [one for one in (change.before, change.after) if one is not None]
            line = f" {change.name} {' → '.join(versions)}"
            _say(console, Text.assemble("  ", (sign, style), line))


def print_locked(console: Console, locked: Locked) -> None:
    """Print where the lock is and what it holds."""
    packages = locked.lock.packages
    size = sum(package.wheel.size for package in packages)
    said = "Locked" if locked.written else "Already locked:"
    what = f"{said} {_count(len(packages), 'package')}, {_megabytes(size)}, in "
    _say(console, Text.assemble(what, (display(locked.lock.file), "bold")))


def print_applied(console: Console, applied: Applied, *, quiet: bool) -> None:
    """Print what was done, the proof, and how to use the environment."""
    link = display(applied.link)
    if not applied.did:
        _say(console, Text.assemble("Up to date: ", (link, "bold"), f" ({applied.summary})"))
        return
    _say(console, Text.assemble("Applied ", (link, "bold"), f": {_counts(applied.changes)}"))
    if not quiet:
        print_proof(console, applied.proof)
        _say(console, Text(f"Use it: source {link}/bin/activate, or run {link}/bin/python"))


def print_proof(console: Console, proof: Proof) -> None:
    """Print what was seen from inside the environment."""
    _say(console, Text.assemble(("Proof", "bold"), ", from inside the environment"))
    rows = [
        *proof.versions,
        ("accelerator", proof.build or "cpu"),
        ("GPUs", str(proof.gpus)),
        ("computed", ", ".join(proof.operations)),
        *(("note", note) for note in proof.notes),
    ]
    _print_rows(console, rows)


def print_status(console: Console, status: Status) -> None:
    """Print the state of the environment and what an apply would change."""
    _say(console, Text.assemble("State: ", (status.state, "bold")))
    if status.made is not None:
        target, proven = status.made.target, _proven(status.made.proof)
        where = f"{target.platform}, Python {target.python}, {target.accelerator}"
        _say(console, Text(f"  made for {where}; {proven}"))
    if status.changes is not None and not status.changes.is_empty:
        print_changes(console, status.changes)


def _say(console: Console, text: Text) -> None:
    """Print one line, whatever its length."""
    console.print(text, soft_wrap=True)


def _print_part(console: Console, label: str, text: str) -> None:
    """Print a labelled part of a finding, every line of it indented alike."""
    for number, line in enumerate(_wrapped(console, text, indent=_LABEL_WIDTH)):
        shown = "" if number else f"  {label}"
        head = shown.ljust(_LABEL_WIDTH) if line else shown
        _say(console, Text.assemble((head, "dim"), line))


def _print_rows(console: Console, rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns, the last one wrapped to what is left of the width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    indent = sum(widths) + 2 * len(rows[0])
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        head = "  " + "".join(f"{cell}  " for cell in cells)
        for number, line in enumerate(_wrapped(console, row[-1], indent=indent)):
            _say(console, Text((" " * indent if number else head) + line))


def _wrapped(console: Console, text: str, *, indent: int) -> list[str]:
    """Return the lines of a text, wrapped where there is a width: a terminal's, or ``COLUMNS``."""
    lines = text.splitlines() or [""]
    if not console.is_terminal and "COLUMNS" not in os.environ:
        return lines
    width = max(console.width - indent, _LABEL_WIDTH)
    return [part for line in lines for part in textwrap.wrap(line, width) or [""]]


def _with_build(build: ChosenBuild) -> str:
    """Return the version with its accelerator, which not every version says."""
    if "+" in build.version:
        return build.version
    return f"{build.version} ({build.accelerator})"


def _counts(changes: Changes) -> str:
    """Return ``3 added, 1 changed``."""
    groups = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    told = [f"{len(group)} {word}" for word, group in groups.items() if group]
    return ", ".join(told) or "made anew"


def _proven(proof: Proof) -> str:
    """Return the versions that were seen from inside, in a few words."""
    return "proven: " + ", ".join(f"{name} {version}" for name, version in proof.versions)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
