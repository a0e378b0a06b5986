"""A lock for file systems that cannot lock: a name that only one process can make.

``link()`` fails where the name exists, on every file system and across machines, which
``open(O_EXCL)`` did not always on network file systems (open(2), NOTES). The file says who holds
it. Unlike the system's lock it stays where its holder is killed, so it must be seen to be stale:
on the same machine, when no process has its number and start time. What another machine's process
does cannot be seen; its lock is never taken over.

Taking over has a race of its own: two processes see the same stale lock, one removes it and makes
its own, and the other removes that. So a stale lock is removed by its name in one step, under a
second lock of the same kind, after reading it once more.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import TracebackType

_PAUSE_S: Final = 0.2
"""Between two looks at a lock that is held; there is nothing that would wake a waiter."""
_BREAKING_S: Final = 60.0
"""A lock for taking over, held for microseconds, counts as left behind after this long."""
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@dataclass(slots=True)
class LinkLock:
    """One lock; as a context manager it is held already and given back at the end."""

    path: Path
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Tells this holder from every other."""

    def acquire(self) -> bool:
        """Take the lock where it is free or stale; return whether it is held now.

        Raises:
            OSError: The folder cannot be written.
        """
        return _make(self.path, self._content()) or (
            self._remove_stale() and _make(self.path, self._content())
        )

    def wait(self) -> None:
        """Take the lock as soon as it is free.

        Raises:
            OSError: The folder cannot be written.
        """
        while not self.acquire():
            time.sleep(_PAUSE_S)

    def holder(self) -> str:
        """Return who holds it, for people: ``process 123 on node7``."""
        facts = _read(self.path) or {}
        return f"process {facts.get('pid', '?')} on {facts.get('node', '?')}"

    def __enter__(self) -> None:
        """Do nothing: it is held."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back, unless a person removed it and somebody else holds it now."""
        if (_read(self.path) or {}).get("token") == self.token:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _content(self) -> bytes:
        pid = os.getpid()
        facts = {
            "node": platform.node(),
            "machine": _machine(),
            "pid": pid,
            "start": _start_time(pid),
            "token": self.token,
        }
        return json.dumps(facts).encode()

    def _remove_stale(self) -> bool:
        """Remove the lock of a holder that is gone; return whether it was removed."""
        if not _is_stale(_read(self.path)):
            return False
        breaking = self.path.with_name(f"{self.path.name}-breaking")
        if not _make(breaking, self._content()):
            if _age_s(breaking) > _BREAKING_S:
                breaking.unlink(missing_ok=True)
            return False
        try:
            if not _is_stale(_read(self.path)):
                return False
            self.path.unlink(missing_ok=True)
            return True
        finally:
            breaking.unlink(missing_ok=True)


def _make(path: Path, content: bytes) -> bool:
    """Make a file with its content where no file of that name is; return whether it was made.

    Raises:
        OSError: The folder cannot be written.
    """
    own = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    own.write_bytes(content)
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno in _NO_LINKS:
            return _make_exclusively(path, content)
        # A server's answer may be lost after it made the link: then the file has two names.
        if own.stat().st_nlink != 2:  # noqa: PLR2004 - its own name and the lock's
            raise
    finally:
        own.unlink(missing_ok=True)
    return True


def _make_exclusively(path: Path, content: bytes) -> bool:
    """Do the same where files cannot have two names."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return True


def _read(path: Path) -> dict[str, Any] | None:
    """Return what the holder wrote, None where nobody holds it; empty where it cannot be read."""
    try:
        facts = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _is_stale(facts: dict[str, Any] | None) -> bool:
    """Whether the holder surely is gone: a process of this machine that runs no more."""
    if not facts or facts.get("machine") != _machine() or not isinstance(facts.get("pid"), int):
        return False
    pid = facts["pid"]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    start = _start_time(pid)
    return start is not None and facts.get("start") is not None and start != facts["start"]


def _machine() -> str:
    """Return what tells this machine, since its last start, from all others.

    A container has process numbers of its own, so it counts as a machine (``pid_namespaces(7)``).
    """
    boot, space = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(boot.read_text("ascii").strip())
    with contextlib.suppress(OSError):
        parts.append(str(space.readlink()))
    return " ".join(parts)


def _start_time(pid: int) -> str | None:
    """Return when a process started, in ticks since the machine did (``proc(5)``, ``stat``).

    None where there is no ``/proc``. The name of the program, in parentheses, may hold anything.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()[19]


def _age_s(path: Path) -> float:
    """Return how old a file is by the clock of its own file system; 0 where that is not known."""
    probe = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        probe.write_bytes(b"")
        return probe.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        probe.unlink(missing_ok=True)
