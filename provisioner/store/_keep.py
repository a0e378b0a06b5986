"""Looking after the store: what is in it, whether it is whole, and what nobody needs any more."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, WorldError
from provisioner.store import _findings
from provisioner.store._again import forget_failures
from provisioner.store._journal import journal_of
from provisioner.store._part import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioner.events import Reporter

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file of the store."""

    name: str
    sha256: str
    """What it should have; for a part, what the whole wheel will have."""
    path: Path
    size: int
    """Bytes on the disk."""
    idle_days: float
    """Days since it was last wanted."""
    part: bool
    """Whether it is what a download left behind, for the next run to go on from."""


def iter_kept(root: Path) -> Iterator[Kept]:
    """Yield the wheels and parts of a store, sorted by name; nothing where there is no store.

    Raises:
        WorldError: ``TE505``, it cannot be read.
    """
    try:
        paths = [*(root / "wheels").glob("*/*/*.whl*"), *(root / "learned").glob("*/*.part")]
        found = [_kept(path) for path in paths if path.suffix in {".whl", ".part"}]
    except OSError as exc:
        raise WorldError(_findings.disk_failure(root, exc)) from exc
    yield from sorted(found, key=lambda one: (one.name, one.sha256))


def _kept(path: Path) -> Kept:
    facts = path.stat()
    is_part = path.suffix == ".part"
    wanted = facts if is_part else path.parent.stat()  # `Store` renews the folder's time
    return Kept(
        name=path.name.removesuffix(".part"),
        sha256=path.parent.name,
        path=path,
        size=facts.st_blocks * 512 if is_part else facts.st_size,
        idle_days=(time.time() - wanted.st_mtime) / _DAY_S,
        part=is_part,
    )


def prune(root: Path, days: float, *, dry_run: bool) -> list[Kept]:
    """Remove parts, and wheels that nobody wanted for a while; return them.

    What another process is fetching stays.

    Args:
        root: The store.
        days: How long a wheel must have been idle; parts go at any age.
        dry_run: Only say what would go.

    Raises:
        WorldError: ``TE505``, it cannot be read or written.
    """
    removed = []
    if not dry_run:
        forget_failures(root)
    try:
        for one in iter_kept(root):
            if not (one.part or one.idle_days >= days):
                continue
            with _free(root, one) as is_free:
                if is_free and not dry_run:
                    _remove(one)
                if is_free:
                    removed.append(one)
    except OSError as exc:
        raise WorldError(_findings.disk_failure(root, exc)) from exc
    return removed


def verify(root: Path, reporter: Reporter) -> tuple[int, list[Finding]]:
    """Hash every wheel; return how many are whole, and a finding for each that is not.

    Raises:
        WorldError: ``TE505``, it cannot be read.
    """
    wheels = [one for one in iter_kept(root) if not one.part]
    findings = []
    reporter.check_started(len(wheels), sum(one.size for one in wheels))
    try:
        for one in wheels:
            if sha256_of(one.path) != one.sha256:
                findings.append(_findings.damaged(one.name, one.path))
            reporter.check_progress(one.size)
    except OSError as exc:
        raise WorldError(_findings.disk_failure(root, exc)) from exc
    finally:
        reporter.check_finished()
    return len(wheels) - len(findings), findings


@contextmanager
def _free(root: Path, kept: Kept) -> Iterator[bool]:
    """Hold a wheel's lock within the block, where nobody else does."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is removed

    (root / "locks").mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(root / "locks" / f"{kept.sha256}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _remove(kept: Kept) -> None:
    """Remove a file, its journal, and the folders that are empty then."""
    journal_of(kept.path).unlink(missing_ok=True)
    kept.path.unlink(missing_ok=True)
    for folder in (kept.path.parent, kept.path.parent.parent):
        if any(folder.iterdir()) or folder.name in {"wheels", "learned"}:
            break
        folder.rmdir()
