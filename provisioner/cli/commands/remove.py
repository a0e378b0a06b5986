"""``torchenv remove``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.api.edit import remove
from provisioner.cli._output import Output
from provisioner.cli.commands._edited import edit_options, show

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@edit_options
def command(spec: Path, names: tuple[str, ...], *, no_apply: bool, **options: bool) -> int:
    """Ask for packages no longer: edit the spec, lock, apply.

    What only they needed goes too. torchvision and torchaudio become `false`, since they follow
    torch where nothing is said.
    """
    output = Output(command="remove", **options)
    return show(output, remove(spec, names, apply=not no_apply, reporter=output.reporter()))
