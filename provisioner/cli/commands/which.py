"""``torchenv which``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from provisioner.api.run import find_program, present
from provisioner.api.spec import load_spec
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC_OPTION, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("program", required=False, metavar="[PROGRAM]")
@SPEC_OPTION
@output_options
def command(spec: Path, program: str | None, **options: bool) -> int:
    """Print where PROGRAM of the environment is, by default its Python. Applies nothing.

    The path is the current generation's own: it stays the same program whatever is applied later,
    until that generation is removed.
    """
    output = Output(command="which", **options)
    ready = present(load_spec(spec))
    path = find_program(ready, program)
    if output.as_json:
        body = {
            "path": str(path),
            "environment": str(ready.link),
            "generation": ready.folder.name,
        }
        output.document(body, ready.findings)
    else:
        sys.stdout.write(f"{path}\n")
    return int(ExitCode.DONE)
