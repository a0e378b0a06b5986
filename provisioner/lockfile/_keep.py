"""Keeping what is locked: which versions of an earlier lock the next one starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from provisioner.findings import Finding, PlanError
from provisioner.lockfile._types import Archive

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.lockfile._types import Lock

TRIO: Final = frozenset({"torch", "torchvision", "torchaudio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What may get another version although the spec does not demand it."""

    everything: bool = False
    names: frozenset[str] = frozenset()
    """Normalised names."""

    @classmethod
    def of(cls, names: Iterable[str]) -> Upgrade:
        """Return the upgrade of single packages, named as a person names them."""
        return cls(names=frozenset(canonicalize_name(name) for name in names))

    @property
    def is_wanted(self) -> bool:
        """Whether anything at all may change."""
        return self.everything or bool(self.names)

    @property
    def trio(self) -> bool:
        """Whether the trio may change; its members belong together."""
        return self.everything or bool(self.names & TRIO)

    @property
    def refresh(self) -> tuple[str, ...]:
        """The engine's arguments to ask again for pages that it may have kept."""
        if self.everything:
            return ("--refresh",)
        return tuple(word for name in sorted(self.names) for word in ("--refresh-package", name))


def preferences(lock: Lock | None, upgrade: Upgrade) -> tuple[tuple[str, str], ...]:
    """Return (name, version) of what stays as it is in ``lock``, sorted.

    Raises:
        PlanError: ``TE433``, a package to upgrade is not in the lock.
    """
    if lock is None or upgrade.everything:
        return ()
    unknown = sorted(upgrade.names - lock.names)
    if unknown:
        raise PlanError(_not_locked(name, lock) for name in unknown)
    archives = tuple(one for one in lock.sources if isinstance(one, Archive))
    return tuple(
        (package.name, package.version)
        for package in lock.packages + archives
        if package.name not in upgrade.names and not (upgrade.trio and package.name in TRIO)
    )


def _not_locked(name: str, lock: Lock) -> Finding:
    return Finding(
        code="TE433",
        message=f"`{name}` cannot be upgraded: it is not in the lock.",
        why=f"The lock has {len(lock.packages)} packages, and none of that name.",
        do="Check its spelling; what the spec adds is locked by `torchenv lock` alone.",
    )
