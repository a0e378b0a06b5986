"""The switch: one atomic rename makes a new generation the environment.

What may be in the way: nothing, an empty folder, torchenv's own link, and what other tools made.
The last is kept: a real environment changes places with the new link in one step where the system
can do that (``renameat2`` on Linux, ``renamex_np`` on macOS), else in two with a note on disk from
which :func:`recover` undoes the first one after a kill in between.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import TYPE_CHECKING, Final

from provisioner._quick_switch import replace_link
from provisioner.environment._disk import flush_names
from provisioner.environment._types import Absent, Blocked, Environment, Foreign, Ours
from provisioner.findings import Finding, Severity
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.environment._layout import Generation, Layout

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
"""``RENAME_EXCHANGE`` of renameat2(2) and ``RENAME_SWAP`` of renamex_np(2) alike."""


def switch(
    layout: Layout,
    generation: Generation,
    before: Environment,
    *,
    exchange: Callable[[Path, Path], bool] | None = None,
) -> tuple[Finding, ...]:
    """Make ``generation`` the environment; returns notes about what was kept aside.

    Args:
        layout: The environment.
        generation: Complete and proven.
        before: What was found at the environment's path just now.
        exchange: Exchanges two names in one step, or says that it cannot.

    Raises:
        OSError: The link cannot be made; what was there is untouched.
    """
    target = layout.target(generation.number)
    kept: Path | None = None
    match before:
        case Foreign(kind="folder"):
            kept = _free_name(layout)
            _swap_folder(layout, target, kept, exchange or exchange_names)
        case Foreign(target=foreign):
            kept = _free_name(layout)
            kept.symlink_to(layout.link.parent / (foreign or ""))
            _replace_link(layout, target)
        case Absent(empty_folder=is_folder):
            if is_folder:
                layout.link.rmdir()
            _replace_link(layout, target)
        case Ours() | Blocked():
            _replace_link(layout, target)
    flush_names(layout.link.parent)
    return () if kept is None else (_kept_finding(layout, kept),)


def recover(layout: Layout) -> None:
    """Undo what a killed switch left: its temporary link, and a folder that was on its way.

    Raises:
        OSError: It cannot be undone.
    """
    _put_back(layout)
    layout.new_link.unlink(missing_ok=True)
    for kept in layout.root.glob("0000-kept-*"):
        # An exchange that was prepared and not made: the link to the new generation.
        if kept.is_symlink() and layout.number_of(str(kept.readlink())) is not None:
            kept.unlink()


def _put_back(layout: Layout) -> None:
    """Put a folder that was on its way back to the environment's path."""
    note = _moving_note(layout)
    if not note.exists():
        return
    kept = layout.root / note.read_text(encoding="utf-8").strip()
    if kept.is_dir() and not os.path.lexists(layout.link):
        kept.rename(layout.link)
    note.unlink()


def _replace_link(layout: Layout, target: str) -> None:
    replace_link(str(layout.link), str(layout.new_link), target)


def _swap_folder(
    layout: Layout, target: str, kept: Path, exchange: Callable[[Path, Path], bool]
) -> None:
    """Put the link where a folder is, and the folder at ``kept``."""
    kept.symlink_to(target)
    if exchange(kept, layout.link):
        return
    kept.unlink()
    note = _moving_note(layout)
    note.write_text(f"{kept.name}\n", encoding="utf-8")
    try:
        layout.link.rename(kept)
        _replace_link(layout, target)
    except BaseException:
        _put_back(layout)
        raise
    note.unlink()


def _moving_note(layout: Layout) -> Path:
    return layout.root / "moving-aside"


def exchange_names(one: Path, two: Path) -> bool:
    """Exchange two names in one step; False where this system or file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(one), os.fsencode(two))
    with contextlib.suppress(AttributeError):
        if sys.platform == "darwin":
            return bool(libc.renamex_np(*names, _RENAME_EXCHANGE) == 0)
        return bool(libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)
    return False


def _free_name(layout: Layout) -> Path:
    """Return a name that nothing has been kept under yet."""
    number = 1
    while os.path.lexists(layout.root / f"0000-kept-{number}"):
        number += 1
    return layout.root / f"0000-kept-{number}"


def _kept_finding(layout: Layout, kept: Path) -> Finding:
    return Finding(
        code="TE605",
        severity=Severity.NOTE,
        message=f"What was at `{display(layout.link)}` is now at `{display(kept)}`.",
        why="It was not made by torchenv, and torchenv deletes nothing that it did not make. The "
        "scripts in a moved environment name the old path and no longer work.",
        do="`torchenv rollback 0` puts it back, where its scripts work again. Delete it when you "
        f"no longer need it: `rm -r {display(kept)}`.",
    )
