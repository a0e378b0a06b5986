"""``torchenv run``; on an environment that is right, ``provisioner._entry`` has already done it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from provisioner._exec import child_environ
from provisioner.cli._output import Output
from provisioner.cli._start import become
from provisioner.cli.commands._common import starting_options
from provisioner.cli.commands._starting import ready_environment

if TYPE_CHECKING:
    from pathlib import Path


@click.command(context_settings={"allow_interspersed_args": False})
@starting_options
@click.argument(
    "program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="[--] PROGRAM [ARGS]..."
)
def command(
    spec: Path,
    *,
    target: str | None,
    may_apply: bool | None,
    no_wait: bool,
    program: tuple[str, ...],
    **options: bool,
) -> int:
    """Run PROGRAM inside the environment, applied first where it is behind.

    Its exit code is returned; 125 means that torchenv failed, 126 that the program cannot be
    started, 127 that there is none. The program gets the current environment by its own path, so a
    later apply does not change it while it runs.
    """
    output = Output(command="run", **options)
    ready = ready_environment(output, spec, target=target, may_apply=may_apply, no_wait=no_wait)
    become(program, child_environ(os.environ, str(ready.folder)))
