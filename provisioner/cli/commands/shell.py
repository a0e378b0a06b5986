"""``torchenv shell``."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner._exec import child_environ
from provisioner.cli._output import Output
from provisioner.cli._start import become
from provisioner.cli.commands._common import starting_options
from provisioner.cli.commands._starting import ready_environment

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command()
@starting_options
def command(
    spec: Path,
    *,
    target: str | None,
    may_apply: bool | None,
    no_wait: bool,
    **options: bool,
) -> int:
    """Start your shell inside the environment, applied first where it is behind.

    bash and fish activate it after their start-up files; other shells get its variables, and their
    start-up files may put other folders in front of it. `exit` leaves it.
    """
    output = Output(command="shell", **options)
    ready = ready_environment(output, spec, target=target, may_apply=may_apply, no_wait=no_wait)
    become(_interactive(os.environ, ready.link), child_environ(os.environ, str(ready.link)))


def _interactive(environ: Mapping[str, str], link: Path) -> list[str]:
    """Return the command of the user's shell that activates the environment where it can be told.

    The shell follows the link, unlike `torchenv run`: it may stay open for weeks.
    """
    shell = environ.get("SHELL") or "/bin/sh"
    script = shlex.quote(str(link / "bin" / "activate"))
    match Path(shell).name:
        case "bash":
            rc = f"[ -f ~/.bashrc ] && . ~/.bashrc\n. {script}\n"
            return [shell, "--rcfile", _readable(rc), "-i"]
        case "fish":
            return [shell, "--init-command", f"source {script}.fish"]
    return [shell, "-i"]


def _readable(text: str) -> str:
    """Return the name of a pipe that holds ``text``, for a program that this process becomes.

    So nothing is written to the disk, and nothing stays there.
    """
    read, write = os.pipe()
    os.write(write, text.encode())  # far less than any system's pipe holds
    os.close(write)
    os.set_inheritable(read, True)  # noqa: FBT003 - its only form
    return f"/dev/fd/{read}"
