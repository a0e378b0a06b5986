"""``torchenv destroy``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from provisioner.api.removal import destroy, plan_destroy
from provisioner.api.spec import load_spec
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, output_options
from provisioner.findings import ExitCode, Finding, TorchenvError
from provisioner.paths import display

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Removal


class NotConfirmedError(TorchenvError):
    """Nobody said yes (``TE639``)."""

    exit_code = ExitCode.REFUSED


@click.command()
@SPEC
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--no-wait", is_flag=True, help="Fail when an apply works on the environment.")
@output_options
def command(spec: Path, *, yes: bool, no_wait: bool, **options: bool) -> int:
    """Remove the environment with all its generations; asks first. Spec and lock stay.

    What other tools made is never removed: neither an environment at the path that is not
    torchenv's, nor one that was kept aside.
    """
    output = Output(command="destroy", **options)
    loaded = load_spec(spec)
    planned = plan_destroy(loaded)
    if not yes:
        _ask(output, planned)
    removal = destroy(loaded, wait=not no_wait, reporter=output.reporter())
    if output.as_json:
        output.document(_parts.removal(removal, did=True), ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.removal import print_removal

    print_removal(output.console(), "Removed", removal)
    return int(ExitCode.DONE)


def _ask(output: Output, planned: Removal) -> None:
    """Go on only where a person says yes.

    Raises:
        NotConfirmedError: They did not, or there is nobody to ask.
    """
    from provisioner.cli.render.removal import print_removal

    is_person = sys.stdin.isatty() and not output.as_json
    if is_person:
        print_removal(output.console(stderr=True), "Would remove", planned)
        if click.confirm("Remove the environment?", err=True):
            return
    raise NotConfirmedError(
        Finding(
            code="TE639",
            message=f"The environment `{display(planned.link)}` was not removed.",
            why="You did not say yes."
            if is_person
            else "It is removed only after somebody said yes, and there is no terminal to ask at.",
            do="Nothing, or say `--yes`.",
        )
    )
