"""One apply at a time for each environment.

The lock is the operating system's (``flock``), so that a killed apply leaves none behind. The
holder writes down who it is, for the one who waits; nothing else is read from that. Where the file
system cannot lock, a lock file made by ``link()`` takes its place (``_link_lock``).

Not ``filelock``: which errors of ``flock`` it takes for "held by somebody else", and when it falls
back to a lock file of its own, has changed between the versions that torchenv admits.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
from typing import TYPE_CHECKING, Final

from provisioner.environment._link_lock import LinkLock
from provisioner.findings import Finding, Severity, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from provisioner.environment._layout import Layout
    from provisioner.events import Reporter

    FlockFunction = Callable[[int, int], None]

_CANNOT_LOCK: Final = frozenset(
    {
        errno.EBADF,  # NFS where the server has no lock manager
        errno.EINVAL,
        errno.ENOLCK,
        errno.ENOSYS,  # Lustre mounted without `flock`
        errno.EOPNOTSUPP,
        524,  # ENOTSUPP, which some network file systems of Linux let through
    }
)
"""What ``flock`` says on file systems that cannot lock."""
_HELD: Final = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


def _flock(handle: int, operation: int) -> None:
    fcntl.flock(handle, operation)


@contextlib.contextmanager
def environment_lock(
    layout: Layout, reporter: Reporter, *, wait: bool, flock: FlockFunction = _flock
) -> Iterator[None]:
    """Hold the environment's lock; wait for it, or refuse.

    Args:
        layout: The environment.
        reporter: Hears of waiting.
        wait: Whether to wait where somebody else holds it.
        flock: Locks an open file or raises ``OSError``, as ``fcntl.flock`` does.

    Raises:
        WorldError: Somebody else holds it and ``wait`` is false (``TE606``), or the folder cannot
            be written (``TE603``).
    """
    try:
        lock = _acquire(layout, reporter, wait=wait, flock=flock)
    except OSError as exc:
        raise WorldError(_cannot_lock(layout, exc)) from exc
    with lock:
        yield


def _acquire(
    layout: Layout, reporter: Reporter, *, wait: bool, flock: FlockFunction
) -> AbstractContextManager[None]:
    """Return the lock, held.

    Raises:
        WorldError: Somebody else holds it and this was not to wait.
        OSError: The lock's file cannot be made.
    """
    handle = _open(layout)
    try:
        _lock_open_file(handle, layout, reporter, wait=wait, flock=flock)
    except BaseException as exc:
        os.close(handle)
        if isinstance(exc, OSError) and exc.errno in _CANNOT_LOCK:
            return _acquire_link(layout, reporter, exc, wait=wait)
        raise
    if not _is_at_its_place(handle, layout):
        # Whoever held it before has removed the environment, and the lock's file with it.
        os.close(handle)
        return _acquire(layout, reporter, wait=wait, flock=flock)
    return _held_open(handle, layout)


def _open(layout: Layout) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(layout.lock_file, flags, 0o666)
    except FileNotFoundError:
        layout.create_root()
        return os.open(layout.lock_file, flags, 0o666)


def _lock_open_file(
    handle: int, layout: Layout, reporter: Reporter, *, wait: bool, flock: FlockFunction
) -> None:
    try:
        flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        if exc.errno not in _HELD:
            raise
        if not wait:
            raise WorldError(_held(layout, _holder(layout))) from None
        reporter.step(_waiting(layout, _holder(layout)))
        flock(handle, fcntl.LOCK_EX)


def _is_at_its_place(handle: int, layout: Layout) -> bool:
    try:
        there = layout.lock_file.stat(follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(there, os.fstat(handle))


@contextlib.contextmanager
def _held_open(handle: int, layout: Layout) -> Iterator[None]:
    try:
        with _signed(layout):
            yield
    finally:
        os.close(handle)


def _acquire_link(
    layout: Layout, reporter: Reporter, exc: OSError, *, wait: bool
) -> AbstractContextManager[None]:
    """Return a lock made by ``link()``, held; says so, since a kill may leave it behind."""
    reporter.finding(_no_flock(layout, exc))
    lock = LinkLock(layout.root / "lock-link")
    if not lock.acquire():
        who = lock.holder()
        if not wait:
            raise WorldError(_held_by_link(layout, lock, who))
        reporter.step(_waiting(layout, f" ({who})"))
        lock.wait()
    return lock


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


def _waiting(layout: Layout, who: str) -> str:
    return f"Waiting for another apply{who} on {display(layout.link)}"


def _held(layout: Layout, who: str) -> Finding:
    return Finding(
        code="TE606",
        message=f"Another apply{who} is working on `{display(layout.link)}`.",
        why="Only one apply may change an environment at a time, and this one was not to wait.",
        do="Run the command again when the other one has ended, or let it wait.",
    )


def _held_by_link(layout: Layout, lock: LinkLock, who: str) -> Finding:
    return Finding(
        code="TE606",
        message=f"Another apply ({who}) is working on `{display(layout.link)}`.",
        why="Only one apply may change an environment at a time, and this one was not to wait. "
        "Whether a process on another machine still runs cannot be seen from here.",
        do="Run the command again when the other one has ended, or let it wait. If it was killed, "
        f"remove `{display(lock.path)}`.",
    )


def _no_flock(layout: Layout, exc: OSError) -> Finding:
    return Finding(
        code="TE642",
        severity=Severity.NOTE,
        message=f"The file system of `{display(layout.root)}` cannot lock files.",
        why=f"The system said: {exc.strerror or exc} (error {exc.errno}). A lock file is used "
        "instead. Where its holder is killed on this machine, the next apply takes it over.",
        do="Nothing; if an apply was killed on another machine and others wait for it, remove "
        f"`{display(layout.root / 'lock-link')}`.",
    )


def _cannot_lock(layout: Layout, exc: OSError) -> Finding:
    return Finding(
        code="TE603",
        message=f"`{display(layout.lock_file)}` cannot be locked.",
        why=f"The system said: {exc.strerror or exc}. Without a lock two applies could work on one "
        "environment at the same time.",
        do="Check the owner and permissions of the folder, or choose an `environment.path` on "
        "another file system.",
    )
