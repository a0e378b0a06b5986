"""``torchenv store``: what the store has, whether it is whole, and making room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provisioner.api._setting import PAGES, store_root_of
from provisioner.events import Reporter

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Unused
    from provisioner.findings import Finding
    from provisioner.spec import Spec
    from provisioner.store import Kept

StoreAction = Literal["ls", "prune", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReport:
    """What was found in a store, or removed from it."""

    root: Path
    kept: tuple[Kept, ...]
    """What there is (``ls``, ``verify``), or what was removed (``prune``)."""
    unused: Unused | None = None
    """With ``prune``: what was unpacked and no environment uses."""
    findings: tuple[Finding, ...] = ()


def look_after_store(  # noqa: PLR0913 - keywords, each a word of the command line
    action: StoreAction,
    *,
    root: Path | None = None,
    spec: Spec | None = None,
    days: float = 30,
    dry_run: bool = False,
    reporter: Reporter | None = None,
) -> StoreReport:
    """List, prune or verify a store.

    Args:
        action: What to do.
        root: The store; by default that of the spec, where there is one, else that of
            ``TORCHENV_STORE`` or the user's cache.
        spec: Whose store it is.
        days: How long a wheel, or an unpacked one, must not have been wanted to be pruned.
        dry_run: Only say what would be removed.
        reporter: Listens to the progress.

    Raises:
        WorldError: ``TE505``, the store cannot be read or written.
    """
    from provisioner.store import iter_kept, verify

    root = root or store_root_of(spec)
    if action == "prune":
        return _pruned(root, days, dry_run=dry_run)
    kept = tuple(iter_kept(root))
    if action == "ls":
        return StoreReport(root=root, kept=kept)
    _, findings = verify(root, reporter or Reporter())
    return StoreReport(root=root, kept=kept, findings=tuple(findings))


def _pruned(root: Path, days: float, *, dry_run: bool) -> StoreReport:
    """Remove wheels first, since what was unpacked of them is wanted as long as they are."""
    from provisioner.environment import remove_idle, remove_unused
    from provisioner.network import prune_pages
    from provisioner.store import Store, iter_kept, prune

    before = {one.sha256: one.idle_days for one in iter_kept(root) if not one.part}
    removed = tuple(prune(root, days, dry_run=dry_run))
    gone = {one.sha256 for one in removed}
    wheels = {sha: idle for sha, idle in before.items() if sha not in gone}
    if not dry_run:
        prune_pages(root / PAGES, days)
        for cache in (Store(root).engine_cache, Store(root).building_cache):
            remove_idle(cache, days)
    unused = remove_unused(root, wheels, days, dry_run=dry_run)
    return StoreReport(root=root, kept=removed, unused=unused)
