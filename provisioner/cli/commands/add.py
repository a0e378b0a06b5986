"""``torchenv add``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.api.edit import add
from provisioner.cli._output import Output
from provisioner.cli.commands._edited import edit_options, show

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME[VERSION]...")
@edit_options
def command(spec: Path, names: tuple[str, ...], *, no_apply: bool, **options: bool) -> int:
    """Ask for packages too: edit the spec, lock, apply. `torchenv add "lightning>=2.4" numpy`.

    Comments and order of the spec stay. A version of torch, torchvision or torchaudio goes under
    `[torch]`; the folder of a project (`.`, `./name`) becomes an editable dependency. Where the
    result cannot be locked, the spec stays as it was.
    """
    output = Output(command="add", **options)
    return show(output, add(spec, names, apply=not no_apply, reporter=output.reporter()))
