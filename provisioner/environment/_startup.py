"""What a locked package brings that Python runs at every start, as far as the store knows."""

from __future__ import annotations

import contextlib
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.environment._records import iter_rows, kept_record, read_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.environment._changes import Change, Changes
    from provisioner.lockfile import Lock, LockedWheel

_SITE: Final = "site-packages"
"""Found in the paths that a wheel spells out in its ``data`` scheme too."""


def startup_files(record: bytes) -> tuple[str, ...]:
    """Return the files of a wheel that Python runs at every start, sorted; pure.

    ``.pth`` files, ``.start`` files (PEP 829), ``sitecustomize`` and ``usercustomize`` (the
    standard library's ``site``), where they lie at the top of ``site-packages``.

    Args:
        record: RECORD of the wheel.
    """
    paths = (row.path.partition("site-packages/") for row in iter_rows(record, _SITE))
    return tuple(sorted(path for _, site, path in paths if site and _runs(path)))


def _runs(path: str) -> bool:
    top, _, rest = path.partition("/")
    if rest:
        return top in {"sitecustomize", "usercustomize"} and rest == "__init__.py"
    name = top.partition(".")[0]
    return top.endswith((".pth", ".start")) or (
        name in {"sitecustomize", "usercustomize"} and top.endswith((".py", ".so"))
    )


def with_startup(
    changes: Changes, lock: Lock, records: Path, find: Callable[[LockedWheel], Path]
) -> Changes:
    """Return the changes with what each package that comes runs at every start.

    Of a wheel that the store does not have nothing is known, and nothing is fetched for it.

    Args:
        changes: What an apply changes.
        lock: What is to be there.
        records: Where RECORDs are kept.
        find: Where the store has a wheel, if it does.
    """
    wheels = {package.name: package.wheel for package in lock.packages}

    def told(change: Change) -> Change:
        wheel = wheels.get(change.name)  # None of what is still to be built
        record = _record(records, wheel, find) if wheel is not None else None
        return change if record is None else replace(change, startup=startup_files(record))

    return replace(
        changes,
        added=tuple(told(change) for change in changes.added),
        changed=tuple(told(change) for change in changes.changed),
    )


def _record(records: Path, wheel: LockedWheel, find: Callable[[LockedWheel], Path]) -> bytes | None:
    known = kept_record(records, wheel.sha256)
    if known is not None:
        return known
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile):
        return read_record(find(wheel))
    return None
