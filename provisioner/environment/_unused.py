"""Unpacked wheels and RECORDs in the store that no environment uses any more.

A file of an unpacked wheel that has a second name is in an environment. Making and removing such a
name changes the time of the inode, so that time says when the copy was last used; where files are
shared as reflinks, or copied, the wheel in the store does, which every apply touches. The engine
holds its cache's lock file shared while it installs, so whoever holds it alone takes nothing away
from a running apply.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import WorldError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DAY_S: Final = 86_400
_BLOCK_BYTES: Final = 512
"""Unit of ``st_blocks`` (POSIX, ``sys/stat.h``)."""
_BEGUN: Final = ".tmp*"
"""What the engine is unpacking (uv 0.13), moved to its place when it is whole."""
_NOTES: Final = (".rev", ".lock", ".http", ".msgpack")
"""What the engine keeps beside its link to an unpacked wheel, by suffix."""
_PAGES: Final = (".rkyv", ".msgpack")
"""What the engine keeps of pages and metadata (uv 0.13), by suffix: any of it can be had again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """What no environment uses, and was or would be removed from the store."""

    copies: int = 0
    """Unpacked wheels."""
    records: int = 0
    """RECORDs of wheels."""
    size_bytes: int = 0
    """What that frees."""
    busy: bool = False
    """Whether an apply was installing, so that unpacked wheels were left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """An unpacked wheel that no environment has a file of."""

    folder: Path
    size_bytes: int
    used: float
    """When one of its files last got or lost a name, seconds since the epoch."""
    record: str
    """sha256 of its RECORD, empty where it has none."""


def remove_unused(
    store: Path, wheels: Mapping[str, float], days: float, *, dry_run: bool = False
) -> Unused:
    """Remove unpacked wheels and RECORDs that nobody used for a while; or say what would go.

    Args:
        store: Its folder; nothing is made where there is none.
        wheels: Days since each wheel of the store was last wanted, by sha256.
        days: How long they must not have been used.
        dry_run: Only say what would be removed.

    Raises:
        WorldError: ``TE505``, the store cannot be read or written.
    """
    try:
        with _alone(store / "unpacked", dry_run=dry_run) as is_alone:
            if not is_alone:
                return Unused(busy=True)
            return _remove(store, wheels, days, dry_run=dry_run)
    except OSError as exc:
        from provisioner.store import disk_failure  # noqa: PLC0415 - urllib3, not for a no-op

        raise WorldError(disk_failure(store, exc)) from exc


def remove_idle(cache: Path, days: float) -> None:
    """Remove what a cache of the engine for resolving or building has and nobody used for a while.

    Pages and metadata go one by one. The rest (unpacked wheels, builds) leads from one to another,
    so it goes when nothing at all was used for so long. Where an engine works, everything stays.

    Args:
        cache: Its folder; there need be none.
        days: How long something must not have been written or read.
    """
    latest = time.time() - days * _DAY_S
    # What cannot be removed now is tried again the next time.
    with contextlib.suppress(OSError), _alone(cache, dry_run=False) as is_alone:
        buckets = [path for path in cache.iterdir() if path.is_dir()] if is_alone else []
        files = [
            f"{top}/{name}" for one in buckets for top, _, names in os.walk(one) for name in names
        ]
        idle = [file for file in files if _last_used(file) <= latest]
        if len(idle) == len(files):
            for bucket in buckets:
                shutil.rmtree(bucket)
        for file in idle:
            if file.endswith(_PAGES):
                Path(file).unlink(missing_ok=True)


def _last_used(file: str) -> float:
    """Return when a file was last written, or read where the disk notes that."""
    facts = os.lstat(file)
    return max(facts.st_atime, facts.st_mtime)


def remove_leftovers(cache: Path) -> None:
    """Remove what engines that were killed had begun to unpack; not while one works there."""
    if not cache.is_dir():
        return
    # What cannot be removed now is tried again by the next apply.
    with contextlib.suppress(OSError), _alone(cache, dry_run=False) as is_alone:
        for left in cache.glob(_BEGUN) if is_alone else ():
            shutil.rmtree(left)


def remove_unshared(cache: Path, records: Path) -> None:
    """Remove unpacked wheels that no generation has a file of, from the cache of an environment.

    Args:
        cache: Lies beside the generations; there need be none.
        records: Where RECORDs are kept.
    """
    if not cache.is_dir():
        return
    # What cannot be removed now is tried again after the next apply.
    with contextlib.suppress(OSError), _alone(cache, dry_run=False) as is_alone:
        if is_alone:
            _take_away(cache, *_split(cache, _wheels_by_record(records), {}, days=0))


def _remove(store: Path, wheels: Mapping[str, float], days: float, *, dry_run: bool) -> Unused:
    cache, now = store / "unpacked", time.time()
    gone, kept = _split(cache, _wheels_by_record(store / "records"), wheels, days)
    records = [
        file
        for file in sorted((store / "records").glob("*"))
        if file.name not in kept
        and file.name not in wheels
        and (now - file.stat().st_mtime) / _DAY_S >= days
    ]
    size = sum(copy.size_bytes for copy, _ in gone)
    size += sum(file.stat().st_blocks * _BLOCK_BYTES for file in records)
    if not dry_run:
        _take_away(cache, gone, kept)
        for begun in cache.glob(_BEGUN):
            shutil.rmtree(begun, ignore_errors=True)
        for file in records:
            file.unlink(missing_ok=True)
    return Unused(copies=len(gone), records=len(records), size_bytes=size)


def _split(
    cache: Path, of_record: Mapping[str, list[str]], wheels: Mapping[str, float], days: float
) -> tuple[list[tuple[_Copy, list[str]]], set[str]]:
    """Return the copies that nobody used, each with its wheels, and the wheels of all others."""
    now = time.time()
    gone: list[tuple[_Copy, list[str]]] = []
    kept: set[str] = set()
    for folder in sorted(path for path in cache.glob("archive-v*/*") if path.is_dir()):
        copy = _unlinked(folder)
        shas = of_record.get(copy.record if copy else _record_digest(folder), [])
        wanted = min((wheels[sha] for sha in shas if sha in wheels), default=days)
        if copy is None or wanted < days or (now - copy.used) / _DAY_S < days:
            kept.update(shas)
        else:
            gone.append((copy, shas))
    return gone, kept


def _take_away(cache: Path, gone: Iterable[tuple[_Copy, list[str]]], kept: set[str]) -> None:
    """Remove copies, with what leads to them."""
    pointers = _pointers(cache)
    for copy, shas in gone:
        # The engine's way to it first: what is half removed then is found again, never used.
        for pointer in pointers.get(copy.folder.name, []):
            _remove_pointer(pointer)
        for sha in set(shas) - kept:
            (cache / "torchenv-lists" / sha).unlink(missing_ok=True)
        shutil.rmtree(copy.folder)


@contextlib.contextmanager
def _alone(cache: Path, *, dry_run: bool) -> Iterator[bool]:
    """Hold the engine's lock on its cache within the block, where no engine works there."""
    if dry_run or not cache.is_dir():
        yield True
        return
    with (cache / ".lock").open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held, or a file system that cannot lock: nobody knows who works there
            yield False
            return
        yield True


