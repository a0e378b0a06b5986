"""``torchenv lock``: resolve what was planned, and write every wheel down by hash."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from provisioner.api._keeping import align_trio, settle_trio
from provisioner.api._locks import lock_problem, lock_trust, read_own_lock
from provisioner.api._setting import Setting
from provisioner.api.host import host_for
from provisioner.api.plan import plan
from provisioner.compat import load_compat
from provisioner.events import Reporter
from provisioner.findings import (
    Finding,
    Severity,
    TorchenvError,
    VerificationError,
    Where,
    WorldError,
)
from provisioner.lockfile import LockDifference, Upgrade
from provisioner.paths import display
from provisioner.spec import newest_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from provisioner.lockfile import InputChange, Lock, LockRequest, Pages
    from provisioner.network import Client
    from provisioner.planner import Plan
    from provisioner.spec import Spec
    from provisioner.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOptions:
    """What a person may ask of one run of ``lock``, beside what the spec says."""

    upgrade: Upgrade = field(default_factory=Upgrade)
    """What may get newer although the spec does not demand it."""
    exclude_newer: str | None = None
    """In place of the spec's own ``exclude-newer``."""
    measures: bool = True
    """Whether to ask how much the packages take when installed, which costs requests."""
    versions: tuple[tuple[str, str], ...] = ()
    """(name, version) to start from where there is no lock yet."""
    offline: bool = False
    """Ask nobody: resolve from what earlier locks of this machine read."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSet:
    """The locks of all targets of a spec."""

    locks: tuple[Locked, ...]
    """In the order of the targets; those of one set always, however many were written."""
    findings: tuple[Finding, ...]
    """What there is to say of all of them, each once."""

    @property
    def sole(self) -> Locked:
        """The lock of a spec that has just one target.

        Raises:
            ValueError: It has several.
        """
        (one,) = self.locks
        return one

    def of(self, target: str | None) -> Locked:
        """Return the lock of the target of that name.

        Raises:
            LookupError: There is none.
        """
        for one in self.locks:
            if one.lock.target.name == target:
                return one
        raise LookupError(target)


def check_lock(spec: Spec, *, index: bool = False) -> LockedSet:
    """Read the locks, with a finding for each that is not right for the spec; nothing is written.

    Args:
        spec: What is wanted.
        index: Whether to ask the indexes if they still have what is locked.

    Raises:
        PlanError: The combination cannot be.
        WorldError: There is no lock, or an index cannot be asked.
        VerificationError: A lock cannot be trusted.
    """
    from provisioner.lockfile import compat_note, input_changes

    plans = plan(spec.widened)
    checked = []
    for one in _each(spec):
        found = read_own_lock(one)
        planned = plans.of(one.sole.name)
        stale = lock_problem(found, one, planned.target.platform)
        note = compat_note(found, planned, load_compat().version)
        checked.append(
            Locked(
                lock=found,
                written=False,
                findings=tuple(each for each in (stale, note) if each is not None),
                stale=input_changes(found, one),
                previous=found,
            )
        )
    together = _as_set(checked)
    return _asked(together, Setting(spec)) if index else together


def _asked(found: LockedSet, setting: Setting) -> LockedSet:
    """Return checked locks with what their indexes say of the files in them."""
    from provisioner.lockfile import index_findings
    from provisioner.network import Client

    with Client(setting.network) as client:
        told = [one for each in found.locks for one in index_findings(each.lock, client)]
    return replace(found, findings=(*found.findings, *dict.fromkeys(told)))


def lock(
    spec: Spec, *, options: LockOptions | None = None, reporter: Reporter | None = None
) -> LockedSet:
    """Plan, resolve, and write the locks beside the spec; locks that are right stay as they are.

    Versions that are locked stay too, unless the spec demands another. The locks of several targets
    are written together or not at all.

    Args:
        spec: What is wanted.
        options: What may get newer all the same, and how new.
        reporter: Listens to the progress.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, index, engine or disk said no.
        VerificationError: A package would come from where it must not, or the file at a lock's path
            is not ours.
    """
    from provisioner.lockfile import left_over

    reporter = reporter or Reporter()
    options = options or LockOptions()
    jobs = _jobs(spec, options)
    for job in jobs:
        reporter.planned(job.planned)
    if all(map(_is_right, jobs)) and not options.makes_anew:
        found = _as_set([job.as_it_is() for job in jobs])
    else:
        found = _made(jobs, Setting(spec, offline=options.offline), reporter, options)
    return replace(found, findings=(*found.findings, *left_over(spec.widened)))


def make_locks(spec: Spec, setting: Setting, reporter: Reporter) -> LockedSet:
    """Make all locks of a spec anew, from the versions that they have; the plan is told already.

    Raises:
        PlanError: As :func:`lock`.
        WorldError: As :func:`lock`.
        VerificationError: As :func:`lock`.
    """
    # Who applies has asked for this target's wheels, and not for those of the others.
    options = LockOptions(
        allow_download=len(spec.widened.targets) == 1, measures=False, offline=setting.offline
    )
    return _made(_jobs(spec, options), setting, reporter, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One target that is to be locked."""

    spec: Spec
    """Narrowed to the target."""
    planned: Plan
    previous: Lock | None
    doubts: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known before anything is resolved."""
        return (*self.planned.findings, *self.doubts)

    def as_it_is(self) -> Locked:
        """Return the lock that is there; call it only for one that is right.

        Raises:
            ValueError: There is none.
        """
        if self.previous is None:
            raise ValueError(self.spec.lock_file)
        return Locked(
            lock=self.previous, written=False, findings=self.findings, previous=self.previous
        )


def _each(spec: Spec) -> tuple[Spec, ...]:
    """Return the spec once for each of its targets, narrowed to that."""
    whole = spec.widened
    return tuple(whole.narrowed(target.name) for target in whole.targets)


def _jobs(spec: Spec, options: LockOptions) -> tuple[_Job, ...]:
    """Return what is to be locked for each target, with the first target's torch where it can be.

    Raises:
        PlanError: The combination cannot be.
        VerificationError: A file at the place of a lock is not ours.
    """
    plans = plan(spec.widened, keep=not options.upgrade.trio, offline=options.offline)
    first, *others = (_job(one, plans.of(one.sole.name), options) for one in _each(spec))
    aligned = (
        replace(job, planned=align_trio(job.spec, job.planned, first.planned)) for job in others
    )
    return (first, *aligned)


def _job(spec: Spec, planned: Plan, options: LockOptions) -> _Job:
    previous, doubts = _previous_lock(spec)
    settled = settle_trio(spec, planned, previous, options.upgrade, options.newest(spec))
    return _Job(spec=spec, planned=settled, previous=previous, doubts=doubts)


def _is_right(job: _Job) -> bool:
    if job.previous is None:
        return False
    return lock_problem(job.previous, job.spec, job.planned.target.platform) is None


def _as_set(locked: Sequence[Locked]) -> LockedSet:
    findings = dict.fromkeys(finding for one in locked for finding in one.findings)
    return LockedSet(locks=tuple(locked), findings=tuple(findings))


def _made(
    jobs: Sequence[_Job], setting: Setting, reporter: Reporter, options: LockOptions
) -> LockedSet:
    """Resolve every target, the first one leading, and write all locks.

    Raises:
        WorldError: Network, index, engine or disk said no.
        VerificationError: As :func:`lock`.
    """
    from provisioner.lockfile import (
        Pages,
        as_set,
        make_lock,
        read_lock,
        tags_of,
        unpacked_sizes,
        version_notes,
        write_locks,
    )
    from provisioner.network import Client

    made: list[tuple[Lock, tuple[Finding, ...]]] = []
    tags = {}
    upgrades = _upgrades(jobs, options.upgrade)
    with Client(setting.network) as client:
        run = _Run(
            setting=setting,
            client=client,
            pages=Pages(client),
            reporter=reporter,
            options=options,
        )
        for job, upgrade in zip(jobs, upgrades, strict=True):
            if len(jobs) > 1:
                reporter.step(f"Locking the target {job.spec.sole.name}")
            lead = made[0][0] if made else None
            request = _request(run, job, upgrade, lead)
            made.append(make_lock(request))
            tags[str(job.spec.sole.name)] = tags_of(request)
        apart = version_notes([one for one, _ in made], tags, client)
        locks = as_set([one for one, _ in made])
        try:
            written = write_locks(locks)
        except OSError as exc:
            raise WorldError(_unwritable_lock(locks[0].file, exc)) from exc
        wheels = {one.wheel.sha256: one.wheel for lock_ in locks for one in lock_.packages}
        measures = options.measures and not setting.offline
        measured = list(wheels.values()) if measures else []
        sizes = unpacked_sizes(measured, setting.store, client)
    done = [
        replace(
            _told(job, read_lock(one.file, lock_trust(job.spec)), setting.store, sizes),
            written=has_changed,
            findings=(*job.findings, *notes),
        )
        for job, one, has_changed, (_, notes) in zip(jobs, locks, written, made, strict=True)
    ]
    found = _as_set(done)
    return replace(found, findings=(*found.findings, *apart))


def _told(job: _Job, made: Lock, store: Store, unpacked: Mapping[str, int | None]) -> Locked:
    """Return what became of a target, compared with its lock before.

    Args:
        job: The target.
        made: Its new lock.
        store: Has some of the wheels already.
        unpacked: Bytes that wheels take when installed, by their sha256, as far as that is known.
    """
    from provisioner.lockfile import difference, input_changes

    wheels = [package.wheel for package in made.packages]
    known = [size for wheel in wheels if (size := unpacked.get(wheel.sha256)) is not None]
    return Locked(
        lock=made,
        written=False,
        findings=(),
        resolved=True,
        stale=() if job.previous is None else input_changes(job.previous, job.spec),
        previous=job.previous,
        difference=difference(job.previous, made),
        to_download=sum(wheel.size for wheel in wheels if store.at(wheel.sha256) is None),
        to_install=sum(known) if len(known) == len(wheels) else None,
    )


def _upgrades(jobs: Sequence[_Job], upgrade: Upgrade) -> list[Upgrade]:
    """Return what each target may upgrade: a package need not be in the lock of each of them."""
    known = [job.previous.names if job.previous is not None else frozenset[str]() for job in jobs]
    nowhere = upgrade.names.difference(*known)
    return [replace(upgrade, names=(upgrade.names & names) | nowhere) for names in known]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all targets of one run have in common."""

    setting: Setting
    client: Client
    pages: Pages
    reporter: Reporter
    options: LockOptions


