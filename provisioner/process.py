"""The one module that runs external programs, through ``sh``.

A program is a list of arguments: no shell ever sees it. Its environment is given in full by the
caller, secrets travel there and never in arguments. ``sh`` forks, so no thread may run meanwhile
(Python 3.12 and newer warn about that); callers finish their downloads first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that ran to its end."""

    argv: tuple[str, ...]
    exit_code: int
    """0 to 255, or minus the signal number."""
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
    accept: frozenset[int] = frozenset({0}),
) -> Completed:
    """Run a program to its end and return what it printed.

    Args:
        argv: The program, by path, and its arguments; nothing secret.
        env: The child's whole environment.
        cwd: Folder to run in; the caller's by default.
        timeout_s: Seconds until the child and its group are killed; None waits for ever.
        on_stderr: Called with each line of standard error as it comes.
        accept: Exit codes that are no failure.

    Raises:
        ProcessFailedError: The program is missing or not executable, timed out, or ended with an
            exit code that is not in ``accept``.
    """
    # Imported late: 40 ms that commands without a child process do not pay.
    import sh  # noqa: PLC0415

    logging.getLogger("sh").disabled = True
    words = tuple(str(word) for word in argv)
    errors: list[str] = []

    def collect(line: str) -> None:
        errors.append(line)
        if on_stderr is not None:
            on_stderr(line.rstrip("\n"))

    def failed(exit_code: int, stdout: str, reason: str) -> ProcessFailedError:
        completed = Completed(
            argv=words, exit_code=exit_code, stdout=stdout, stderr="".join(errors)
        )
        return ProcessFailedError(completed, reason)

    try:
        command = sh.Command(words[0])
    except sh.CommandNotFound as exc:
        raise failed(127, "", "not found or not executable") from exc
    try:
        done = command(
            *words[1:],
            _env=dict(env),
            _cwd=str(cwd) if cwd is not None else None,
            _timeout=timeout_s,
            _err=collect,
            _tty_out=False,
            _in="",
            _encoding="utf-8",
            _decode_errors="replace",
            _ok_code=list(range(-64, 256)),
            _return_cmd=True,
        )
    except sh.TimeoutException as exc:
        raise failed(-9, "", f"no end after {timeout_s:g} s") from exc
    except (OSError, sh.ForkException) as exc:
        raise failed(126, "", f"could not be started: {exc}") from exc
    stdout = done.stdout.decode("utf-8", "replace")
    exit_code = int(done.exit_code)
    if exit_code not in accept:
        raise failed(exit_code, stdout, f"exit code {exit_code}")
    return Completed(argv=words, exit_code=exit_code, stdout=stdout, stderr="".join(errors))
