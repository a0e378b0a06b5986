"""Findings: what was seen, where, why, what to do, and what would work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.cli.render._styled import Text
from provisioner.cli.render._text import print_part, say
from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from provisioner.cli.render._styled import PlainConsole
    from provisioner.findings import Finding

_STYLE: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold cyan",
}


def print_findings(console: PlainConsole | Console, findings: Iterable[Finding]) -> None:
    """Print findings, an empty line between them."""
    for number, finding in enumerate(findings):
        if number:
            console.print()
        print_finding(console, finding)


def print_finding(console: PlainConsole | Console, finding: Finding) -> None:
    """Print one finding: what was seen, where, why, what to do, and what would work."""
    label = f"{finding.severity.value} {finding.code}"
    say(console, Text.assemble((label, _STYLE[finding.severity]), ": ", finding.message))
    if finding.where is not None and str(finding.where):
        print_part(console, "at", str(finding.where))
    print_part(console, "why", finding.why)
    print_part(console, "do", finding.do)
    for number, alternative in enumerate(finding.alternatives):
        print_part(console, "" if number else "works", str(alternative))
