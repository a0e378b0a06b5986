"""``torchenv status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provisioner.api.plan import load_spec
from provisioner.api.status import status
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, TARGET, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Status


@click.command()
@SPEC
@TARGET
@output_options
def command(spec: Path, *, target: str | None, **options: bool) -> int:
    """Compare the environment with the lock and the spec. Exit 1 where they differ."""
    output = Output(command="status", **options)
    found = status(load_spec(spec), target=target)
    code = ExitCode.DONE if found.state == "current" else ExitCode.DIFFERENCE
    if output.as_json:
        output.document(_body(found), found.findings)
        return int(code)
    from provisioner.cli.render.status import print_status

    output.findings(found.findings)
    print_status(output.console(), found)
    return int(code)


def _body(found: Status) -> dict[str, Any]:
    """Return the state and what an apply would change."""
    return {
        "state": found.state,
        "target": found.target,
        "choice": found.choice or None,
        "environment": str(found.link),
        "generation": found.generation,
        "changes": _parts.changes(found.changes) if found.changes is not None else None,
        "proof": _parts.proof(found.made.proof) if found.made is not None else None,
    }
