"""Running programs: output, exit codes, time limits and interruptions, with real processes."""

from __future__ import annotations

import os
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


def test_interrupt_ends_the_child(tmp_path: Path) -> None:
    """Ctrl-C ends the child before it goes on as KeyboardInterrupt."""
    pid_file = tmp_path / "pid"
    code = f"""
import sys
from provisioner import process
try:
    process.run(
        ["/bin/sh", "-c", "echo $$ > {pid_file}; echo up >&2; exec sleep 60"],
        env={{"PATH": "/usr/bin:/bin"}},
        on_stderr=lambda line: print(line, flush=True),
    )
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == "interrupted\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
