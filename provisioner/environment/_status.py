"""The environment against its lock and its spec, for ``torchenv status``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.environment._changes import Changes, plan_changes
from provisioner.environment._examine import examine
from provisioner.environment._inspect import inspect_environment
from provisioner.environment._types import Ours

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment._examine import Condition
    from provisioner.environment._state import State
    from provisioner.findings import Finding
    from provisioner.lockfile import Lock
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the environment is, and what an apply would change."""

    link: Path
    """The environment's path."""
    generation: str | None
    """Name of the generation's folder (``0002``), None where the environment is not ours."""
    state: Condition
    findings: tuple[Finding, ...]
    changes: Changes | None
    """None where there is no lock to compare with."""
    made: State | None
    """What the environment says about itself: lock, trio, Python, proof."""
    target: str | None = None
    """Name of the target that it is compared with, None for the one of a spec without names."""
    choice: str = ""
    """Why that target, in one line; empty where there was nothing to choose."""


def environment_changes(spec: Spec, lock: Lock) -> Changes:
    """Return what an apply of a lock would change, damaged files included; changes nothing."""
    environment = inspect_environment(spec.path)
    examination = examine(spec.path, environment, lock, spec.sole)
    return plan_changes(environment, lock, examination.differences)


def environment_status(
    spec: Spec, lock: Lock | None, lock_finding: Finding | None = None
) -> Status:
    """Compare the environment with its lock, every file included; changes nothing.

    Args:
        spec: Names the environment and its Python.
        lock: The lock beside the spec, None where there is none.
        lock_finding: What is wrong with the lock (missing, stale); the environment is then
            ``stale`` at best.
    """
    environment = inspect_environment(spec.path)
    examination = examine(spec.path, environment, lock, spec.sole)
    state = examination.condition
    if lock_finding is not None and state == "current":
        state = "stale"
    ours = environment if isinstance(environment, Ours) else None
    return Status(
        link=spec.path,
        generation=ours.generation.folder.name if ours is not None else None,
        state=state,
        findings=(*((lock_finding,) if lock_finding else ()), *examination.findings),
        changes=plan_changes(environment, lock, examination.differences)
        if lock is not None
        else None,
        made=ours.state if ours is not None else None,
    )
