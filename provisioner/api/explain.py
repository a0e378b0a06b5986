"""``torchenv explain``: what an error text means, and a spec that would have worked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.compat import load_compat
from provisioner.diagnosis import Diagnosis, diagnose
from provisioner.findings import ExitCode, Finding, Severity, WorldError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from provisioner.host import HostFacts

_LARGEST = 200_000_000
"""Bytes of a text that are read; logs beyond that are no logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A text, what it means, and how the command ended that printed it."""

    diagnosis: Diagnosis
    exit_code: int | None
    """None where a text was read and nothing was run."""


def explain(text: str) -> Diagnosis:
    """Return what an error text means, best cause first; nothing of this machine is read."""
    return diagnose(text, load_compat())


def read_text(path: Path) -> str:
    """Read a log; bytes that are no UTF-8 are replaced (UTF-16 of PowerShell is known).

    Raises:
        WorldError: It cannot be read (``TE890``).
    """
    try:
        with path.open("rb") as file:
            return decode(file.read(_LARGEST))
    except OSError as exc:
        raise WorldError(
            Finding(
                code="TE890",
                message=f"`{path}` cannot be read.",
                why=f"The system says: {exc.strerror or exc}.",
                do="Give the path of a text file, or pipe the text: `… 2>&1 | torchenv explain`.",
            )
        ) from exc


def decode(content: bytes) -> str:
    """Return the text of a log: UTF-16 where it has a mark (PowerShell's ``>``), else UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


def explain_command(words: Sequence[str], tell: Callable[[str], None]) -> Explained:
    """Run a command, pass on what it prints, and explain it where it failed.

    Args:
        words: The program and its arguments.
        tell: Called with every line that it prints.
    """
    from provisioner.process import ProcessFailedError, run

    lines = [f"$ {' '.join(words)}"]

    def hear(line: str) -> None:
        lines.append(line)
        tell(line)

    try:
        run(words, env=os.environ, on_stdout=hear, on_stderr=hear)
        exit_code = 0
    except ProcessFailedError as exc:
        exit_code = exc.completed.exit_code
        if len(lines) == 1:
            lines.append(f"{words[0]}: command not found" if exit_code == 127 else exc.reason)  # noqa: PLR2004
    return Explained(diagnosis=explain("\n".join(lines)), exit_code=exit_code)


def suggest_spec(diagnosis: Diagnosis, *, host: HostFacts | None = None) -> str | None:
    """Return the text of a spec that plans clean and is nearest to what was wanted, or None.

    Args:
        diagnosis: What was read from the text.
        host: The machine that it is for; this one by default.
    """
    from provisioner.api._suggest import nearest_spec

    return nearest_spec(diagnosis.facts, load_compat(), host)


def unrecognised() -> Finding:
    """Return what is said of a text that no rule knows."""
    return Finding(
        code="TE800",
        severity=Severity.WARNING,
        message="Nothing in this text is known here.",
        why="No rule recognises it: it may be cut off too early, or be about something else.",
        do="Paste all of the output, from the command that was typed to the last line; adding `-v` "
        "to pip or uv makes it say more. `torchenv doctor` looks at the machine instead.",
    )


def exit_code_of(explained: Explained) -> int:
    """Return the command's own exit code, or 1 for a text in which nothing was recognised."""
    if explained.exit_code is not None:
        return explained.exit_code if explained.exit_code >= 0 else 128 - explained.exit_code
    return int(ExitCode.DONE if explained.diagnosis.causes else ExitCode.DIFFERENCE)
