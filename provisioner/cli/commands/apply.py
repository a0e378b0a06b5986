"""``torchenv apply``; where nothing is to do, ``provisioner._entry`` has already said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provisioner.api.apply import apply
from provisioner.api.plan import load_spec
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import OFFLINE, SPEC, TARGET, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Applied


@click.command()
@SPEC
@TARGET
@click.option("--locked", is_flag=True, help="Refuse a missing or stale lock; never resolve.")
@click.option("--no-wait", is_flag=True, help="Fail when another apply works on the environment.")
@click.option(
    "--repair", is_flag=True, help="Compare every byte first; install what is damaged anew."
)
@OFFLINE
@output_options
def command(  # noqa: PLR0913 - one for each option
    spec: Path,
    *,
    target: str | None,
    locked: bool,
    no_wait: bool,
    repair: bool,
    offline: bool,
    **options: bool,
) -> int:
    """Make the environment equal to the lock of SPEC, and prove it. Locks first where needed."""
    output = Output(command="apply", **options)
    done = apply(
        load_spec(spec),
        target=target,
        locked=locked,
        wait=not no_wait,
        repair=repair,
        offline=offline,
        reporter=output.reporter(),
    )
    if output.as_json:
        output.document(_body(done), done.findings)
        return int(ExitCode.DONE)
    from provisioner.cli.render.apply import print_applied

    output.findings(done.findings)
    print_applied(output.console(), done, quiet=output.quiet)
    return int(ExitCode.DONE)


def _body(applied: Applied) -> dict[str, Any]:
    """Return what was done and what was proven."""
    return {
        "did": applied.did,
        "target": applied.target,
        "environment": str(applied.link),
        "generation": applied.folder.name,
        "changes": _parts.changes(applied.changes),
        "proof": _parts.proof(applied.proof),
    }
