"""``torchenv run``; on an environment that is right, ``provisioner._entry`` has already done it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from provisioner._exec import child_environ
from provisioner.api.plan import load_spec
from provisioner.api.run import make_ready, may_apply_by_default
from provisioner.cli._output import Output
from provisioner.cli._start import become
from provisioner.cli.commands._common import starting_options

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
    if may_apply is None:
        may_apply = may_apply_by_default(os.environ)
    ready = make_ready(
        load_spec(spec),
        target=target,
        may_apply=may_apply,
        wait=not no_wait,
        reporter=output.reporter(),
    )
    output.findings(ready.findings)
    become(program, child_environ(os.environ, str(ready.folder)))
