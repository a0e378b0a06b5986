"""What a rule of doctor says, and what rules share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from provisioner.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from provisioner.findings import Severity

TRIO: Final = ("torch", "torchvision", "torchaudio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A finding of doctor, with what speaks for it and what can be done about it at once."""

    finding: Finding
    evidence: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    """What ``--fix`` removes: left-overs and damaged copies that no program uses."""
    repair: bool = False
    """Whether ``--fix`` applies the environment's own lock again."""


def say(  # noqa: PLR0913, PLR0917  the parts of a finding, in their order
    code: str,
    severity: Severity,
    message: str,
    why: str,
    do: str,
    evidence: Iterable[str] = (),
    *,
    remove: Iterable[str] = (),
    repair: bool = False,
) -> Observation:
    """Return an observation."""
    return Observation(
        finding=Finding(code=code, severity=severity, message=message, why=why, do=do),
        evidence=tuple(evidence),
        remove=tuple(remove),
        repair=repair,
    )


def is_met(requirement: Requirement, version: str) -> bool:
    """Whether a version is one that is asked for; one that cannot be read counts as such."""
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True
