"""Knowing whether a lock is still right for its spec, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.findings import Finding, Where
from provisioner.paths import display
from provisioner.spec import spec_digest

if TYPE_CHECKING:
    from provisioner.lockfile._types import Lock
    from provisioner.spec import Spec


def staleness(lock: Lock, spec: Spec, platform: str) -> Finding | None:
    """Return why the lock must be made anew for this spec, or None where it is right.

    Args:
        lock: The lock as it was read.
        spec: The spec as it is now.
        platform: What the spec is locked for: its own platform, else this machine's.

    A lock of the other platform is ``TE425``, a change of the spec ``TE426``. Newer compat data
    alone makes no lock stale.
    """
    where = Where(file=display(lock.file))
    if lock.target.platform != platform:
        return Finding(
            code="TE425",
            message=f"`{display(lock.file)}` is for {lock.target.platform}, this is {platform}.",
            why="A lock without named platform is for the kind of machine that it was made on.",
            do="Run `torchenv lock` to lock for this machine, or name the platform in the spec.",
            where=where,
        )
    if lock.spec_digest != spec_digest(spec):
        return Finding(
            code="TE426",
            message=f"`{display(lock.file)}` was made from another state of the spec.",
            why=f"`{display(spec.file)}` has changed since in a way that changes what is resolved.",
            do="Run `torchenv lock`, or `torchenv apply`, which locks first.",
            where=where,
        )
    return None
