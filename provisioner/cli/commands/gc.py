"""``torchenv gc``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.api.removal import gc
from provisioner.api.spec import load_spec
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@SPEC
@click.option(
    "--keep",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How many generations to keep beside the current one; the newest stay.",
)
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="How long an unpacked wheel in the store must not have been used.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@click.option("--no-wait", is_flag=True, help="Fail when an apply works on the environment.")
@output_options
def command(
    spec: Path, *, keep: int, days: float, dry_run: bool, no_wait: bool, **options: bool
) -> int:
    """Remove the environment's old generations, and what interrupted applies left.

    What is removed can no longer be rolled back to. Environments that other tools made, kept aside
    by an apply, stay. Unpacked wheels in the store that no environment used for long go too.
    """
    output = Output(command="gc", **options)
    removal = gc(
        load_spec(spec),
        keep=keep,
        days=days,
        dry_run=dry_run,
        wait=not no_wait,
        reporter=output.reporter(),
    )
    if output.as_json:
        body = _parts.removal(removal, did=not dry_run)
        output.document({**body, "unused": _parts.unused(removal.unused)}, ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.removal import print_removal

    print_removal(output.console(), "Would remove" if dry_run else "Removed", removal)
    return int(ExitCode.DONE)
