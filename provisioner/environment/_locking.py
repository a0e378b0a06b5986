"""One apply at a time for each environment.

The lock is the operating system's (``flock`` by way of ``filelock``), so that a killed apply leaves
none behind. The holder writes down who it is, for the one who waits; nothing else is read from
that.
"""

from __future__ import annotations

import contextlib
import os
import platform
from typing import TYPE_CHECKING

from provisioner.findings import Finding, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from filelock import BaseFileLock

    from provisioner.environment._layout import Layout
    from provisioner.events import Reporter


@contextlib.contextmanager
def environment_lock(layout: Layout, reporter: Reporter, *, wait: bool) -> Iterator[None]:
    """Hold the environment's lock; wait for it, or refuse.

    Raises:
        WorldError: Somebody else holds it and ``wait`` is false (``TE606``), or the file system
            cannot lock (``TE603``).
    """
    # Imported late: an apply with nothing to do takes no lock.
    from filelock import FileLock  # noqa: PLC0415

    lock = FileLock(layout.lock_file)
    try:
        _acquire(lock, layout, reporter, wait=wait)
    except OSError as exc:
        raise WorldError(_cannot_lock(layout, exc)) from exc
    try:
        with _signed(layout):
            yield
    finally:
        lock.release()


def _acquire(lock: BaseFileLock, layout: Layout, reporter: Reporter, *, wait: bool) -> None:
    from filelock import Timeout  # noqa: PLC0415 - as above

    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            raise WorldError(_held(layout)) from None
        reporter.step(f"Waiting for another apply{_holder(layout)} on {display(layout.link)}")
        lock.acquire()


@contextlib.contextmanager
def _signed(layout: Layout) -> Iterator[None]:
    """Say who holds the lock while it is held."""
    with contextlib.suppress(OSError):
        layout.holder_file.write_text(f"process {os.getpid()} on {platform.node()}\n", "utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            layout.holder_file.unlink(missing_ok=True)


def _holder(layout: Layout) -> str:
    """Return `` (process 123 on host)``, or nothing where that is not known."""
    try:
        who = layout.holder_file.read_text("utf-8").strip()
    except (OSError, ValueError):
        who = ""
    return f" ({who})" if who else ""


def _held(layout: Layout) -> Finding:
    return Finding(
        code="TE606",
        message=f"Another apply{_holder(layout)} is working on `{display(layout.link)}`.",
        why="Only one apply may change an environment at a time, and this one was not to wait.",
        do="Run the command again when the other one has ended, or let it wait.",
    )


def _cannot_lock(layout: Layout, exc: OSError) -> Finding:
    return Finding(
        code="TE603",
        message=f"`{display(layout.lock_file)}` cannot be locked.",
        why=f"The system said: {exc.strerror or exc}. Without a lock two applies could work on one "
        "environment at the same time.",
        do="Check the owner and permissions of the folder, or choose an `environment.path` on a "
        "file system that can lock.",
    )
