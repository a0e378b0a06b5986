"""The answer of ``torchenv verify``: what is at the environment's path, to the last byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from provisioner.environment._differences import difference_findings, unknown_finding
from provisioner.environment._examine import examine_usable
from provisioner.environment._inspect import inspect_environment
from provisioner.environment._records import records_folder
from provisioner.environment._types import Ours
from provisioner.environment._verify import VerifySetting, verify_generation
from provisioner.findings import Finding, Severity
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.environment._state import State
    from provisioner.environment._verify import Verified
    from provisioner.events import Reporter
    from provisioner.lockfile import Lock
    from provisioner.spec import Spec


class WheelFinder(Protocol):
    """What a verification needs of ``provisioner.store.Store``."""

    def find(self, sha256: str) -> Path | None:
        """Return the wheel with this hash where the store has it, hashed anew; else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a verification found."""

    link: Path
    """The environment's path."""
    generation: str | None
    """Name of the generation's folder, None where the environment is not ours."""
    verified: Verified | None
    """None where there is nothing that can be compared."""
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every file is what it must be."""
        return self.verified is not None and self.verified.is_whole and not self.findings


def verify_environment(
    spec: Spec,
    lock: Lock | None,
    store: WheelFinder,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> VerifyReport:
    """Compare every byte of an environment with the wheels that it was made from.

    Args:
        spec: Names the environment and its Python.
        lock: What it should be made from; None leaves that comparison out.
        store: Is asked for wheels whose RECORD is not known, or wrong.
        environ: The caller's environment variables.
        reporter: Hears of the progress.
    """
    environment = inspect_environment(spec.path)
    findings = examine_usable(spec.path, environment, lock, spec.sole).findings
    if not isinstance(environment, Ours) or environment.state is None:
        return VerifyReport(
            link=spec.path,
            generation=None,
            verified=None,
            findings=findings or (_nothing_there(spec.path),),
        )
    setting = VerifySetting(
        records=records_folder(environ),
        wheel_of=lambda package: store.find(package.sha256),
        environ=environ,
    )
    generation = environment.generation
    verified, more = _verify(spec.path, generation, environment.state, setting, reporter)
    return VerifyReport(
        link=spec.path,
        generation=generation.folder.name,
        verified=verified,
        findings=(*findings, *more),
    )


def _verify(
    link: Path, generation: Generation, state: State, setting: VerifySetting, reporter: Reporter
) -> tuple[Verified | None, tuple[Finding, ...]]:
    try:
        verified = verify_generation(generation, state, setting, reporter)
    except OSError as exc:
        return None, (_unreadable(link, exc),)
    unknown = (unknown_finding(verified.unknown),) if verified.unknown else ()
    return verified, (*difference_findings(link, verified.differences), *unknown)


def _nothing_there(link: Path) -> Finding:
    return Finding(
        code="TE613",
        severity=Severity.WARNING,
        message=f"There is no environment at `{display(link)}`.",
        why="Nothing was applied there yet, or it was removed.",
        do="`torchenv apply` makes it.",
    )


def _unreadable(link: Path, exc: OSError) -> Finding:
    return Finding(
        code="TE609",
        severity=Severity.WARNING,
        message=f"The environment `{display(link)}` cannot be verified.",
        why=f"Its files cannot be read: {exc.strerror or exc}.",
        do="`torchenv apply` builds it anew.",
    )
