"""Where a command's output goes: data on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provisioner.findings import ExitCode, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from provisioner.cli.render._styled import PlainConsole
    from provisioner.events import Reporter
    from provisioner.findings import Finding

_STARTERS: Final = frozenset({"run", "shell"})
"""Commands that become another program, whose exit codes must not be taken for ours."""
_PHASES: Final = frozenset({ExitCode.REFUSED, ExitCode.WORLD, ExitCode.VERIFICATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How the user wants to be told things."""

    command: str
    """Names the schema of the JSON document: ``torchenv/<command>/1``."""
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    events: bool = False
    """Whether progress and findings go to standard error as JSON lines."""

    @property
    def has_document(self) -> bool:
        """Whether there is a command of this name that prints a JSON document."""
        from provisioner.documents import COMMANDS  # noqa: PLC0415 - not for every command

        return self.command in COMMANDS

    def console(self, *, stderr: bool = False) -> Console:
        """Return a console; rich itself honours ``NO_COLOR`` and pipes."""
        # Imported late: --json never needs it.
        from rich.console import Console  # noqa: PLC0415

        return Console(stderr=stderr, soft_wrap=False, highlight=False)

    def lines(self, *, stderr: bool = False) -> PlainConsole | Console:
        """Return a console for plain and styled lines, without rich where that will do."""
        from provisioner.cli.render._styled import plain_console  # noqa: PLC0415 - not for --json

        return plain_console(stderr=stderr) or self.console(stderr=stderr)

    def reporter(self) -> Reporter:
        """Return the listener for the library's events."""
        if self.events:
            from provisioner.cli._events import EventReporter  # noqa: PLC0415 - rarely needed

            return EventReporter()
        from provisioner.cli._progress import ConsoleReporter  # noqa: PLC0415 - needs rich

        quiet = self.quiet or self.as_json
        return ConsoleReporter(self.console(stderr=True), quiet=quiet, verbose=self.verbose)

    def document(self, body: Mapping[str, Any], findings: Iterable[Finding]) -> None:
        """Print the command's JSON document on standard output."""
        from provisioner.documents import document  # noqa: PLC0415 - needs pydantic

        # ASCII, so that no encoding of standard output and no odd file name can spoil it.
        text = json.dumps(document(self.command, body, findings), indent=2)
        sys.stdout.write(f"{text}\n")

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print findings on standard error; ``--quiet`` keeps errors only."""
        if self.events:
            from provisioner.cli._events import write_finding  # noqa: PLC0415 - rarely needed

            for one in findings:
                write_finding(one)
            return
        from provisioner.cli.render.findings import print_findings  # noqa: PLC0415 - not for --json

        shown = [one for one in findings if not self.quiet or one.severity is Severity.ERROR]
        if shown:
            print_findings(self.lines(stderr=True), shown)

    def failed(self, findings: Iterable[Finding], exit_code: ExitCode) -> int:
        """Tell of a failure in the wanted form and return the exit code."""
        told = list(findings)
        in_document = self.as_json and self.has_document
        if in_document:
            self.document({}, told)
        if self.events or not in_document:
            self.findings(told)
        if self.command in _STARTERS and exit_code in _PHASES:
            return int(ExitCode.OWN_FAILURE)
        return int(exit_code)
