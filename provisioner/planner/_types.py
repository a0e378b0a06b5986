"""The planner's verdict as values: a plan, or a refusal with its findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from provisioner.findings import Combination

if TYPE_CHECKING:
    from provisioner.compat import IndexKind
    from provisioner.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One (platform, Python, accelerator) that a plan is for."""

    name: str | None = None
    """Name in the spec's ``[targets]``; None for the one target of a spec without them."""
    platform: str
    """``linux-x86_64``."""
    python: str
    """Minor version, ``t`` appended for a free-threaded build."""
    accelerator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBuild:
    """The build of one trio member that the plan chose."""

    name: str
    """``torch``, ``torchvision`` or ``torchaudio``."""
    public: str
    """Version without local part: ``2.2.0``."""
    version: str
    """Version as the index that it comes from has it: ``2.2.0+cu118``, or ``2.9.1`` where the file
    carries no local part (default index, macOS)."""
    accelerator: str
    """What the build was compiled for, also where the version does not say it."""


class Constraint(NamedTuple):
    """A requirement that the planner adds, and the reason."""

    requirement: str
    """PEP 508: ``numpy<2``."""
    why: str
    source: str


class AutoChoice(NamedTuple):
    """Why ``accelerator = "auto"`` became what it is."""

    reason: str
    """The part of a sentence that answers "why this one?"."""
    considered: tuple[tuple[str, str], ...]
    """(accelerator, what was found) of the chosen release, the newest toolkit first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be locked for one target."""

    target: Target
    trio: tuple[ChosenBuild, ...]
    """torch first, then torchvision and torchaudio where they are wanted."""
    index: IndexKind
    """Where the whole trio comes from."""
    index_url: str | None
    """URL of the accelerator's index (``…/whl/cu118``), or None for the default index."""
    glibc: str | None
    """Lowest glibc that the trio's wheels run on (``2.28``), as the compat data has it, since some
    tags promise too much or nothing. None where not Linux or not known."""
    constraints: tuple[Constraint, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Warnings and notes; never an error."""
    auto: AutoChoice | None = None
    """Why the accelerator was chosen; None where the spec names it."""
    explanation: tuple[str, ...] = ()
    """What was decided and checked, as sentences; empty where it was not asked for."""

    @property
    def torch(self) -> ChosenBuild:
        """The torch build, which every plan has."""
        return self.trio[0]

    @property
    def combination(self) -> Combination:
        """The same as a combination that can be pasted into a spec."""
        public = {build.name: build.public for build in self.trio}
        return Combination(
            python=self.target.python,
            accelerator=self.target.accelerator,
            torch=public["torch"],
            torchvision=public.get("torchvision"),
            torchaudio=public.get("torchaudio"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """What will be locked for every target of a spec."""

    plans: tuple[Plan, ...]
    """At least one, in the order of the spec's targets."""

    @property
    def sole(self) -> Plan:
        """The plan of a spec that has just one target.

        Raises:
            ValueError: It has several.
        """
        (plan,) = self.plans
        return plan

    def of(self, target: str | None) -> Plan:
        """Return the plan of the target of that name, None for one without a name.

        Raises:
            LookupError: There is no such target.
        """
        for plan in self.plans:
            if plan.target.name == target:
                return plan
        raise LookupError(target)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Warnings and notes of all of them, each once."""
        return tuple(dict.fromkeys(one for plan in self.plans for one in plan.findings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The plan that cannot be, and why."""

    findings: tuple[Finding, ...]
    """At least one of them is an error."""


Verdict = Plans | Refusal
