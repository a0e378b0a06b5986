"""``torchenv history``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.generations import history
from provisioner.api.spec import load_spec
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import History


@click.command()
@SPEC
@output_options
def command(spec: Path, **options: bool) -> int:
    """Show what the environment was, when, and which generations can be rolled back to."""
    output = Output(command="history", **options)
    found = history(load_spec(spec))
    if output.as_json:
        output.document(_body(found), ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.generations import print_history

    print_history(output.console(), found)
    return int(ExitCode.DONE)


def _body(found: History) -> dict[str, Any]:
    return {
        "environment": str(found.link),
        "current": next((one.number for one in found.kept if one.is_current), None),
        "kept": [one.number for one in found.kept],
        "entries": [{**asdict(one), "changes": list(one.changes)} for one in found.entries],
    }
