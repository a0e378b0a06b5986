"""Removing what torchenv made: old generations (``gc``), or a whole environment (``destroy``).

What other tools made is never removed: an environment that was kept aside stays where it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner._quick import POINTER_FORMAT
from provisioner.environment._generations import clean_up, discard, is_current, retire
from provisioner.environment._history import history_file
from provisioner.environment._inspect import inspect_environment
from provisioner.environment._layout import Layout, remove_marked
from provisioner.environment._locking import environment_lock
from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.environment._records import records_folder
from provisioner.environment._types import Blocked, Foreign, Ours
from provisioner.environment._unused import remove_unshared
from provisioner.findings import Finding, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.environment._types import Environment
    from provisioner.environment._unused import Unused
    from provisioner.events import Reporter

_BLOCK_BYTES: Final = 512
"""Unit of ``st_blocks``, whatever the file system's own block is (POSIX, ``sys/stat.h``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What is, or would be, removed of one environment."""

    link: Path
    """The environment's path."""
    generations: tuple[str, ...]
    """Names of the folders, oldest first."""
    size_bytes: int
    """What removing them frees; files that other generations or the cache share are not counted."""
    kept: tuple[Path, ...] = ()
    """Environments of other tools, kept aside, which stay."""
    unused: Unused | None = None
    """What of the store goes with them; None where that was not looked at."""


def plan_tidying(link: Path, *, keep: int) -> Removal:
    """Return what :func:`tidy` would remove: all but the current generation and ``keep`` others."""
    layout = Layout(link=link)
    others = [
        number
        for number in layout.iter_numbers()
        if not is_current(layout, layout.generation(number))
    ]
    return _removal(layout, others[: max(len(others) - keep, 0)])


def tidy(
    link: Path, environ: Mapping[str, str], reporter: Reporter, *, keep: int, wait: bool = True
) -> Removal:
    """Remove the generations that are not used, and what interrupted applies left.

    Args:
        link: The environment's path.
        environ: The caller's environment variables.
        reporter: Hears of waiting.
        keep: How many generations to keep beside the current one; the newest stay.
        wait: Whether to wait for an apply that works there.

    Raises:
        WorldError: Somebody works there (``TE606``), or the folder cannot be written.
    """
    layout = Layout(link=link)
    if not layout.root.is_dir():
        return _removal(layout, [])
    with environment_lock(layout, reporter, wait=wait), os_errors_as_findings(layout.root):
        planned = plan_tidying(link, keep=keep)
        clean_up(layout)
        for name in planned.generations:
            retire(layout, layout.generation(int(name)))
        remove_unshared(layout.unpacked, records_folder(environ))
    return planned


def plan_destruction(link: Path) -> Removal:
    """Return what :func:`destroy` would remove.

    Raises:
        WorldError: What is at the path was not made by torchenv (``TE639``).
    """
    layout = Layout(link=link)
    _refuse_foreign(layout, inspect_environment(link))
    return _removal(layout, layout.iter_numbers())


def destroy(link: Path, reporter: Reporter, *, wait: bool = True) -> Removal:
    """Remove an environment: its link first, then all generations and all notes about it.

    Raises:
        WorldError: It was not made by torchenv (``TE639``), somebody works there (``TE606``), or
            the folder cannot be written.
    """
    layout = Layout(link=link)
    planned = plan_destruction(link)
    if not planned.generations and not layout.folder.is_dir():
        return planned
    with environment_lock(layout, reporter, wait=wait), os_errors_as_findings(layout.root):
        clean_up(layout)
        if isinstance(inspect_environment(link), Ours):
            link.unlink()
        for number in layout.iter_numbers():
            discard(layout.generation(number))
        shutil.rmtree(layout.unpacked, ignore_errors=True)
        for pointer in _pointers(layout):
            pointer.unlink(missing_ok=True)
        (layout.root / "last-generation").unlink(missing_ok=True)
        history_file(layout).unlink(missing_ok=True)
        for path in layout.root.iterdir():
            if path.name.isdigit() and path.is_symlink():
                path.unlink()  # of a generation that was removed
        # Still held: whoever waits for it sees that its file is gone, and makes a new one.
        layout.lock_file.unlink(missing_ok=True)
    _remove_empty(layout)
    return planned


def _refuse_foreign(layout: Layout, found: Environment) -> None:
    if isinstance(found, Blocked):
        raise WorldError(found.finding)
    if isinstance(found, Foreign):
        raise WorldError(
            Finding(
                code="TE639",
                message=f"What is at `{display(layout.link)}` was not made by torchenv.",
                why="torchenv deletes nothing that it did not make.",
                do=f"Remove it yourself if you want to: `rm -r {display(layout.link)}`.",
            )
        )


def _removal(layout: Layout, numbers: list[int]) -> Removal:
    folders = [layout.generation(number).folder for number in numbers]
    return Removal(
        link=layout.link,
        generations=tuple(folder.name for folder in folders),
        size_bytes=_freed_bytes([*folders, layout.unpacked] if folders else []),
        kept=tuple(sorted(layout.root.glob("0000-kept-*"))),
    )


def _freed_bytes(folders: list[Path]) -> int:
    """Return what removing these folders frees: files all of whose names are in them."""
    names: dict[tuple[int, int], int] = {}
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    for folder in folders:
        for top, _, files in os.walk(folder):
            for name in files:
                with contextlib.suppress(OSError):
                    stat = os.lstat(f"{top}/{name}")
                    key = (stat.st_dev, stat.st_ino)
                    names[key] = names.get(key, 0) + 1
                    sizes[key] = (stat.st_nlink, stat.st_blocks * _BLOCK_BYTES)
    return sum(size for key, (links, size) in sizes.items() if names[key] == links)


def _pointers(layout: Layout) -> list[Path]:
    """Return the pointer files that lead to this environment."""
    found = []
    for pointer in layout.folder.glob("*.quick"):
        with contextlib.suppress(OSError, ValueError):
            text = pointer.read_text(encoding="utf-8", errors="surrogateescape")
            lines = text.split("\n")
            if lines[0] == POINTER_FORMAT and f"link {layout.link}" in lines:
                found.append(pointer)
    return found


def _remove_empty(layout: Layout) -> None:
    """Remove the folders beside the environment where nothing of anybody is left in them."""
    with contextlib.suppress(OSError):
        layout.root.rmdir()
    with contextlib.suppress(OSError):
        remove_marked(layout.folder)
