"""``torchenv status``: the environment against the lock and the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.api.plan import plan_sole
from provisioner.findings import TorchenvError

if TYPE_CHECKING:
    from provisioner.environment import Status
    from provisioner.spec import Spec


def status(spec: Spec) -> Status:
    """Compare the environment with the lock and the spec, every file included; changes nothing.

    Raises:
        PlanError: The combination cannot be.
    """
    from provisioner.environment import environment_status
    from provisioner.lockfile import read_lock, staleness

    platform = plan_sole(spec).target.platform
    try:
        found = read_lock(spec.lock_file)
    except TorchenvError as exc:
        return environment_status(spec, None, exc.findings[0])
    return environment_status(spec, found, staleness(found, spec, platform))
