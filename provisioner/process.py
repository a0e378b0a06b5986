"""The one module that runs external programs, through ``sh``.

A program is a list of arguments: no shell ever sees it. Its environment is given in full by the
caller; secrets travel there and never in arguments. ``sh`` forks, so no thread may run meanwhile
(Python 3.12 and newer warn about that): callers finish their downloads first.
"""

from __future__ import annotations

import logging
import signal
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


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float | None = None,
    on_stderr: Callable[[str], None] | None = None,
) -> Completed:
    """Run a program to its end and return what it printed.

    A Ctrl-C ends the child too, before ``KeyboardInterrupt`` goes on.

    Args:
        argv: The program, by path, and its arguments; nothing secret.
        env: The child's whole environment.
        cwd: Folder to run in; the caller's by default.
        timeout_s: Seconds until the child is killed; None waits for ever.
        on_stderr: Called with each line of standard error as it comes.

    Raises:
        ProcessFailedError: The program is missing or not executable, timed out, or ended with an
            exit code other than 0.
    """
    # Imported late: 40 ms that commands without a child process do not pay.
    import sh  # noqa: PLC0415

    logging.getLogger("sh").setLevel(logging.CRITICAL + 1)
    words = tuple(str(word) for word in argv)
    out: list[str] = []
    err: list[str] = []

    def ended(exit_code: int) -> Completed:
        return Completed(argv=words, exit_code=exit_code, stdout="".join(out), stderr="".join(err))

    def collect_error(line: str) -> None:
        err.append(line)
        if on_stderr is not None:
            on_stderr(line.rstrip("\n"))

    try:
        with _interrupts_held() as interrupts:
            child = sh.Command(words[0])(
                *words[1:],
                _env=dict(env),
                _cwd=str(cwd) if cwd is not None else None,
                _timeout=timeout_s,
                _out=out.append,
                _err=collect_error,
                _in="",
                _tty_out=False,
                _decode_errors="replace",
                _ok_code=_ANY_EXIT,
                _bg=True,
                _bg_exc=False,
            )
        _wait(child, interrupted=bool(interrupts))
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


@contextmanager
def _interrupts_held() -> Iterator[list[int]]:
    """Collect Ctrl-C instead of raising it, while a child is started that nobody knows yet.

    Only the main thread ever gets a signal, and only it may change what signals do.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: received.append(number))
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)


def _wait(child: sh.RunningCommand, *, interrupted: bool) -> None:
    """Wait for the child, and do not leave it behind when the wait is interrupted."""
    if interrupted:
        _end(child)
        raise KeyboardInterrupt
    try:
        child.wait()
    except BaseException:
        _end(child)
        raise


def _end(child: sh.RunningCommand) -> None:
    if child.is_alive():
        child.kill()
        child.wait()


def _how_it_ended(exit_code: int) -> str:
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
