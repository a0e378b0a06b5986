"""The one module that runs external programs, through ``sh``.

A program is a list of arguments: no shell ever sees it. Its environment is given in full by the
caller; secrets travel there and never in arguments. ``sh`` forks, so no thread may run when a
program is started (Python 3.12 and newer warn about that): callers finish their downloads first, do
them ``meanwhile``, or start a program :func:`beside` them before.
"""

from __future__ import annotations

import ctypes
import logging
import queue
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import sh

_NOT_EXECUTABLE: Final = 126
_NOT_FOUND: Final = 127
"""Exit codes that a shell gives these two failures."""
_ANY_EXIT: Final = tuple(range(-64, 256))
"""Every exit code and (negative) signal number: how a child ended is judged here, not by ``sh``."""
_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that may raise an exception anywhere: Ctrl-C, and those that are made to act like it."""
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that ran to its end."""

    argv: tuple[str, ...]
    exit_code: int
    """0 to 255, or minus the number of the signal that ended it."""
    stdout: str
    stderr: str


class ProcessFailedError(Exception):
    """A program could not be started, ended with a non-zero exit code, or ran out of time."""

    def __init__(self, completed: Completed, reason: str) -> None:
        """Keep what ran, how it ended, and why that is a failure."""
        self.completed = completed
        self.reason = reason
        super().__init__(f"{completed.argv[0]}: {reason}")


