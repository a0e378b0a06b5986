"""Refusing what cannot become an environment, before anything is fetched or built."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.environment._inspect import inspect_environment
from provisioner.environment._layout import Layout
from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.environment._types import Blocked, Environment, Foreign, Ours
from provisioner.findings import Finding, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Collection

PROBE: Final = ".torchenv-probe-"
"""How the names begin of links that are made for a moment; a kill in that moment leaves one."""


def require_place(layout: Layout, environment: Environment) -> None:
    """Refuse a path that holds something that must not be touched, or that no environment can have.

    Raises:
        WorldError: A file (``TE601``), another folder (``TE602``), nothing that can be read
            (``TE603``), or a path that breaks ``PATH`` (``TE610``).
    """
    if isinstance(environment, Blocked):
        raise WorldError(environment.finding)
    path = str(layout.link)
    if os.pathsep in path or "\n" in path or not _is_text(path):
        raise WorldError(_unusable_path(layout))


def require_free_place(path: Path) -> None:
    """Refuse early, before anything is resolved or fetched, what an apply would refuse later.

    Nothing is left behind. An environment that torchenv made may lie where nothing can be written:
    there may be nothing to do.

    Args:
        path: The environment's absolute path.

    Raises:
        WorldError: As :func:`require_place` and :func:`prepare_place`.
    """
    layout, environment = Layout(link=path), inspect_environment(path)
    require_place(layout, environment)
    if not isinstance(environment, Ours):
        folder = next(parent for parent in path.parents if parent.is_dir())
        with os_errors_as_findings(folder):
            _try_link(folder)


def require_elsewhere(path: Path, locked: Collection[str], *, running: Path | None = None) -> None:
    """Refuse to replace the environment that torchenv itself runs in.

    It would move its own files away under its feet, or leave an environment without itself behind;
    an environment whose lock has torchenv goes on having it.

    Args:
        path: The environment's absolute path.
        locked: Names of the locked packages.
        running: The environment that torchenv runs in; by default this process's own.

    Raises:
        WorldError: It is that one (``TE645``).
    """
    here = Path(os.path.realpath(running or sys.prefix))
    is_ours = isinstance(inspect_environment(path), Ours)
    if Path(os.path.realpath(path)) == here and not (is_ours and "torchenv" in locked):
        raise WorldError(_runs_here(path))


def prepare_place(layout: Layout, environment: Environment) -> None:
    """Make the folders beside the environment, and try that its link can be made there.

    Trying is the only sure answer: permissions, read-only mounts, quotas and file systems without
    symbolic links all say no in their own way, and root is refused by some of them only.

    Raises:
        WorldError: The folder cannot be written (``TE603``), or the disk is full (``TE503``).
    """
    with os_errors_as_findings(layout.link.parent):
        layout.create_root()
        _try_link(layout.link.parent)
        on_same_disk = layout.root.stat().st_dev == layout.link.parent.stat().st_dev
    if isinstance(environment, Foreign) and environment.kind == "folder" and not on_same_disk:
        raise WorldError(_cannot_keep(layout))


def _try_link(folder: Path) -> None:
    probe = folder / f"{PROBE}{os.getpid()}"
    probe.symlink_to("nowhere")
    probe.unlink(missing_ok=True)  # the clean-up of another apply may have been faster


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _runs_here(path: Path) -> Finding:
    return Finding(
        code="TE645",
        message=f"torchenv itself is installed in `{display(path)}`.",
        why="An apply replaces that environment as a whole, and torchenv with it.",
        do="Install torchenv somewhere else (`uv tool install torchenv`, `pipx install torchenv`, "
        "or a virtual environment of its own), and run it from there.",
    )


def _unusable_path(layout: Layout) -> Finding:
    return Finding(
        code="TE610",
        message=f"No environment can be at {str(layout.link)!a}.",
        why=f"`{os.pathsep}` separates the folders of `PATH`, so an environment with one in its "
        "path cannot be activated; newlines, and bytes that are no UTF-8, break scripts.",
        do="Choose another `environment.path` in the spec, or move the project.",
    )


def _cannot_keep(layout: Layout) -> Finding:
    return Finding(
        code="TE603",
        message=f"What is at `{display(layout.link)}` cannot be kept aside.",
        why=f"`{display(layout.folder)}` is on another file system, and a folder cannot be renamed "
        "across two.",
        do=f"Move `{display(layout.link)}` away yourself and run the same command again.",
    )
