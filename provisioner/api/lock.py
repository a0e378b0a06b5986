"""``torchenv lock``: resolve what was planned, and write every wheel down by hash."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.api._setting import Setting
from provisioner.api.plan import plan_sole
from provisioner.compat import load_compat
from provisioner.events import Reporter
from provisioner.findings import Finding, TorchenvError, Where, WorldError
from provisioner.host import probe_host
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.lockfile import Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A lock that was made or checked."""

    lock: Lock
    written: bool
    """False where the file held the very same bytes already, or was only checked."""
    findings: tuple[Finding, ...]
    """Warnings and notes; of a check, the one error that makes the lock stale."""


def check_lock(spec: Spec) -> Locked:
    """Read the lock, with a finding where it is not right for the spec; nothing is written.

    Raises:
        PlanError: The combination cannot be.
        WorldError: There is no lock.
        VerificationError: The lock cannot be trusted.
    """
    from provisioner.lockfile import read_lock, staleness

    found = read_lock(spec.lock_file)
    stale = staleness(found, spec, plan_sole(spec).target.platform)
    return Locked(lock=found, written=False, findings=() if stale is None else (stale,))


def lock(spec: Spec, *, reporter: Reporter | None = None) -> Locked:
    """Plan, resolve, and write the lock beside the spec.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, index, engine or disk said no.
        VerificationError: A package would come from where it must not, or the file at the lock's
            path is not ours.
    """
    reporter = reporter or Reporter()
    planned = plan_sole(spec)
    reporter.planned(planned)
    made = make_and_write(spec, planned, Setting(spec), reporter)
    return replace(made, findings=(*planned.findings, *made.findings))


def make_and_write(spec: Spec, planned: Plan, setting: Setting, reporter: Reporter) -> Locked:
    """Resolve a plan and write the lock; the findings are those of this step alone.

    Raises:
        WorldError: Network, index, engine or disk said no.
        VerificationError: As :func:`lock`.
    """
    from provisioner.engine import Engine
    from provisioner.lockfile import LockRequest, engine_environ, make_lock, read_lock, write_lock
    from provisioner.network import Client

    _refuse_foreign_lock(spec)
    with Client(setting.network) as client:
        made, notes = make_lock(
            LockRequest(
                spec=spec,
                plan=planned,
                compat=load_compat(),
                host=probe_host(setting.environ),
                pip=setting.pip,
                client=client,
                engine=Engine(cache=setting.store.engine_cache, environ=setting.environ),
                store=setting.store,
                interpreter=_engine_interpreter(planned, setting.environ),
                network_environ=engine_environ(setting.network),
                reporter=reporter,
            )
        )
    try:
        written = write_lock(made)
    except OSError as exc:
        raise WorldError(_unwritable_lock(spec, exc)) from exc
    return Locked(lock=read_lock(made.file), written=written, findings=notes)


def _engine_interpreter(planned: Plan, environ: Mapping[str, str]) -> Path:
    """Return the Python that the engine resolves with: ours, but for free-threaded targets.

    The engine is told the target's version; that a Python is free-threaded cannot be told, so such
    a target needs an interpreter of its kind.
    """
    if not planned.target.python.endswith("t"):
        return Path(sys.executable)
    from provisioner.host import find_interpreter

    return find_interpreter(planned.target.python, environ).path


def _refuse_foreign_lock(spec: Spec) -> None:
    """Do not overwrite a file that is not ours, whatever else is wrong with it.

    Raises:
        VerificationError: ``TE427``.
    """
    from provisioner.lockfile import read_lock

    try:
        read_lock(spec.lock_file)
    except TorchenvError as exc:
        if any(finding.code == "TE427" for finding in exc.findings):
            raise


def _unwritable_lock(spec: Spec, exc: OSError) -> Finding:
    return Finding(
        code="TE431",
        message=f"The lock `{display(spec.lock_file)}` cannot be written.",
        why=f"The system says: {exc.strerror or exc}.",
        do="Make the folder writable, or free some space; the old lock, if any, is unchanged.",
        where=Where(file=display(spec.lock_file)),
    )
