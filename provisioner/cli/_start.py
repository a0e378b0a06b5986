"""Becoming another program, with findings where that fails."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, NoReturn

from provisioner._exec import execute
from provisioner.findings import ExitCode, Finding, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class StartError(WorldError):
    """The program cannot be started (``TE636``)."""

    exit_code = ExitCode.NOT_EXECUTABLE


class NoProgramError(StartError):
    """There is no such program (``TE636``)."""

    exit_code = ExitCode.NOT_FOUND


def become(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become ``command``; never returns.

    Raises:
        StartError: It cannot be started.
        NoProgramError: There is no such program.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        execute(command, environ)
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise NoProgramError(_not_found(command[0])) from exc
    except OSError as exc:
        raise StartError(_not_started(command[0], exc)) from exc


def _not_found(program: str) -> Finding:
    return Finding(
        code="TE636",
        message=f"There is no program `{program}`.",
        why="It is neither in the environment nor on your `PATH`.",
        do="Check the name, or add the package that brings it: `torchenv add NAME`.",
    )


def _not_started(program: str, exc: OSError) -> Finding:
    do = "Check that the file is executable and made for this machine."
    if exc.errno == errno.E2BIG:
        do = "Give it fewer arguments."
    return Finding(
        code="TE636",
        message=f"`{program}` cannot be started.",
        why=f"The system says: {exc.strerror or exc}.",
        do=do,
    )
