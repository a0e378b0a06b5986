"""The lock beside a spec, as far as other commands than ``lock`` ask about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.api._setting import Setting

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from provisioner.lockfile import Lock, LockTrust
    from provisioner.planner import Plan
    from provisioner.spec import Spec


def current_lock(spec: Spec, planned: Plan) -> Lock | None:
    """Return the lock of the spec where there is one and it is right, else None.

    Raises:
        VerificationError: The file is there and cannot be trusted.
    """
    if not spec.lock_file.exists():
        return None
    lock_ = read_own_lock(spec)
    return lock_ if lock_problem(lock_, spec, planned.target.platform) is None else None


def read_own_lock(spec: Spec) -> Lock:
    """Read the lock of the spec's sole target.

    Raises:
        WorldError: There is none or it cannot be read.
        VerificationError: It cannot be trusted.
    """
    from provisioner.lockfile import read_lock

    return read_lock(spec.lock_file, lock_trust(spec))


def lock_trust(spec: Spec) -> LockTrust:
    """Return what a lock of the spec may name; pip is asked only where there is plain HTTP."""
    from provisioner.lockfile import LockTrust

    def is_trusted(url: str) -> bool:
        return Setting(spec).connections.is_trusted(url)

    return LockTrust(kinds=frozenset(spec.sources.trust_lock), is_trusted=is_trusted)


def lock_problem(lock: Lock, spec: Spec, platform: str) -> Finding | None:
    """Return why a lock is not right for its spec, or not of one set with those of other targets.

    Args:
        lock: The lock as it was read.
        spec: The spec, narrowed to the lock's target.
        platform: What that target is locked for.
    """
    from provisioner.lockfile import set_problem, staleness

    return staleness(lock, spec, platform) or set_problem(spec, lock)
