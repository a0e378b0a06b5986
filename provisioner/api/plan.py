"""``torchenv plan``: judge a spec offline, and compare the environment with its lock."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.api._locks import current_lock
from provisioner.compat import load_compat
from provisioner.findings import PlanError, Severity, TorchenvError
from provisioner.host import probe_host
from provisioner.planner import Plan, Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import load_spec as read_spec

if TYPE_CHECKING:
    from provisioner.environment import Changes
    from provisioner.host import HostFacts
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and what applying it would change as far as that is known."""

    plan: Plan
    changes: Changes | None
    """Against the environment; None where there is no lock of this spec to compare with."""


def load_spec(path: str | Path = "torchenv.toml") -> Spec:
    """Read and check a spec.

    Raises:
        SpecError: With a finding for every problem of the file.
    """
    return read_spec(Path(path))


def plan(spec: Spec, *, host: HostFacts | None = None) -> Plan:
    """Judge the spec and choose its builds; offline, and nothing is changed.

    Args:
        spec: What is wanted.
        host: The machine to plan for; this one by default.

    Raises:
        PlanError: The combination cannot be; the findings say why and what can.
    """
    verdict = make_plan(spec, load_compat(), host or probe_host(os.environ))
    if isinstance(verdict, Refusal):
        raise PlanError(verdict.findings)
    return verdict


def plan_with_changes(spec: Spec) -> Planned:
    """Plan, and compare the environment with the lock where there is one for this spec.

    A lock that cannot be trusted is told as a warning of the plan.

    Raises:
        PlanError: The combination cannot be.
    """
    planned = plan(spec)
    try:
        current = current_lock(spec, planned)
    except TorchenvError as exc:
        doubts = tuple(replace(one, severity=Severity.WARNING) for one in exc.findings)
        planned = replace(planned, findings=(*planned.findings, *doubts))
        current = None
    if current is None:
        return Planned(plan=planned, changes=None)
    from provisioner.environment import inspect_environment, plan_changes

    return Planned(plan=planned, changes=plan_changes(inspect_environment(spec.path), current))
