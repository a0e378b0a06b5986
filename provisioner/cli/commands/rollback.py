"""``torchenv rollback``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.api.generations import put_back, rollback
from provisioner.api.spec import load_spec
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC_OPTION, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.spec import Spec


@click.command()
@click.argument("number", required=False, type=click.IntRange(min=0), metavar="[N]")
@SPEC_OPTION
@click.option("--thorough", is_flag=True, help="Compare every byte of the generation first.")
@click.option("--no-wait", is_flag=True, help="Fail when an apply works on the environment.")
@output_options
def command(
    number: int | None, *, spec: Path, thorough: bool, no_wait: bool, **options: bool
) -> int:
    """Switch the environment back to generation N, by default the one before.

    Every file of it is looked at first: it is only switched to where it is as it was. 0 is the
    environment of another tool that was there before torchenv, put back as it was.
    """
    output = Output(command="rollback", **options)
    if number == 0:
        return _adopted(output, load_spec(spec), wait=not no_wait)
    done = rollback(
        load_spec(spec),
        number,
        thorough=thorough,
        wait=not no_wait,
        reporter=output.reporter(),
    )
    if output.as_json:
        body = {
            "environment": str(done.link),
            "before": done.before,
            "generation": done.generation,
            "lock_digest": done.state.lock_digest,
        }
        output.document(body, ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.generations import print_rolled_back

    print_rolled_back(output.console(), done)
    return int(ExitCode.DONE)


def _adopted(output: Output, spec: Spec, *, wait: bool) -> int:
    """Put the environment of another tool back, and tell of it."""
    put_back(spec, wait=wait, reporter=output.reporter())
    if output.as_json:
        body = {"environment": str(spec.path), "generation": 0}
        output.document(body, ())
        return int(ExitCode.DONE)
    from rich.text import Text

    from provisioner.cli.render._text import say
    from provisioner.paths import display

    link = (display(spec.path), "bold")
    say(output.console(), Text.assemble("Put back ", link, " as it was before torchenv"))
    return int(ExitCode.DONE)
