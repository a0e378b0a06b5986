"""Kills an operation at points spread over it, and judges each time what is left.

``python -m tests.faults.killing FOLDER OPERATION POINTS`` prints one JSON object a line: first the
number of points that there are, then one for each kill.

A point is an event of Python's audit hooks (PEP 578) that changes the file system, or a step that
the operation reports, counted in the order in which they come; the kill is a real ``SIGKILL`` to
the process that works, sent by itself just before the change is made. So the points depend on
nothing but the work. A process is forked for each, since starting Python takes longer than the
work; the world is put back from a copy, at the same path, with the same times.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.events import Reporter
from tests.environment.kit import Project, make_project
from tests.faults.operations import OPERATIONS, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

_CHANGES: Final = frozenset(
    {
        "os.chmod",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
        "os.utime",
        "os.fork",
        "os.posix_spawn",
        "shutil.rmtree",
    }
)
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What one kill left, and what came of it."""

    point: int
    event: str
    """What was about to happen."""
    state: str
    """What was found at the environment's path, by the wheels' bytes."""
    again: str
    """What was found after the same was done again, to its end."""
    wrong: str
    """What was not as promised; empty where all was."""


class Counter(Reporter):
    """Counts changes of the file system and steps, and kills its own process at one of them."""

    def __init__(self, at: int, note: Path) -> None:
        """Kill at change number ``at``, counted from 1; 0 never kills."""
        self.at = at
        self.note = note
        self.count = 0
        self.is_counting = True

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count an event where it changes the file system."""
        if event in _CHANGES or (event == "open" and _is_writing(arguments)):
            what = arguments[0] if arguments else ""
            self._next(f"{event} {os.fsdecode(what) if isinstance(what, (str, bytes)) else ''}")

    def step(self, text: str) -> None:
        """Count a step."""
        self._next(f"step {text}")

    def detail(self, text: str) -> None:
        """Count a line of the engine: it is at work while this is heard."""
        self._next(f"engine {text}")

    def _next(self, what: str) -> None:
        if not self.is_counting:
            return
        self.count += 1
        if self.count == self.at:
            self.is_counting = False
            self.note.write_text(what, errors="replace")
            os.kill(os.getpid(), signal.SIGKILL)


def _is_writing(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return isinstance(flags, int) and bool(flags & _WRITING)


def in_child(work: Callable[[], object]) -> tuple[int, Any]:
    """Do something in a child; returns how it ended, as ``waitpid`` tells it, and its value."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            value = work()
            os.write(write, json.dumps(value).encode())
            code = 0
        except BaseException:  # noqa: BLE001 - a child must not return from the fork
            os.write(write, json.dumps(traceback.format_exc()).encode())
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    _wait_for_orphans()
    return status, json.loads(text) if text else None


def _wait_for_orphans() -> None:
    """Wait for the engine of a killed child, which the kernel ends a moment later."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


class World:
    """The folder in which all happens, and its copy from before."""

    def __init__(self, folder: Path, operation: Operation) -> None:
        """Prepare the world of an operation."""
        self.folder = folder / "world"
        self.copy = folder / "copy"
        self.note = folder / "note"
        self.operation = operation
        status, said = in_child(lambda: operation.prepare(self.project()))
        assert status == 0, said
        shutil.copytree(self.folder, self.copy, symlinks=True)

    def project(self) -> Project:
        """Open the project."""
        return make_project(self.folder)

    def put_back(self) -> None:
        """Make the world what it was before, at the same path."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder, symlinks=True)

    def count(self) -> int:
        """Return how many points the operation has."""
        self.put_back()

        def work() -> int:
            counter = Counter(0, self.note)
            sys.addaudithook(counter.audit)
            self.operation.change(self.project(), counter)
            counter.is_counting = False
            return counter.count

        status, count = in_child(work)
        assert status == 0, count
        return int(count)

    def kill(self, point: int) -> Kill:
        """Kill the operation at a point, judge what is left, and do it again."""
        self.put_back()

        def work() -> None:
            counter = Counter(point, self.note)
            sys.addaudithook(counter.audit)
            self.operation.change(self.project(), counter)
            counter.is_counting = False

        status, said = in_child(work)
        if not os.WIFSIGNALED(status):
            message = f"was not killed: {said}"
            return Kill(point=point, event="", state="", again="", wrong=message)
        event = self.note.read_text().replace(str(self.folder), "…")
        status, judged = in_child(self._judge)
        if status:
            return Kill(point=point, event=event, state="", again="", wrong=judged)
        return Kill(point=point, event=event, **judged)

    def _judge(self) -> dict[str, str]:
        project, operation = self.project(), self.operation
        wrong = [operation.lie(project)]
        state = operation.look(project)
        if state not in {operation.before, operation.after}:
            wrong.append(f"neither {operation.before} nor {operation.after}")
        operation.change(project, Reporter())
        again = operation.look(project)
        if again != operation.after:
            wrong.append(f"done again it is {again}")
        wrong.append(operation.lie(project))
        operation.settled(project)
        return {"state": state, "again": again, "wrong": "; ".join(filter(None, wrong))}


def points(total: int, wanted: int) -> list[int]:
    """Return ``wanted`` points spread evenly over ``total``, the first and the last among them."""
    if total <= wanted:
        return list(range(1, total + 1))
    return sorted({1 + round(step * (total - 1) / (wanted - 1)) for step in range(wanted)})


def main(folder: str, name: str, wanted: str) -> int:
    """Kill at the wanted number of points and print what came of each."""
    sys.dont_write_bytecode = True
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    world = World(Path(folder), next(each for each in OPERATIONS if each.name == name))
    total = world.count()
    print(json.dumps({"total": total}), flush=True)  # noqa: T201 - told to the test
    for point in points(total, int(wanted)):
        print(json.dumps(asdict(world.kill(point))), flush=True)  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
