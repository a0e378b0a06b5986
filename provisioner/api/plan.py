"""``torchenv plan``: judge a spec offline, and compare the environment with its lock."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from provisioner.api._beyond import known_for
from provisioner.api._pythons import plan_pythons
from provisioner.api._templates import template_access
from provisioner.api.host import host_for
from provisioner.findings import Finding, PlanError, Severity, TorchenvError
from provisioner.planner import Refusal
from provisioner.spec import load_merged

if TYPE_CHECKING:
    from provisioner.environment import Changes
    from provisioner.host import HostFacts
    from provisioner.planner import Plans
    from provisioner.spec import Merged, Spec


class Planned(NamedTuple):
    """Plans, and what applying would change as far as that is known."""

    plans: Plans
    changes: Changes | None
    """Against the environment; None where there is no lock of this spec to compare with, or no
    target for this machine."""
    doubts: tuple[Finding, ...] = ()
    """Warnings: why a lock that is there cannot be trusted, and who else would write there."""


def merged_spec(path: str | Path = "torchenv.toml") -> Merged:
    """Return what a spec and its templates say together, and where each value stands.

    Raises:
        SpecError: A file cannot be read.
        WorldError: A template of the network cannot be had.
    """
    return load_merged(Path(path), template_access(os.environ))


def plan(
    spec: Spec,
    *,
    host: HostFacts | None = None,
    explain: bool = False,
    keep: bool = True,
    offline: bool = False,
) -> Plans:
    """Judge the spec and choose the builds of each target; nothing is changed.

    Offline, but for one case: where only a torch that is newer than the compat data could serve
    the spec, the index is asked what it has.

    Args:
        spec: What is wanted.
        host: The machine to plan for; this one by default, or the one whose facts file
            ``TORCHENV_HOST_FACTS`` names.
        explain: Whether each plan says what was decided and checked.
        keep: Whether a Python that is locked stays, where the spec leaves it open.
        offline: Whether the index is not asked either; what an earlier plan read of it counts.

    Raises:
        PlanError: The combination cannot be; the findings say why and what can. Or the facts file
            cannot be used (``TE330``, ``TE331``).
    """
    is_here = host is None
    host = host or host_for(spec)
    known = known_for(spec, offline=offline)
    verdict = plan_pythons(spec, known.compat, host, is_here=is_here, explain=explain, keep=keep)
    if isinstance(verdict, Refusal):
        raise PlanError(known.explained(verdict.findings))
    return verdict


def plan_with_changes(
    spec: Spec,
    *,
    host: HostFacts | None = None,
    explain: bool = False,
    offline: bool = False,
) -> Planned:
    """Plan, and compare the environment with the lock where there is one for this spec.

    A lock that cannot be trusted is told as a warning.

    Args:
        spec: What is wanted.
        host: As for :func:`plan`.
        explain: As for :func:`plan`.
        offline: As for :func:`plan`.

    Raises:
        PlanError: The combination cannot be.
    """
    plans = plan(spec, host=host, explain=explain, offline=offline)
    if not any(spec.lock_file_of(target.name).exists() for target in spec.targets):
        return Planned(plans=plans, changes=None)
    # Imported here because a verdict alone needs none of it.
    from provisioner.api._locks import current_lock
    from provisioner.api._target import settle_target

    try:
        spec = settle_target(spec).spec
        current = current_lock(spec, plans.of(spec.sole.name))
    except PlanError:
        # It can be planned here and applied elsewhere only.
        return Planned(plans=plans, changes=None)
    except TorchenvError as exc:
        doubts = tuple(replace(one, severity=Severity.WARNING) for one in exc.findings)
        return Planned(plans=plans, changes=None, doubts=doubts)
    if current is None:
        return Planned(plans=plans, changes=None)
    from provisioner.api._setting import Setting
    from provisioner.api._startup import changes_with_startup
    from provisioner.environment import environment_changes, uv_project_findings

    changes = changes_with_startup(environment_changes(spec, current), current, Setting(spec))
    doubts = uv_project_findings(spec.path, os.environ)
    return Planned(plans=plans, changes=changes, doubts=doubts)
