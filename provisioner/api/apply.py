"""``torchenv apply``: make the environment equal to the lock, locking first where needed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.api._locks import lock_problem, read_own_lock
from provisioner.api._setting import Setting
from provisioner.api._target import settle_target
from provisioner.api.lock import make_locks
from provisioner.api.plan import plan
from provisioner.events import Reporter
from provisioner.findings import Finding, PlanError, VerificationError, WorldError
from provisioner.host import probe_host

if TYPE_CHECKING:
    from provisioner.environment import Applied
    from provisioner.host import Interpreter
    from provisioner.lockfile import Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


_NOT_IN_PASSING: Final = frozenset({"TE425", "TE460"})
"""A lock of another platform or spec is somebody else's, and of a mixed set nobody knows which half
is right: neither is overwritten in passing."""


def apply(  # noqa: PLR0913 - one for each option of the command
    spec: Spec,
    *,
    target: str | None = None,
    locked: bool = False,
    wait: bool = True,
    repair: bool = False,
    offline: bool = False,
    reporter: Reporter | None = None,
) -> Applied:
    """Make the environment of the spec equal to its lock, and prove it; lock first where needed.

    Args:
        spec: What is wanted.
        target: Name of the target; by default the one that fits this machine best.
        locked: Refuse a missing or stale lock, and never resolve.
        wait: Wait for another apply on the same environment.
        repair: Compare every byte with the wheels first, and not sizes and times only.
        offline: Fetch nothing; the lock must be there, and its wheels on this machine.
        reporter: Listens to the progress.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, disk, interpreter or place of the environment said no.
        VerificationError: Lock, wheel or finished environment is not what it should be.
    """
    from provisioner.environment import ApplyRequest, apply_lock, require_free_place
    from provisioner.network import Client

    reporter = reporter or Reporter()
    choice = settle_target(spec, target)
    spec = choice.spec
    planned = plan(spec.widened).of(choice.name)
    if choice.why:
        reporter.chosen(choice.why)
    reporter.planned(planned)
    _require_this_machine(spec, planned)
    require_free_place(spec.path)
    interpreter = _interpreter(spec)
    setting = Setting(spec, offline=offline)
    found, notes = _lock_to_apply(spec, planned, setting, reporter, locked=locked or offline)
    done = apply_lock(
        ApplyRequest(
            spec=spec,
            lock=found,
            interpreter=interpreter,
            store=setting.store,
            client=lambda: Client(setting.network),
            local_sources=setting.iter_local_folders(),
            environ=setting.environ,
            wait=wait,
            repair=repair,
        ),
        reporter,
    )
    findings = dict.fromkeys((*planned.findings, *notes, *done.findings))
    return replace(done, target=choice.name, findings=tuple(findings))


def _lock_to_apply(
    spec: Spec, planned: Plan, setting: Setting, reporter: Reporter, *, locked: bool
) -> tuple[Lock, tuple[Finding, ...]]:
    """Return the lock beside the spec, made or made anew where that is needed and allowed."""
    if spec.lock_file.exists() or locked:
        present = read_own_lock(spec)
        stale = lock_problem(present, spec, planned.target.platform)
        if stale is None:
            return present, ()
        if locked or stale.code in _NOT_IN_PASSING:
            raise VerificationError(stale)
        reporter.step(f"{stale.message} Locking again")
    made = make_locks(spec, setting, reporter)
    return made.of(spec.sole.name).lock, made.findings


def _require_this_machine(spec: Spec, planned: Plan) -> None:
    """Refuse to apply what is planned for another platform.

    Raises:
        PlanError: ``TE304``.
    """
    here = probe_host(os.environ).platform
    if planned.target.platform != here:
        raise PlanError(
            Finding(
                code="TE304",
                message=f"The spec is for {planned.target.platform}, and this machine is {here}.",
                why="An environment holds compiled files, which run on their own platform only.",
                do="Apply it on such a machine; here, `torchenv plan` and `torchenv lock` work.",
                where=spec.where(spec.key_of(spec.sole, "platform")),
            )
        )


def _interpreter(spec: Spec) -> Interpreter:
    """Return the Python that the spec asks for.

    Raises:
        WorldError: ``TE301``, at the spec's own line.
    """
    from provisioner.host import find_interpreter

    where = spec.where(spec.key_of(spec.sole, "python"))
    try:
        return find_interpreter(spec.python, os.environ)
    except WorldError as exc:
        raise WorldError(replace(one, where=where) for one in exc.findings) from exc
