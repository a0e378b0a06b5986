"""The library without the command line: what each command does, as a function.

Every function takes values and returns values, tells of its progress through a
:class:`provisioner.events.Reporter`, prints nothing, and raises
:class:`provisioner.findings.TorchenvError` with findings for everything that can go wrong.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.compat import load_compat
from provisioner.events import Reporter
from provisioner.findings import (
    Finding,
    PlanError,
    Severity,
    TorchenvError,
    VerificationError,
    Where,
    WorldError,
)
from provisioner.host import probe_host
from provisioner.paths import display
from provisioner.planner import Plan, Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import load_spec as read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.environment import Applied, Changes, Status
    from provisioner.host import HostFacts, Interpreter, PipConfig
    from provisioner.lockfile import Lock
    from provisioner.network import Network
    from provisioner.spec import Spec
    from provisioner.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and what applying it would change as far as that is known."""

    plan: Plan
    changes: Changes | None
    """Against the environment; None where there is no lock of this spec to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A lock that was made or checked."""

    lock: Lock
    written: bool
    """False where the file held the very same bytes already, or was only checked."""
    findings: tuple[Finding, ...]
    """Warnings and notes; of a check, the one error that makes the lock stale."""


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


def current_lock(spec: Spec, planned: Plan) -> Lock | None:
    """Return the lock of the spec where there is one and it is right, else None.

    Raises:
        VerificationError: The file is there and cannot be trusted.
    """
    if not spec.lock_file.exists():
        return None
    from provisioner.lockfile import read_lock, staleness

    lock_ = read_lock(spec.lock_file)
    return lock_ if staleness(lock_, spec, planned.target.platform) is None else None


def check_lock(spec: Spec) -> Locked:
    """Read the lock, with a finding where it is not right for the spec; nothing is written.

    Raises:
        PlanError: The combination cannot be.
        WorldError: There is no lock.
        VerificationError: The lock cannot be trusted.
    """
    from provisioner.lockfile import read_lock, staleness

    found = read_lock(spec.lock_file)
    stale = staleness(found, spec, plan(spec).target.platform)
    return Locked(lock=found, written=False, findings=() if stale is None else (stale,))


class _Setting:
    """What locking and fetching need of this machine, read when it is first needed.

    Asking pip takes a third of a second, which an apply with nothing to do need not pay.
    """

    def __init__(self, spec: Spec) -> None:
        """Read nothing yet."""
        self._spec = spec
        self.environ: Mapping[str, str] = dict(os.environ)

    @cached_property
    def pip(self) -> PipConfig:
        """What pip is configured with; raises WorldError (``TE410``) where it cannot be read."""
        from provisioner.host import probe_pip_config

        return probe_pip_config(self.environ)

    @cached_property
    def network(self) -> Network:
        """The settings of every connection."""
        from provisioner.lockfile import network_settings

        return network_settings(self._spec, self.pip, self.environ)

    @cached_property
    def store(self) -> Store:
        """The store of verified wheels."""
        from provisioner.paths import store_root
        from provisioner.store import Store

        return Store(store_root(self.environ))

    def iter_local_folders(self) -> Iterator[Path]:
        """Yield the folders of this machine that may hold wheels."""
        from provisioner.lockfile import local_folders

        yield from local_folders(self._spec, self.pip)


def lock(spec: Spec, *, reporter: Reporter | None = None) -> Locked:
    """Plan, resolve, and write the lock beside the spec.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, index, engine or disk said no.
        VerificationError: A package would come from where it must not, or the file at the lock's
            path is not ours.
    """
    reporter = reporter or Reporter()
    planned = plan(spec)
    reporter.planned(planned)
    made = _lock(spec, planned, _Setting(spec), reporter)
    return replace(made, findings=(*planned.findings, *made.findings))


def _lock(spec: Spec, planned: Plan, setting: _Setting, reporter: Reporter) -> Locked:
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
    planned = plan(spec)
    reporter.planned(planned)
    _require_this_machine(spec, planned)
    require_free_place(spec.path)
    interpreter = _interpreter(spec)
    setting = _Setting(spec)
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
    spec: Spec, planned: Plan, setting: _Setting, reporter: Reporter, *, locked: bool
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
    made = _lock(spec, planned, setting, reporter)
    return made.lock, made.findings


def status(spec: Spec) -> Status:
    """Compare the environment with the lock and the spec, every file included; changes nothing.

    Raises:
        PlanError: The combination cannot be.
    """
    from provisioner.environment import environment_status
    from provisioner.lockfile import read_lock, staleness

    platform = plan(spec).target.platform
    try:
        found = read_lock(spec.lock_file)
    except TorchenvError as exc:
        return environment_status(spec, None, exc.findings[0])
    return environment_status(spec, found, staleness(found, spec, platform))


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
                where=Where(
                    file=spec.shown,
                    line=spec.line_of("environment.platform"),
                    key="environment.platform",
                ),
            )
        )


def _interpreter(spec: Spec) -> Interpreter:
    """Return the Python that the spec asks for.

    Raises:
        WorldError: ``TE301``, at the spec's own line.
    """
    from provisioner.host import find_interpreter

    key = "environment.python"
    where = Where(file=spec.shown, line=spec.line_of(key), key=key)
    try:
        return find_interpreter(spec.python, os.environ)
    except WorldError as exc:
        raise WorldError(replace(one, where=where) for one in exc.findings) from exc


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
