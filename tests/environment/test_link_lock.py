"""Locking where the file system cannot: a fake ``flock`` says so, the rest is real."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.environment._layout import Layout
from provisioner.environment._link_lock import LinkLock, _make
from provisioner.environment._locking import environment_lock
from provisioner.events import Reporter
from provisioner.findings import Finding, WorldError
from tests.environment.kit import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from provisioner.environment._link_lock import LinkLock
assert LinkLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.readline()
"""


class Told(Steps):
    """Remembers findings too."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self.findings: list[Finding] = []

    def finding(self, finding: Finding) -> None:
        """Remember a finding."""
        self.findings.append(finding)


def refuses(number: int) -> Callable[[int, int], None]:
    """Return a ``flock`` that fails with an error number, as some file systems do."""

    def flock(_handle: int, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    return flock


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return an environment that does not exist yet."""
    made = Layout(link=tmp_path / ".venv")
    made.create_root()
    return made


@pytest.fixture
def other(layout: Layout) -> Iterator[subprocess.Popen[str]]:
    """Return a process that holds the lock."""
    argv = [sys.executable, "-c", HOLDER, str(layout.root / "lock-link")]
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("number", [9, errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, 524])
def test_where_flock_fails_a_lock_file_is_used_and_said(layout: Layout, number: int) -> None:
    """Each error of a file system without locks leads to the lock file, with a note."""
    told = Told()
    with environment_lock(layout, told, wait=False, flock=refuses(number)):
        assert (layout.root / "lock-link").is_file()
        with (
            pytest.raises(WorldError) as caught,
            environment_lock(layout, Reporter(), wait=False, flock=refuses(number)),
        ):
            pass
    assert [one.code for one in told.findings] == ["TE642"]
    assert f"(error {number})" in told.findings[0].why
    (finding,) = caught.value.findings
    assert finding.code == "TE606"
    assert f"process {os.getpid()} on {os.uname().nodename}" in finding.message
    assert sorted(path.name for path in layout.root.iterdir()) == ["lock"]


def test_another_error_is_a_finding(layout: Layout) -> None:
    """Any other failure of `flock` is no reason to work without it."""
    with (
        pytest.raises(WorldError) as caught,
        environment_lock(layout, Reporter(), wait=True, flock=refuses(errno.EIO)),
    ):
        pass
    assert caught.value.findings[0].code == "TE603"


def test_a_killed_holder_of_this_machine_is_taken_over(
    other: subprocess.Popen[str], layout: Layout
) -> None:
    """No process has its number any more, so the lock is free."""
    lock = LinkLock(layout.root / "lock-link")
    assert not lock.acquire()
    assert lock.holder() == f"process {other.pid} on {os.uname().nodename}"
    other.kill()
    other.wait()
    assert lock.acquire()


def test_a_number_that_was_given_out_again_is_no_holder(layout: Layout) -> None:
    """A process with the same number that started at another time is another one."""
    lock = LinkLock(layout.root / "lock-link")
    assert lock.acquire()
    facts = json.loads(lock.path.read_text())
    lock.path.write_text(json.dumps({**facts, "start": "1"}))
    assert LinkLock(lock.path).acquire()


@pytest.mark.parametrize(
    "change", [{"machine": "another"}, {"pid": None}, {"start": None}, None], ids=str
)
def test_what_cannot_be_seen_is_never_taken_over(
    layout: Layout, change: dict[str, object] | None
) -> None:
    """A holder on another machine, and a file that cannot be read, count as held."""
    lock = LinkLock(layout.root / "lock-link")
    assert lock.acquire()
    facts = json.loads(lock.path.read_text())
    lock.path.write_text("{" if change is None else json.dumps({**facts, **change}))
    assert not LinkLock(lock.path).acquire()


def test_a_lock_that_somebody_took_is_not_given_back(layout: Layout) -> None:
    """Giving back removes one's own lock only."""
    mine, theirs = (LinkLock(layout.root / "lock-link") for _ in range(2))
    assert mine.acquire()
    mine.path.unlink()
    assert theirs.acquire()
    with mine:
        pass
    assert mine.path.is_file()


def test_a_lock_for_taking_over_that_was_left_behind(
    other: subprocess.Popen[str], layout: Layout
) -> None:
    """A process that was killed while it took a lock over stops nobody for ever."""
    other.kill()
    other.wait()
    lock = LinkLock(layout.root / "lock-link")
    breaking = lock.path.with_name("lock-link-breaking")
    assert _make(breaking, b"{}")
    assert not lock.acquire()
    os.utime(breaking, (1, 1))
    assert not lock.acquire()
    assert lock.acquire()


def test_many_take_over_and_one_gets_it(other: subprocess.Popen[str], layout: Layout) -> None:
    """Of many that see the same stale lock, one holds it afterwards."""
    other.kill()
    other.wait()
    locks = [LinkLock(layout.root / "lock-link") for _ in range(16)]
    start = threading.Barrier(len(locks))
    got = []

    def take(lock: LinkLock) -> None:
        start.wait()
        if lock.acquire():
            got.append(lock)

    threads = [threading.Thread(target=take, args=(lock,)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert [path.name for path in layout.root.iterdir()] == ["lock-link"]


def test_waiting(other: subprocess.Popen[str], layout: Layout) -> None:
    """Who waits says for whom, and goes on when the other gives the lock back."""

    class Ending(Told):
        def step(self, text: str) -> None:
            super().step(text)
            other.kill()
            other.wait()

    told = Ending()
    with environment_lock(layout, told, wait=True, flock=refuses(errno.ENOSYS)):
        pass
    who = f"process {other.pid} on {os.uname().nodename}"
    assert told.steps == [f"Waiting for another apply ({who}) on {layout.link}"]


def test_a_lock_whose_file_was_removed_is_taken_anew(layout: Layout) -> None:
    """A lock on a file that is no longer there guards nothing."""
    calls = []

    def flock(handle: int, operation: int) -> None:
        calls.append(operation)
        if len(calls) == 1:
            layout.lock_file.unlink()
        del handle

    with environment_lock(layout, Reporter(), wait=False, flock=flock):
        assert layout.lock_file.is_file()
    assert len(calls) == 2
