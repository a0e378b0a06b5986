"""``torchenv bundle``: everything an environment needs, for a machine without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.api._locks import lock_problem, read_own_lock
from provisioner.api._setting import Setting
from provisioner.api.plan import plan
from provisioner.events import Reporter
from provisioner.findings import Finding, VerificationError, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provisioner.lockfile import BundleFile, Lock
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A bundle that was written or looked at."""

    path: Path
    files: tuple[BundleFile, ...] = ()
    """What was written, but for the list itself."""
    findings: tuple[Finding, ...] = ()


def bundle(
    spec: Spec,
    out: Path,
    *,
    targets: Sequence[str] = (),
    offline: bool = False,
    reporter: Reporter | None = None,
) -> Bundled:
    """Write the locks and wheels of a spec's targets to a folder or ``.tar``.

    Args:
        spec: What is wanted; its locks must be there and right.
        out: A folder, or a file that ends with ``.tar``.
        targets: Names of the targets; all of them by default.
        offline: Fetch nothing: the wheels must be on this machine.
        reporter: Listens to the progress.

    Raises:
        SpecError, PlanError: There is no such target, or the combination cannot be.
        WorldError: Network or disk said no, or a lock is missing.
        VerificationError: A lock is stale, or a wheel is not what it says.
    """
    from provisioner.lockfile import all_wheels, write_bundle
    from provisioner.network import Client

    reporter = reporter or Reporter()
    setting = Setting(spec, offline=offline)
    locks = _locks(spec, targets)
    with Client(setting.network) as client:
        wheels = setting.store.fetch(
            all_wheels(locks), client, reporter, setting.iter_local_folders()
        )
    reporter.step(f"Writing {out}")
    return Bundled(path=out, files=tuple(write_bundle(out, locks, wheels)))


def verify(out: Path, *, reporter: Reporter | None = None) -> Bundled:
    """Compare every file of a bundle with the bundle's list.

    Raises:
        WorldError: ``TE515``, it is no bundle.
    """
    from provisioner.lockfile import verify_bundle

    return Bundled(path=out, findings=tuple(verify_bundle(out, reporter or Reporter())))


def _locks(spec: Spec, targets: Sequence[str]) -> list[Lock]:
    """Return the locks of the chosen targets, all of them right."""
    from provisioner.api._target import settle_target

    if targets:
        names: list[str | None] = [settle_target(spec, name).name for name in targets]
    else:
        names = [target.name for target in spec.targets]
    plans = plan(spec)
    locks = []
    for name in dict.fromkeys(names):
        one = spec.narrowed(name)
        lock = read_own_lock(one)
        problem = lock_problem(lock, one, plans.of(name).target.platform)
        if problem is not None:
            raise VerificationError(problem)
        if lock.sources:
            raise WorldError(_from_source(lock))
        locks.append(lock)
    return locks


def _from_source(lock: Lock) -> Finding:
    named = ", ".join(f"`{one.name}`" for one in lock.sources)
    return Finding(
        code="TE447",
        message=f"`{display(lock.file)}` names packages by their source: {named}.",
        why="A bundle installs with no network, byte for byte what was locked; a build may need "
        "the network, and makes other bytes on each machine.",
        do="Build wheels of them (`pip wheel --no-deps`), publish those on an index, and ask for "
        "their versions.",
    )
