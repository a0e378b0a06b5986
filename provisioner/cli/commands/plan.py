"""``torchenv plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.host import read_facts
from provisioner.api.plan import load_spec, plan_with_changes
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.api.plan import Planned


@click.command()
@SPEC
@click.option(
    "--host",
    "facts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Plan for the machine that FILE is of, as `torchenv host --json` wrote it there.",
)
@output_options
def command(spec: Path, facts: Path | None, **options: bool) -> int:
    """Validate SPEC and show what would be chosen and changed. Offline; changes nothing."""
    output = Output(command="plan", **options)
    planned = plan_with_changes(
        load_spec(spec), host=read_facts(facts) if facts is not None else None
    )
    if output.as_json:
        output.document(_body(planned), (*planned.plans.findings, *planned.doubts))
        return int(ExitCode.DONE)
    from provisioner.cli.render.plan import print_changes, print_plan

    output.findings((*planned.plans.findings, *planned.doubts))
    for plan in planned.plans.plans:
        print_plan(output.console(), plan)
    print_changes(output.console(), planned.changes)
    return int(ExitCode.DONE)


def _body(planned: Planned) -> dict[str, Any]:
    """Return the chosen builds by target, and what an apply would change."""
    return {
        "targets": {
            plan.target.name or _parts.TARGET: _parts.target(plan) for plan in planned.plans.plans
        },
        "changes": _parts.changes(planned.changes) if planned.changes is not None else None,
    }
