"""What an apply would change, as a value; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.environment._types import Environment, Installed
    from provisioner.lockfile import Lock, LockedPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One package, before and after."""

    name: str
    before: str | None
    """Installed version, None where it is not installed."""
    after: str | None
    """Locked version, None where it is not in the lock. Equal to ``before`` where another wheel of
    the same version takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between what is installed and a lock; each part sorted by name."""

    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.removed or self.changed)


def plan_changes(environment: Environment, lock: Lock) -> Changes:
    """Compare what is installed with what is locked.

    The same version counts as unchanged only where it came from the same wheel, since another build
    of one version is another thing. Where the wheel of an installed package is not known (somebody
    else installed it), it is replaced.
    """
    installed = {each.name: each for each in environment.installed}
    locked = {each.name: each for each in lock.packages}
    both = sorted(installed.keys() & locked.keys())
    same = {name for name in both if _is_same(installed[name], locked[name])}
    return Changes(
        added=tuple(
            Change(name=name, before=None, after=locked[name].version)
            for name in sorted(locked.keys() - installed.keys())
        ),
        removed=tuple(
            Change(name=name, before=installed[name].version, after=None)
            for name in sorted(installed.keys() - locked.keys())
        ),
        changed=tuple(_change(installed[name], locked[name]) for name in both if name not in same),
        unchanged=tuple(_change(installed[name], locked[name]) for name in both if name in same),
    )


def _is_same(installed: Installed, locked: LockedPackage) -> bool:
    return installed.version == locked.version and installed.sha256 == locked.wheel.sha256


def _change(installed: Installed, locked: LockedPackage) -> Change:
    return Change(name=installed.name, before=installed.version, after=locked.version)
