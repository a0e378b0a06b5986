"""``torchenv apply``: make the environment equal to the lock, locking first where needed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.api._setting import Setting
from provisioner.api.lock import LockOptions, make_and_write
from provisioner.api.plan import plan_sole
from provisioner.events import Reporter
from provisioner.findings import Finding, PlanError, VerificationError, WorldError
from provisioner.host import probe_host

if TYPE_CHECKING:
    from provisioner.environment import Applied
    from provisioner.host import Interpreter
    from provisioner.lockfile import Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


def apply(
    spec: Spec, *, locked: bool = False, wait: bool = True, reporter: Reporter | None = None
) -> Applied:
    """Make the environment of the spec equal to its lock, and prove it; lock first where needed.

    Args:
        spec: What is wanted.
        locked: Refuse a missing or stale lock, and never resolve.
        wait: Wait for another apply on the same environment.
        reporter: Listens to the progress.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, disk, interpreter or place of the environment said no.
        VerificationError: Lock, wheel or finished environment is not what it should be.
    """
    from provisioner.environment import ApplyRequest, apply_lock, require_free_place
    from provisioner.network import Client

    reporter = reporter or Reporter()
    planned = plan_sole(spec)
    reporter.planned(planned)
    _require_this_machine(spec, planned)
    require_free_place(spec.path)
    interpreter = _interpreter(spec)
    setting = Setting(spec)
    found, notes = _lock_to_apply(spec, planned, setting, reporter, locked=locked)
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
        ),
        reporter,
    )
    return replace(done, findings=(*planned.findings, *notes, *done.findings))


def _lock_to_apply(
    spec: Spec, planned: Plan, setting: Setting, reporter: Reporter, *, locked: bool
) -> tuple[Lock, tuple[Finding, ...]]:
    """Return the lock beside the spec, made or made anew where that is needed and allowed."""
    from provisioner.lockfile import read_lock, staleness

    if spec.lock_file.exists() or locked:
        present = read_lock(spec.lock_file)
        stale = staleness(present, spec, planned.target.platform)
        if stale is None:
            return present, ()
        if locked or stale.code == "TE425":
            # A lock of another platform is somebody else's: it is not overwritten in passing.
            raise VerificationError(stale)
        reporter.step(f"{stale.message} Locking again")
    made = make_and_write(spec, planned, setting, reporter, LockOptions(allow_download=True))
    return made.lock, made.findings


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
                where=spec.where("environment.platform"),
            )
        )


def _interpreter(spec: Spec) -> Interpreter:
    """Return the Python that the spec asks for.

    Raises:
        WorldError: ``TE301``, at the spec's own line.
    """
    from provisioner.host import find_interpreter

    where = spec.where("environment.python")
    try:
        return find_interpreter(spec.python, os.environ)
    except WorldError as exc:
        raise WorldError(replace(one, where=where) for one in exc.findings) from exc
