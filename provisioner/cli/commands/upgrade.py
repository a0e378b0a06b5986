"""``torchenv upgrade``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.api.edit import upgrade
from provisioner.cli._output import Output
from provisioner.cli.commands._edited import edit_options, show

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME[VERSION]...]")
@edit_options
def command(spec: Path, names: tuple[str, ...], *, no_apply: bool, **options: bool) -> int:
    """Take the newest versions that the spec admits: lock, apply. Without a name, of everything.

    All other packages keep their locked versions. With a version, as in `"lightning>=2.5"`, the
    spec is edited first.
    """
    output = Output(command="upgrade", **options)
    return show(output, upgrade(spec, names, apply=not no_apply, reporter=output.reporter()))
