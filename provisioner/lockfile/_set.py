"""The locks of a spec with several targets: one set, made together and written together.

Each lock of a set names the same digest over all of them. So a file of another run, or a set that
was written by half, is noticed, also where the spec has not changed in between.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner import paths
from provisioner.findings import Finding, Severity, Where
from provisioner.lockfile._write import document_digest, render_lock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provisioner.lockfile._types import Lock
    from provisioner.spec import Spec

_LINE: Final = re.compile(r'^set-digest = "(?P<digest>[0-9a-f]{64})"$', re.MULTILINE)


def as_set(locks: Sequence[Lock]) -> tuple[Lock, ...]:
    """Return the locks with the digest that makes them one set; a lock alone needs none."""
    plain = [replace(lock, set_digest="") for lock in locks]
    if len(plain) == 1:
        return tuple(plain)
    lines = sorted(f"{lock.target.name} {document_digest(lock)}\n" for lock in plain)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return tuple(replace(lock, set_digest=digest) for lock in plain)


def write_locks(locks: Sequence[Lock]) -> tuple[bool, ...]:
    """Write all locks or none; return for each whether its file has changed.

    All are written beside their places first, and then moved there. What is killed between two
    moves leaves a mixed set, which :func:`set_problem` tells. What earlier runs that were killed
    left beside the files is removed.

    Raises:
        OSError: A file cannot be written; all old locks are then unchanged.
    """
    contents = {lock.file: render_lock(lock).encode() for lock in locks}
    changed = {path: text for path, text in contents.items() if not _holds(path, text)}
    paths.write_together(changed)
    for path in contents:
        paths.remove_left_over(path)
    return tuple(path in changed for path in contents)


def set_problem(spec: Spec, lock: Lock) -> Finding | None:
    """Return why a lock and those of the other targets are not one set, or None where they are.

    Args:
        spec: The spec, narrowed to the target of the lock.
        lock: Its lock.
    """
    for sibling in spec.siblings:
        path = spec.lock_file_of(sibling.name)
        digest = _set_digest_of(path)
        if digest is None:
            return _missing(path, str(sibling.name))
        if digest != lock.set_digest:
            return _mixed(lock.file, path)
    return None


def left_over(spec: Spec) -> tuple[Finding, ...]:
    """Return a note for each lock beside the spec of a target that it no longer has.

    Args:
        spec: The spec with all its targets.
    """
    names = {target.name for target in spec.targets}
    start = f"pylock.{spec.stem}-"
    found = sorted(spec.file.parent.glob(f"{start}*.toml"))
    named = ((path, path.name.removeprefix(start).removesuffix(".toml")) for path in found)
    return tuple(
        _left_over(path, name) for path, name in named if name not in names and _is_of(path, name)
    )


def _is_of(path: Path, name: str) -> bool:
    """Whether a lock is that of a target of this name, and not that of another spec."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return f'\n[tool.torchenv.target]\nname = "{name}"\n' in text


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _set_digest_of(path: Path) -> str | None:
    """Return the digest that a lock names, empty where it names none; None without a lock.

    Only this line is looked at: the lock itself is checked where it is used.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = _LINE.search(text)
    return found["digest"] if found else ""


def _missing(path: Path, name: str) -> Finding:
    return Finding(
        code="TE461",
        message=f"The lock of the target `{name}` is missing: `{paths.display(path)}`.",
        why="The locks of a spec belong together: they are made in one run, with equal versions.",
        do="Restore it from your repository, or make all of them anew with `torchenv lock`.",
        where=Where(file=paths.display(path)),
    )


def _mixed(own: Path, other: Path) -> Finding:
    return Finding(
        code="TE460",
        message=f"`{paths.display(own)}` and `{paths.display(other)}` are not from the same run.",
        why="The locks of a spec belong together. One of them was restored or merged alone, or "
        "writing them was interrupted, so the targets may have different versions.",
        do="Restore all of them from the same commit, or make all anew with `torchenv lock`.",
        where=Where(file=paths.display(own)),
    )


def _left_over(path: Path, name: str) -> Finding:
    return Finding(
        code="TE465",
        severity=Severity.NOTE,
        message=f"`{paths.display(path)}` is the lock of a target that the spec no longer has.",
        why=f"The spec has no target `{name}`, so nobody keeps that file up to date, and other "
        "tools would still install it.",
        do="Remove the file, or bring the target back.",
        where=Where(file=paths.display(path)),
    )
