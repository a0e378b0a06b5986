"""What a verification found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, megabytes, say
from provisioner.paths import display

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.environment import VerifyReport


def print_report(console: Console, report: VerifyReport) -> None:
    """Print how much was compared, and the result in a word."""
    link, verified = display(report.link), report.verified
    if verified is None:
        say(console, Text.assemble("Not verified: ", (link, "bold")))
        return
    compared = f"{count(verified.files, 'file')}, {megabytes(verified.size_bytes)}"
    if report.is_whole:
        say(console, Text.assemble("Whole: ", (link, "bold"), f" ({compared})"))
        return
    differences = count(len(verified.differences), "difference")
    say(console, Text.assemble("Differs: ", (link, "bold"), f" ({differences} in {compared})"))
