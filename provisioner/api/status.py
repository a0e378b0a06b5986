"""``torchenv status``: the environment against the lock and the spec."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.api._locks import current_lock, lock_problem, read_own_lock
from provisioner.api._setting import Setting
from provisioner.api._startup import changes_with_startup
from provisioner.api._target import settle_target
from provisioner.api.plan import plan
from provisioner.findings import TorchenvError

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Status
    from provisioner.environment.inplace import InPlaceCondition
    from provisioner.spec import Spec


def status(spec: Spec, *, target: str | None = None) -> Status:
    """Compare the environment with the lock and the spec, every file included; changes nothing.

    Args:
        spec: What is wanted.
        target: Name of the target; by default the one that fits this machine best.

    Raises:
        PlanError: The combination cannot be, or no target fits this machine.
    """
    choice = settle_target(spec, target)
    platform = plan(spec.widened).of(choice.name).target.platform
    return replace(_compared(choice.spec, platform), target=choice.name, choice=choice.why)


def _compared(spec: Spec, platform: str) -> Status:
    import os

    from provisioner.environment import environment_status, uv_project_findings

    try:
        lock, problem = read_own_lock(spec), None
    except TorchenvError as exc:
        lock, problem = None, exc.findings[0]
    if lock is not None:
        problem = lock_problem(lock, spec, platform)
    found = environment_status(spec, lock, problem)
    if lock is not None and found.changes is not None:
        found = replace(found, changes=changes_with_startup(found.changes, lock, Setting(spec)))
    warned = uv_project_findings(spec.path, os.environ)
    return replace(found, findings=(*found.findings, *warned))


def status_in_place(
    spec: Spec, environment: Path, *, target: str | None = None
) -> tuple[InPlaceCondition, Path]:
    """Return what an environment that is changed in place is, and its folder; changes nothing.

    Args:
        spec: What is wanted; its lock, where there is one that is right, is compared.
        environment: Folder of the environment, or its Python.
        target: Name of the target; by default the one that fits this machine best.

    Raises:
        PlanError: The combination cannot be, or no target fits this machine.
        WorldError: There is no Python (``TE643``).
    """
    import os

    from provisioner.environment.inplace import ask_site, find_python, in_place_status

    choice = settle_target(spec, target)
    site = ask_site(find_python(environment), os.environ)
    try:
        lock = current_lock(choice.spec, plan(spec.widened).of(choice.name))
    except TorchenvError:
        lock = None
    return in_place_status(site, lock), site.prefix
