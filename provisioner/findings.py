"""Findings: the one form in which torchenv tells a person that something is wrong.

Every refusal, failure, warning and note of the project is a :class:`Finding`. Code that
cannot go on raises a :class:`TorchenvError`, which carries findings and nothing else: the
text is made from them at the very end, by the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(str, Enum):
    """How much a finding matters: an ``error`` stops the work, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class ExitCode(IntEnum):
    """Exit codes of every command (documented in ``docs/reference/commands.md``)."""

    DONE = 0
    """Done, or nothing to do."""
    DIFFERENCE = 1
    """A check found a difference (``status``, ``lock --check``)."""
    REFUSED = 2
    """Arguments, spec, or a combination that cannot be."""
    WORLD = 3
    """The world said no: network, index, disk, interpreter."""
    VERIFICATION = 4
    """A wheel, a lock or an environment failed verification."""
    OWN_FAILURE = 125
    """``run`` or ``shell`` failed before the program was started."""
    NOT_EXECUTABLE = 126
    """``run`` or ``shell``: the program cannot be started."""
    NOT_FOUND = 127
    """``run`` or ``shell``: there is no such program."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C, as shells number it (128 + SIGINT)."""


class Where(NamedTuple):
    """The place that a finding is about; every part may be unknown."""

    file: str | None = None
    """Path as the user would type it."""
    line: int | None = None
    """Line in ``file``, counted from 1."""
    key: str | None = None
    """Dotted key in ``file``, for instance ``environment.python``."""

    def __str__(self) -> str:
        """``file:line: key``, leaving out what is unknown."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, self.key) if part)


class Combination(NamedTuple):
    """A complete combination that the planner accepts and that can be pasted into a spec."""

    python: str
    """Minor version, ``t`` appended for a free-threaded one: ``3.11``, ``3.13t``."""
    accelerator: str
    torch: str
    torchvision: str | None
    """Public version, or None where there is no torchvision for this combination."""
    torchaudio: str | None

    def __str__(self) -> str:
        """One line, the way findings print alternatives."""
        trio = [f"torch {self.torch}"]
        if self.torchvision is not None:
            trio.append(f"torchvision {self.torchvision}")
        if self.torchaudio is not None:
            trio.append(f"torchaudio {self.torchaudio}")
        return f"{', '.join(trio)} for {self.accelerator} on Python {self.python}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One diagnosed problem.

    All texts are full sentences in plain words, with literals in backticks, and never carry
    credentials.
    """

    code: str
    """Stable identifier, for instance ``TE202``; all of them stand in ``provisioner.codes``."""
    severity: Severity = Severity.ERROR
    message: str
    """What was seen."""
    why: str
    """Why that is a problem, with the rule or fact behind it."""
    do: str
    """What to do next."""
    where: Where | None = None
    alternatives: tuple[Combination, ...] = ()
    """Combinations that do work, nearest first."""


class TorchenvError(Exception):
    """Base of everything that torchenv raises on purpose; holds at least one finding."""

    exit_code: ExitCode = ExitCode.WORLD

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        """Take one finding or several, in the order in which they are shown."""
        self.findings: tuple[Finding, ...] = (
            (findings,) if isinstance(findings, Finding) else tuple(findings)
        )
        super().__init__("; ".join(f"{f.code}: {f.message}" for f in self.findings))


class SpecError(TorchenvError):
    """The spec cannot be read or is not valid (``TE1xx``)."""

    exit_code = ExitCode.REFUSED


class PlanError(TorchenvError):
    """What is asked for cannot be: the spec's combination (``TE2xx``, ``TE3xx``), or an upgrade."""

    exit_code = ExitCode.REFUSED


class WorldError(TorchenvError):
    """Network, index, disk or interpreter said no (``TE3xx`` to ``TE6xx``)."""

    exit_code = ExitCode.WORLD


class VerificationError(TorchenvError):
    """A wheel, a lock or an environment is not what it should be (``TE4xx`` to ``TE7xx``)."""

    exit_code = ExitCode.VERIFICATION
