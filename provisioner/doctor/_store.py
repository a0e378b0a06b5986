"""Looking at torchenv's own store: by size, mode and the end of each file; by hash where asked."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.doctor._facts import StoreFacts
from provisioner.findings import WorldError
from provisioner.store import iter_kept, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provisioner.store import Kept

_SHOWN: Final = 5


def collect_store(
    root: Path, *, deep: bool = False, access: Callable[[str, int], bool] = os.access
) -> StoreFacts | None:
    """Return how the store is, None where there is none.

    Args:
        root: Its folder.
        deep: Whether to hash every wheel.
        access: Whether this user may use a path so, as ``os.access`` says.
    """
    if not os.path.lexists(root):
        return None
    if not root.is_dir():
        return StoreFacts(path=str(root), refused=(f"{root} is no folder",))
    refused = list(_refused(root, access))
    try:
        kept = list(iter_kept(root))
    except WorldError as exc:
        refused.append(exc.findings[0].why)
        kept = []
    wheels = [one for one in kept if not one.part]
    parts = [one for one in kept if one.part]
    damaged = [text for one in wheels if (text := _damage(one, deep=deep)) is not None]
    return StoreFacts(
        path=str(root),
        wheels=len(wheels),
        wheel_bytes=sum(one.size for one in wheels),
        parts=tuple(one.name for one in parts[:_SHOWN]),
        part_count=len(parts),
        part_bytes=sum(one.size for one in parts),
        damaged=tuple(damaged[:_SHOWN]),
        damaged_count=len(damaged),
        refused=tuple(refused[:_SHOWN]),
    )


def _refused(root: Path, access: Callable[[str, int], bool]) -> Iterator[str]:
    """Yield the folders of wheels that this user cannot list or write."""
    below = [root / name for name in ("wheels", "learned", "locks")]
    for folder in (root, *below, *(one for place in below for one in _folders(place))):
        if folder.is_dir() and not access(str(folder), os.R_OK | os.W_OK | os.X_OK):
            yield f"{folder} cannot be read and written"


def _folders(place: Path) -> Iterator[Path]:
    for folder, names, _ in os.walk(place):
        yield from (Path(folder) / name for name in sorted(names))


def _damage(one: Kept, *, deep: bool) -> str | None:
    """Return what is wrong with a wheel; without ``deep`` only its end is read."""
    try:
        if one.size == 0:
            return f"{one.path} is empty"
        if not zipfile.is_zipfile(one.path):
            return f"{one.path} has no end of an archive"
        if deep and sha256_of(one.path) != one.sha256:
            return f"{one.path} has another hash than its folder says"
        with one.path.open("rb"):
            return None
    except OSError as exc:
        return f"{one.path} cannot be read: {exc.strerror or exc}"
