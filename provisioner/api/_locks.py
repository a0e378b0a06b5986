"""The lock beside a spec, as far as other commands than ``lock`` ask about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from provisioner.lockfile import Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


def current_lock(spec: Spec, planned: Plan) -> Lock | None:
    """Return the lock of the spec where there is one and it is right, else None.

    Raises:
        VerificationError: The file is there and cannot be trusted.
    """
    if not spec.lock_file.exists():
        return None
    from provisioner.lockfile import read_lock

    lock_ = read_lock(spec.lock_file)
    return lock_ if lock_problem(lock_, spec, planned.target.platform) is None else None


def lock_problem(lock: Lock, spec: Spec, platform: str) -> Finding | None:
    """Return why a lock is not right for its spec, or not of one set with those of other targets.

    Args:
        lock: The lock as it was read.
        spec: The spec, narrowed to the lock's target.
        platform: What that target is locked for.
    """
    from provisioner.lockfile import set_problem, staleness

    return staleness(lock, spec, platform) or set_problem(spec, lock)