def _request(run: _Run, job: _Job, upgrade: Upgrade, lead: Lock | None) -> LockRequest:
    from provisioner.engine import Engine
    from provisioner.lockfile import LockRequest, engine_environ, leading, preferences

    compat = load_compat()
    newest = run.options.newest(job.spec)
    kept = preferences(job.previous, upgrade) if job.previous else run.options.versions
    return LockRequest(
        spec=job.spec,
        plan=job.planned,
        compat=compat,
        host=host_for(job.spec),
        pip=run.setting.pip,
        client=run.client,
        pages=run.pages,
        engine=Engine(cache=run.setting.store.engine_cache, environ=run.setting.environ),
        store=run.setting.store,
        network_environ=engine_environ(run.setting.network),
        reporter=run.reporter,
        preferences=leading(kept, lead, compat.is_companion),
        upgrade=upgrade,
        compared=frozenset(one.name for one in lead.packages) if lead is not None else frozenset(),
        previous=job.previous,
        allow_download=run.options.allow_download,
        newest=None if newest is None else f"{newest:%Y-%m-%dT%H:%M:%SZ}",
    )


def _previous_lock(spec: Spec) -> tuple[Lock | None, tuple[Finding, ...]]:
    """Return the lock as it is, or None with the reason why it cannot be gone by.

    Raises:
        VerificationError: The file is not ours (``TE427``) or the lock of another spec (``TE425``):
            it is not overwritten.
    """
    from provisioner.lockfile import foreign_lock

    if not spec.lock_file.exists():
        return None, ()
    try:
        found = read_own_lock(spec)
    except TorchenvError as exc:
        if any(finding.code == "TE427" for finding in exc.findings):
            raise
        return None, tuple(_not_kept(finding) for finding in exc.findings)
    if found.target.name != spec.sole.name:
        raise VerificationError(foreign_lock(found, spec))
    return found, ()


def _not_kept(finding: Finding) -> Finding:
    """Return the reason why an old lock cannot be read, as a warning of making it anew."""
    return replace(
        finding,
        severity=Severity.WARNING,
        do="It is made anew, and versions may change; restore the old one from your repository "
        "and lock again to keep them.",
    )


def _unwritable_lock(file: Path, exc: OSError) -> Finding:
    return Finding(
        code="TE431",
        message=f"The lock `{display(file)}` cannot be written.",
        why=f"The system says: {exc.strerror or exc}.",
        do="Make the folder writable, or free some space; the old lock, if any, is unchanged.",
        where=Where(file=display(file)),
    )
