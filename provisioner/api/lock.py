"""``torchenv lock``: resolve what was planned, and write every wheel down by hash."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.api._keeping import settle_trio
from provisioner.api._setting import Setting
from provisioner.api.host import host_facts
from provisioner.api.plan import plan_sole
from provisioner.compat import load_compat
from provisioner.events import Reporter
from provisioner.findings import Finding, Severity, TorchenvError, Where, WorldError
from provisioner.lockfile import LockDifference, Upgrade
from provisioner.paths import display
from provisioner.spec import newest_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.lockfile import InputChange, Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOptions:
    """What a person may ask of one run of ``lock``, beside what the spec says."""

    upgrade: Upgrade = field(default_factory=Upgrade)
    """What may get newer although the spec does not demand it."""
    exclude_newer: str | None = None
    """In place of the spec's own ``exclude-newer``."""
    allow_download: bool = False
    """Whether wheels of any size may be fetched where no index states their hash."""

    @property
    def makes_anew(self) -> bool:
        """Whether the lock is to be resolved although it is right."""
        return self.upgrade.is_wanted or self.exclude_newer is not None

    def newest(self, spec: Spec) -> datetime | None:
        """Return the instant after which nothing may have been released, None for no limit."""
        text = self.exclude_newer or spec.sources.exclude_newer
        return None if text is None else newest_instant(text, datetime.now(timezone.utc))


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A lock that was made or checked."""

    lock: Lock
    written: bool
    """False where the file held the very same bytes already, or was only checked."""
    findings: tuple[Finding, ...]
    """Warnings and notes; of a check, the one error that makes the lock stale."""
    resolved: bool = False
    """False where the lock was right, so that nothing was asked."""
    stale: tuple[InputChange, ...] = ()
    """What changed in the spec since the lock was made, where that is known."""
    previous: Lock | None = None
    """What the file held before; None where there was none or it could not be read."""
    difference: LockDifference = field(default_factory=LockDifference)
    """What changed from ``previous``; empty where nothing was resolved."""
    to_download: int = 0
    """Bytes of the wheels for the target that the store does not have."""
    to_install: int | None = None
    """Bytes that the packages take when installed; None where not known of all."""


def check_lock(spec: Spec) -> Locked:
    """Read the lock, with a finding where it is not right for the spec; nothing is written.

    Raises:
        PlanError: The combination cannot be.
        WorldError: There is no lock.
        VerificationError: The lock cannot be trusted.
    """
    from provisioner.lockfile import input_changes, read_lock, staleness

    found = read_lock(spec.lock_file)
    stale = staleness(found, spec, plan_sole(spec).target.platform)
    return Locked(
        lock=found,
        written=False,
        findings=() if stale is None else (stale,),
        stale=input_changes(found, spec),
        previous=found,
    )


def lock(
    spec: Spec, *, options: LockOptions | None = None, reporter: Reporter | None = None
) -> Locked:
    """Plan, resolve, and write the lock beside the spec; a lock that is right stays as it is.

    Versions that are locked stay too, unless the spec demands another.

    Args:
        spec: What is wanted.
        options: What may get newer all the same, and how new.
        reporter: Listens to the progress.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, index, engine or disk said no.
        VerificationError: A package would come from where it must not, or the file at the lock's
            path is not ours.
    """
    from provisioner.lockfile import staleness

    reporter = reporter or Reporter()
    options = options or LockOptions()
    previous, doubts = _previous_lock(spec)
    planned = settle_trio(spec, plan_sole(spec), previous, options.upgrade, options.newest(spec))
    reporter.planned(planned)
    findings = (*planned.findings, *doubts)
    if (
        previous is not None
        and not options.makes_anew
        and staleness(previous, spec, planned.target.platform) is None
    ):
        return Locked(lock=previous, written=False, findings=findings, previous=previous)
    made = make_and_write(spec, planned, Setting(spec), reporter, options)
    return replace(made, findings=(*findings, *made.findings))


def make_and_write(
    spec: Spec,
    planned: Plan,
    setting: Setting,
    reporter: Reporter,
    options: LockOptions | None = None,
) -> Locked:
    """Resolve a plan and write the lock; the findings are those of this step alone.

    Raises:
        WorldError: Network, index, engine or disk said no.
        VerificationError: As :func:`lock`.
    """
    from provisioner.engine import Engine
    from provisioner.lockfile import (
        LockRequest,
        difference,
        engine_environ,
        input_changes,
        make_lock,
        preferences,
        read_lock,
        unpacked_sizes,
        write_lock,
    )
    from provisioner.network import Client

    previous, _ = _previous_lock(spec)
    options = options or LockOptions()
    newest = options.newest(spec)
    with Client(setting.network) as client:
        made, notes = make_lock(
            LockRequest(
                spec=spec,
                plan=settle_trio(spec, planned, previous, options.upgrade, newest),
                compat=load_compat(),
                host=host_facts(gpus=False),
                pip=setting.pip,
                client=client,
                engine=Engine(cache=setting.store.engine_cache, environ=setting.environ),
                store=setting.store,
                interpreter=_engine_interpreter(planned, setting.environ),
                network_environ=engine_environ(setting.network),
                reporter=reporter,
                preferences=preferences(previous, options.upgrade),
                upgrade=options.upgrade,
                previous=previous,
                allow_download=options.allow_download,
                newest=None if newest is None else f"{newest:%Y-%m-%dT%H:%M:%SZ}",
            )
        )
        try:
            written = write_lock(made)
        except OSError as exc:
            raise WorldError(_unwritable_lock(spec, exc)) from exc
        wheels = [package.wheel for package in made.packages]
        sizes = unpacked_sizes(wheels, setting.store, client).values()
    known = [size for size in sizes if size is not None]
    return Locked(
        lock=read_lock(made.file),
        written=written,
        findings=notes,
        resolved=True,
        stale=() if previous is None else input_changes(previous, spec),
        previous=previous,
        difference=difference(previous, made),
        to_download=sum(wheel.size for wheel in wheels if setting.store.at(wheel.sha256) is None),
        to_install=sum(known) if len(known) == len(sizes) else None,
    )


def _engine_interpreter(planned: Plan, environ: Mapping[str, str]) -> Path:
    """Return the Python that the engine resolves with: ours, but for free-threaded targets.

    The engine is told the target's version; that a Python is free-threaded cannot be told, so such
    a target needs an interpreter of its kind.
    """
    if not planned.target.python.endswith("t"):
        return Path(sys.executable)
    from provisioner.host import find_interpreter

    return find_interpreter(planned.target.python, environ).path


def _previous_lock(spec: Spec) -> tuple[Lock | None, tuple[Finding, ...]]:
    """Return the lock as it is, or None with the reason why it cannot be gone by.

    Raises:
        VerificationError: ``TE427``, the file is not ours and is not overwritten.
    """
    from provisioner.lockfile import read_lock

    if not spec.lock_file.exists():
        return None, ()
    try:
        return read_lock(spec.lock_file), ()
    except TorchenvError as exc:
        if any(finding.code == "TE427" for finding in exc.findings):
            raise
        return None, tuple(_not_kept(finding) for finding in exc.findings)


def _not_kept(finding: Finding) -> Finding:
    """Return the reason why an old lock cannot be read, as a warning of making it anew."""
    return replace(
        finding,
        severity=Severity.WARNING,
        do="It is made anew, and versions may change; restore the old one from your repository "
        "and lock again to keep them.",
    )


def _unwritable_lock(spec: Spec, exc: OSError) -> Finding:
    return Finding(
        code="TE431",
        message=f"The lock `{display(spec.lock_file)}` cannot be written.",
        why=f"The system says: {exc.strerror or exc}.",
        do="Make the folder writable, or free some space; the old lock, if any, is unchanged.",
        where=Where(file=display(spec.lock_file)),
    )
