"""Going back to the environment of another tool that was there before torchenv: generation 0.

An apply over such an environment moves it aside. Its scripts name the path where it was, so it
works again when it is moved back there; torchenv's generations stay, and the next apply uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.environment._generations import clean_up
from provisioner.environment._inspect import inspect_environment
from provisioner.environment._layout import Layout
from provisioner.environment._locking import environment_lock
from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.environment._switch import exchange_names
from provisioner.environment._types import Absent, Ours
from provisioner.findings import Finding, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.events import Reporter


def kept_aside(link: Path) -> Path | None:
    """Return the environment of another tool that was kept aside last; None where none was."""
    root = Layout(link=link).root
    kept = [path for path in root.glob("0000-kept-*") if path.name.rpartition("-")[2].isdigit()]
    return max(kept, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def restore_kept(
    link: Path,
    reporter: Reporter,
    *,
    wait: bool = True,
    exchange: Callable[[Path, Path], bool] = exchange_names,
) -> Path:
    """Put the environment of another tool back to its path; returns where it was kept.

    Where the system can exchange two names that is one step. Elsewhere a kill between two steps
    leaves nothing at the path, and the same command or an apply goes on from there.

    Args:
        link: The environment's path.
        reporter: Hears of waiting.
        wait: Whether to wait for an apply that works there.
        exchange: Exchanges two names, or says that it cannot.

    Raises:
        WorldError: Nothing was kept aside, or what is at the path is not torchenv's (``TE651``),
            somebody works there (``TE606``), or the folder cannot be written.
    """
    layout = Layout(link=link)
    if kept_aside(link) is None:
        raise WorldError(_nothing_kept(link))
    with environment_lock(layout, reporter, wait=wait), os_errors_as_findings(layout.root):
        clean_up(layout)
        kept, found = kept_aside(link), inspect_environment(link)
        if kept is None or not isinstance(found, (Ours, Absent)):
            raise WorldError(_nothing_kept(link))
        if isinstance(found, Ours) and exchange(kept, link):
            kept.unlink()
        else:
            if isinstance(found, Ours):
                link.unlink()
            elif found.empty_folder:
                link.rmdir()
            kept.rename(link)
    return kept


def _nothing_kept(link: Path) -> Finding:
    return Finding(
        code="TE651",
        message=f"There is no environment of another tool to put back to `{display(link)}`.",
        why="None was kept aside there by an apply, or it was put back already.",
        do="`torchenv rollback` goes back to torchenv's own generations.",
    )
