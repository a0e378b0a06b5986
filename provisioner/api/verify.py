"""``torchenv verify``: every byte of the environment against the wheels that its lock names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.api._locks import read_own_lock
from provisioner.api._setting import Setting
from provisioner.api._target import settle_target
from provisioner.events import Reporter
from provisioner.findings import TorchenvError

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import VerifyReport
    from provisioner.lockfile import Lock
    from provisioner.spec import Spec


def verify(
    spec: Spec, *, target: str | None = None, reporter: Reporter | None = None
) -> VerifyReport:
    """Compare every byte of the environment with the wheels it was made from; changes nothing.

    Args:
        spec: Names the environment.
        target: Name of the target; by default the one that fits this machine best.
        reporter: Listens to the progress.

    Raises:
        PlanError: No target fits this machine.
    """
    from provisioner.environment import verify_environment

    spec = settle_target(spec, target).spec
    setting = Setting(spec)
    wheels = _Wheels(setting=setting)
    return verify_environment(
        spec, _lock_or_none(spec), wheels, setting.environ, reporter or Reporter()
    )


@dataclass(frozen=True, kw_only=True)
class _Wheels:
    """The store, loaded where a wheel is asked for: where all is well, none is."""

    setting: Setting

    def find(self, sha256: str) -> Path | None:
        """Return the wheel with this hash, as the store does."""
        return self.setting.store.find(sha256)


def _lock_or_none(spec: Spec) -> Lock | None:
    """Return the lock beside the spec where it can be read: ``status`` tells where it cannot."""
    try:
        return read_own_lock(spec)
    except TorchenvError:
        return None
