"""The lock beside a spec, as far as other commands than ``lock`` ask about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from provisioner.lockfile import read_lock, staleness

    lock_ = read_lock(spec.lock_file)
    return lock_ if staleness(lock_, spec, planned.target.platform) is None else None