def run(  # noqa: PLR0913  how a program is run has many sides, all optional
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float | None = None,
    on_stderr: Callable[[str], None] | None = None,
    on_stdout: Callable[[str], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Completed:
    """Run a program to its end and return what it printed.

    A Ctrl-C ends the child too, before ``KeyboardInterrupt`` goes on. Where this process is killed,
    Linux ends the child; elsewhere it lives on.

    Args:
        argv: The program, by path, and its arguments; nothing secret.
        env: The child's whole environment.
        cwd: Folder to run in; the caller's by default.
        timeout_s: Seconds until the child is killed; None waits for ever.
        on_stderr: Called with each line of standard error as it comes.
        on_stdout: The same for standard output.
        meanwhile: Called when the program has started, to use the time that it takes; where that
            fails, the program is ended.

    Raises:
        ProcessFailedError: The program is missing or not executable, timed out, or ended with an
            exit code other than 0.
    """
    import sh  # noqa: PLC0415 - see `_start`

    words = tuple(str(word) for word in argv)
    out: list[str] = []
    err: list[str] = []

    def ended(exit_code: int) -> Completed:
        return Completed(argv=words, exit_code=exit_code, stdout="".join(out), stderr="".join(err))

    def start() -> sh.RunningCommand:
        return _start(
            words,
            env,
            stdin="",
            out=_collector(out, on_stdout),
            err=_collector(err, on_stderr),
            cwd=cwd,
            timeout_s=timeout_s,
        )

    try:
        child = _run_to_end(start, meanwhile)
    except sh.CommandNotFound as exc:
        raise ProcessFailedError(ended(_NOT_FOUND), "not found or not executable") from exc
    except sh.TimeoutException as exc:
        raise ProcessFailedError(ended(-9), f"no end after {timeout_s:g} s") from exc
    except (OSError, sh.ForkException) as exc:
        reason = str(exc).strip().splitlines()[-1].strip()
        raise ProcessFailedError(ended(_NOT_EXECUTABLE), f"could not be started: {reason}") from exc
    if child.exit_code:
        raise ProcessFailedError(ended(child.exit_code), _how_it_ended(child.exit_code))
    return ended(0)


class Companion:
    """A program that runs beside this one and is told lines on its standard input."""

    def __init__(self, child: sh.RunningCommand, lines: queue.Queue[str | None]) -> None:
        """Wrap a running program that reads ``lines``."""
        self._child = child
        self._lines = lines

    def tell(self, line: str) -> None:
        """Send a line, without its end; from any thread."""
        self._lines.put(f"{line}\n")

    def finish(self) -> bool:
        """Say that no more lines come, wait for the program's end, and return whether it was 0."""
        self._lines.put(None)
        self._child.wait()
        return self._child.exit_code == 0


@contextmanager
def beside(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    on_stderr: Callable[[str], None] | None = None,
) -> Iterator[Companion]:
    """Run a program beside this one within the block; it is killed where the block ends before.

    Args:
        argv: The program, by path, and its arguments; nothing secret.
        env: The child's whole environment.
        on_stderr: Called with each line of standard error as it comes, from another thread.

    Raises:
        ProcessFailedError: The program cannot be started.
    """
    import sh  # noqa: PLC0415 - see `_start`

    words = tuple(str(word) for word in argv)
    lines: queue.Queue[str | None] = queue.Queue()
    child = None
    try:
        with _interrupts_held() as interrupts:
            child = _start(
                words, env, stdin=lines, out=_collector([], None), err=_collector([], on_stderr)
            )
        for number in interrupts:
            signal.raise_signal(number)
        yield Companion(child, lines)
    except (sh.CommandNotFound, OSError, sh.ForkException) as exc:
        if child is not None:
            raise
        nothing = Completed(argv=words, exit_code=_NOT_EXECUTABLE, stdout="", stderr="")
        raise ProcessFailedError(nothing, f"could not be started: {exc}") from exc
    finally:
        if child is not None:
            lines.put(None)
            _end(child)


def _start(  # noqa: PLR0913 - as `run`
    words: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: str | queue.Queue[str | None],
    out: Callable[[str], None],
    err: Callable[[str], None],
    cwd: Path | None = None,
    timeout_s: float | None = None,
) -> sh.RunningCommand:
    """Start a program and return at once."""
    # Imported late: 40 ms that commands without a child process do not pay.
    import sh  # noqa: PLC0415

    logging.getLogger("sh").setLevel(logging.CRITICAL + 1)
    return sh.Command(words[0])(
        *words[1:],
        _env=dict(env),
        _cwd=str(cwd) if cwd is not None else None,
        _timeout=timeout_s,
        _out=out,
        _err=err,
        _in=stdin,
        _tty_out=False,
        _decode_errors="replace",
        _ok_code=_ANY_EXIT,
        _bg=True,
        _bg_exc=False,
        _preexec_fn=_end_with_parent(),
    )


def _collector(lines: list[str], listener: Callable[[str], None] | None) -> Callable[[str], None]:
    """Return what is called with each line: it keeps the line, and tells the listener."""

    def collect(line: str) -> None:
        lines.append(line)
        if listener is not None:
            listener(line.rstrip("\n"))

    return collect


@contextmanager
def _interrupts_held() -> Iterator[list[int]]:
    """Collect interrupts instead of raising them, while a child is started that nobody knows yet.

    Only the main thread ever gets a signal, and only it may change what signals do. What is ignored
    (``nohup``) stays ignored, here and in the child.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTS}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in held:
        signal.signal(number, lambda number, _frame: received.append(number))
    try:
        yield received
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)


def _end_with_parent() -> Callable[[], None] | None:
    """Return what makes a new child end when its parent is killed; None where there is no way.

    An engine that outlives a killed apply harms nobody, but goes on filling the disk.
    """
    if sys.platform != "linux":
        return None
    # Found before the fork: little is safe between that and the child's own program.
    prctl = ctypes.CDLL(None).prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))

    return ask_kernel


def _run_to_end(
    start: Callable[[], sh.RunningCommand], meanwhile: Callable[[], None] | None
) -> sh.RunningCommand:
    """Start a child and wait for it; whatever interrupts that, the child does not stay behind."""
    child = None
    try:
        with _interrupts_held() as interrupts:
            child = start()
        for number in interrupts:
            signal.raise_signal(number)
        if meanwhile is not None:
            meanwhile()
        child.wait()
    except BaseException:
        if child is not None:
            _end(child)
        raise
    return child


def _end(child: sh.RunningCommand) -> None:
    if child.is_alive():
        child.kill()
        child.wait()


def _how_it_ended(exit_code: int) -> str:
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