def _unlinked(folder: Path) -> _Copy | None:
    """Return what an unpacked wheel is; None where an environment has a file of it."""
    size, used = 0, folder.stat().st_ctime
    for top, _, files in os.walk(folder):
        for name in files:
            facts = os.lstat(f"{top}/{name}")
            if facts.st_nlink > 1:
                return None
            size += facts.st_blocks * _BLOCK_BYTES
            used = max(used, facts.st_ctime)
    return _Copy(folder=folder, size_bytes=size, used=used, record=_record_digest(folder))


def _record_digest(folder: Path) -> str:
    for record in folder.glob("*.dist-info/RECORD"):
        return hashlib.sha256(record.read_bytes()).hexdigest()
    return ""


def _wheels_by_record(folder: Path) -> dict[str, list[str]]:
    """Return the wheels, by sha256, that have a RECORD of this sha256."""
    found: dict[str, list[str]] = {}
    for file in folder.glob("*"):
        with file.open("rb") as lines:
            digest = lines.readline(256).strip().decode("ascii", "replace")
        found.setdefault(digest, []).append(file.name)
    return found


def _pointers(cache: Path) -> dict[str, list[Path]]:
    """Return the engine's links to unpacked wheels, by the name of the folder they lead to."""
    found: dict[str, list[Path]] = {}
    for top, folders, files in os.walk(cache):
        if top == str(cache):
            folders[:] = [name for name in folders if name.startswith("wheels-v")]
            continue
        for name in (*folders, *files):
            path = cache / top / name
            if path.is_symlink():
                found.setdefault(path.readlink().name, []).append(path)
    return found


def _remove_pointer(pointer: Path) -> None:
    """Remove a link with what the engine notes beside it, and folders that are empty then."""
    for suffix in _NOTES:
        pointer.with_name(pointer.name + suffix).unlink(missing_ok=True)
    pointer.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        pointer.parent.rmdir()
        pointer.parent.parent.rmdir()
