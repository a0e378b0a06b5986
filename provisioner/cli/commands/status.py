"""``torchenv status``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.spec import load_spec
from provisioner.api.status import status, status_in_place
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, TARGET, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.environment import Status
    from provisioner.spec import Spec


@click.command()
@SPEC
@TARGET
@click.option(
    "--env",
    "environment",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="An environment that is changed in place: its folder, or its Python.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Stop at the records of what is installed where those are as they were; look at every "
    "file otherwise.",
)
@output_options
def command(
    spec: Path, *, target: str | None, environment: Path | None, quick: bool, **options: bool
) -> int:
    """Compare the environment with the lock and the spec. Exit 1 where they differ."""
    del quick  # `provisioner._entry` has seen that there is something to look at
    output = Output(command="status", **options)
    if environment is not None:
        return _in_place(output, load_spec(spec), environment, target)
    wish = load_spec(spec)
    found = status(wish, target=target)
    code = ExitCode.DONE if found.state == "current" else ExitCode.DIFFERENCE
    if output.as_json:
        output.document(_body(found), found.findings)
        return int(code)
    from provisioner.cli.render.status import print_status

    output.findings(found.findings)
    print_status(output.console(), found, wish.asked)
    return int(code)


def _in_place(output: Output, spec: Spec, environment: Path, target: str | None) -> int:
    """Tell of an environment that is changed in place."""
    state, prefix = status_in_place(spec, environment, target=target)
    if output.as_json:
        output.document({"state": state, "environment": str(prefix)}, ())
    else:
        sys.stdout.write(f"State: {state}\n")
    return int(ExitCode.DONE if state == "current" else ExitCode.DIFFERENCE)


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
