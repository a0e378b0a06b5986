"""What changed from one lock to the next, for people who review it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.lockfile._types import Lock, LockedPackage, LockedSource


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """One package that is locked otherwise than before."""

    name: str
    before: LockedPackage | None
    """None for one that is new."""
    after: LockedPackage | None
    """None for one that is gone."""

    @property
    def reason(self) -> str:
        """What of a package in both locks is another: ``version``, ``wheel`` or ``index``."""
        if self.before is None or self.after is None or self.before.version != self.after.version:
            return "version"
        return "wheel" if self.before.wheel.sha256 != self.after.wheel.sha256 else "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """One package that is built, and locked otherwise than before."""

    name: str
    before: LockedSource | None
    """None for one that is new."""
    after: LockedSource | None
    """None for one that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDifference:
    """All changes from one lock to the next; each sorted by name."""

    added: tuple[PackageChange, ...] = ()
    removed: tuple[PackageChange, ...] = ()
    changed: tuple[PackageChange, ...] = ()
    unchanged: int = 0
    """Number of packages that are locked as before."""
    sources: tuple[SourceChange, ...] = ()
    """Of packages that are built where the environment is made."""

    @property
    def is_empty(self) -> bool:
        """Whether every package is locked as before."""
        return not (self.added or self.removed or self.changed or self.sources)


def difference(before: Lock | None, after: Lock) -> LockDifference:
    """Compare two locks; without an earlier one everything is added."""
    old = {one.name: one for one in before.packages} if before is not None else {}
    new = {one.name: one for one in after.packages}
    changes = [
        PackageChange(name=name, before=old.get(name), after=new.get(name))
        for name in sorted(old.keys() | new.keys())
    ]
    both = [one for one in changes if one.before is not None and one.after is not None]
    changed = tuple(one for one in both if _place(one.before) != _place(one.after))
    return LockDifference(
        added=tuple(one for one in changes if one.before is None),
        removed=tuple(one for one in changes if one.after is None),
        changed=changed,
        unchanged=len(both) - len(changed),
        sources=tuple(_source_changes(before.sources if before is not None else (), after.sources)),
    )


def _source_changes(
    before: Iterable[LockedSource], after: Iterable[LockedSource]
) -> Iterator[SourceChange]:
    old, new = ({one.name: one for one in those} for those in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield SourceChange(name=name, before=old.get(name), after=new.get(name))


def _place(package: LockedPackage | None) -> object:
    """Return what makes a package the same: version, the wheel's bytes, and its index."""
    return package and (package.version, package.wheel.sha256, package.index)
