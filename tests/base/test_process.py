"""Running programs: output, exit codes, time limits and interruptions, with real processes."""

from __future__ import annotations

import os
import queue
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from provisioner import process

if TYPE_CHECKING:
    from pathlib import Path

ENVIRON = {"PATH": os.defpath}


def test_output_of_both_streams() -> None:
    """Both streams are collected whole, however much is written to either."""
    code = "echo out; echo err >&2; head -c 300000 /dev/zero | tr '\\0' x >&2; echo end"
    done = process.run(["/bin/sh", "-c", code], env=ENVIRON)
    assert done.exit_code == 0
    assert done.stdout == "out\nend\n"
    assert done.stderr.startswith("err\n")
    assert len(done.stderr) == 300_004


def test_lines_of_stderr_as_they_come() -> None:
    """Each line of standard error is told without its end."""
    lines: list[str] = []
    process.run(["/bin/sh", "-c", "echo a >&2; echo b >&2"], env=ENVIRON, on_stderr=lines.append)
    assert lines == ["a", "b"]


def test_work_while_a_program_runs(tmp_path: Path) -> None:
    """The program is started first, and its end is waited for afterwards."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def go_on() -> None:
        pipe.write_text("go on\n", encoding="utf-8")

    done = process.run(
        ["/bin/sh", "-c", 'read -r words < "$0"; echo "$words"', pipe],
        env=ENVIRON,
        meanwhile=go_on,
    )
    assert done.stdout == "go on\n"


def test_failure_meanwhile_ends_the_program() -> None:
    """No program stays behind, and the failure goes on."""

    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        process.run(["/bin/sleep", "60"], env=ENVIRON, meanwhile=fail)


def test_bytes_that_are_no_text() -> None:
    """Output in another encoding never crashes."""
    assert process.run(["/bin/sh", "-c", r"printf '\377a'"], env=ENVIRON).stdout.endswith("a")


def test_environment_is_what_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The child sees the variables that are given and no others, and runs where it is told."""
    monkeypatch.setenv("SECRET_OF_PARENT", "x")
    done = process.run(["/usr/bin/env"], env={"ONLY": "this"}, cwd=tmp_path)
    assert done.stdout == "ONLY=this\n"
    assert process.run(["/bin/pwd"], env={}, cwd=tmp_path).stdout == f"{tmp_path.resolve()}\n"


def test_no_terminal_and_no_input() -> None:
    """A child has no terminal to ask on, and its input is at its end."""
    code = "test -t 0 || test -t 1 || test -t 2 || echo none; cat"
    assert process.run(["/bin/sh", "-c", code], env=ENVIRON).stdout == "none\n"


FAILURES = {
    "exit code": (["/bin/sh", "-c", "echo why >&2; exit 3"], 3, "exit code 3"),
    "signal": (["/bin/sh", "-c", "kill -9 $$"], -9, "ended by signal 9"),
    "missing": (["/nowhere/at-all"], 127, "not found or not executable"),
    "not executable": (["/etc/passwd"], 127, "not found or not executable"),
}


@pytest.mark.parametrize("what", FAILURES)
def test_failures_keep_what_ran(what: str) -> None:
    """A failure holds the command, how it ended, and what it said."""
    argv, exit_code, reason = FAILURES[what]
    with pytest.raises(process.ProcessFailedError) as caught:
        process.run(argv, env=ENVIRON)
    assert caught.value.reason == reason
    assert caught.value.completed.argv == tuple(argv)
    assert caught.value.completed.exit_code == exit_code
    if what == "exit code":
        assert caught.value.completed.stderr == "why\n"


def test_working_folder_that_is_gone(tmp_path: Path) -> None:
    """A child that cannot be started says why, in one line."""
    with pytest.raises(process.ProcessFailedError) as caught:
        process.run(["/bin/pwd"], env={}, cwd=tmp_path / "gone")
    assert caught.value.reason.startswith("could not be started: ")
    assert "No such file" in caught.value.reason
    assert "\n" not in caught.value.reason


def test_time_limit_kills() -> None:
    """A child that takes too long is killed."""
    with pytest.raises(process.ProcessFailedError) as caught:
        process.run(["/bin/sleep", "60"], env=ENVIRON, timeout_s=0.2)
    assert caught.value.reason == "no end after 0.2 s"


def parent(tmp_path: Path, preparation: str) -> subprocess.Popen[str]:
    """Return a process that prepared itself and now waits for a child, which wrote down its id."""
    shell = f"echo $$ > {tmp_path}/pid; echo up >&2; exec sleep 60"
    code = f"""
import signal
from provisioner import process
{preparation}
try:
    process.run(
        ["/bin/sh", "-c", "{shell}"],
        env={{"PATH": "/usr/bin:/bin"}},
        on_stderr=lambda line: print(line, flush=True),
    )
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "up\n"
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_ends_the_child(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, and what acts like it, ends the child before it goes on as KeyboardInterrupt."""
    acting = f"signal.signal({number:d}, signal.default_int_handler)"
    with parent(tmp_path, acting) as started:
        assert started.stdout is not None
        started.send_signal(number)
        assert started.stdout.read() == "interrupted\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """Where the parent is killed, the kernel ends the child."""
    with parent(tmp_path, "") as started:
        child = os.pidfd_open(int((tmp_path / "pid").read_text()))
        started.kill()
        ended, _, _ = select.select([child], [], [], 30)
        os.close(child)
    assert ended


def test_what_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """A child of `nohup` or of a script's background job ignores what its parent ignores."""
    status = "grep SigIgn /proc/self/status || ps -o ignored= -p $$"
    code = f"""
import signal
from provisioner import process
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
print(process.run(["/bin/sh", "-c", {status!r}], env={{"PATH": "/usr/bin:/bin"}}).stdout)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    ignored = int(done.stdout.split()[-1], 16)
    assert ignored & 0b11 == 0b11  # SIGHUP is bit 0, SIGINT bit 1


def test_a_program_beside_is_told_lines(tmp_path: Path) -> None:
    """It works while this process goes on, and its end is waited for."""
    out = tmp_path / "out"
    heard: list[str] = []
    code = f"echo ready >&2; cat > {out}"
    with process.beside(["/bin/sh", "-c", code], env=ENVIRON, on_stderr=heard.append) as companion:
        companion.tell("one")
        companion.tell("two")
        assert companion.finish()
    assert out.read_text() == "one\ntwo\n"
    assert heard == ["ready"]


def test_a_program_beside_can_fail(tmp_path: Path) -> None:
    """How it ended is told, whether it read what it was told or not."""
    with process.beside(["/bin/sh", "-c", "exit 3"], env=ENVIRON) as companion:
        companion.tell("one")
        assert not companion.finish()
    with (
        pytest.raises(process.ProcessFailedError),
        process.beside([tmp_path / "none"], env=ENVIRON),
    ):
        pass


def test_a_program_beside_ends_with_its_block() -> None:
    """Whoever does not wait for its end does not leave it behind."""
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    code = "echo $$ >&2; exec sleep 100"
    with process.beside(["/bin/sh", "-c", code], env=ENVIRON, on_stderr=told.put):
        number = int(told.get(timeout=10))
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
