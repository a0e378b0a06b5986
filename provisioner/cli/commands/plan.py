"""``torchenv plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.host import host_facts
from provisioner.api.plan import merged_spec, plan_with_changes
from provisioner.api.spec import load_spec
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, output_options
from provisioner.findings import ExitCode
from provisioner.urls import plain

if TYPE_CHECKING:
    from provisioner.api.plan import Planned
    from provisioner.findings import Where


@click.command()
@SPEC
@click.option(
    "--host",
    "facts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Plan for the machine that FILE (- is standard input) is of, as `torchenv host --json` "
    "wrote it there.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Print what was decided and checked as well, and what `auto` looked at.",
)
@click.option(
    "--show-merged",
    is_flag=True,
    help="Print what SPEC and its templates say together, and where, in place of the plan.",
)
@click.option(
    "--offline",
    is_flag=True,
    help="Ask no index either where SPEC wants a torch that is newer than the compat data.",
)
@output_options
def command(
    spec: Path,
    facts: Path | None,
    *,
    explain: bool,
    show_merged: bool,
    offline: bool,
    **options: bool,
) -> int:
    """Validate SPEC and show what would be chosen and changed. Offline; changes nothing."""
    output = Output(command="plan", **options)
    if show_merged:
        return _show_merged(output, spec)
    wish = load_spec(spec)
    planned = plan_with_changes(
        wish,
        host=host_facts(facts=facts) if facts is not None else None,
        explain=explain,
        offline=offline,
    )
    if output.as_json:
        output.document(_body(planned), (*planned.plans.findings, *planned.doubts))
        return int(ExitCode.DONE)
    from provisioner.cli.render.plan import print_changes, print_explanation, print_plan

    output.findings((*planned.plans.findings, *planned.doubts))
    for plan in planned.plans.plans:
        print_plan(output.lines(), plan)
        if explain:
            print_explanation(output.lines(), plan)
    print_changes(output.lines(), planned.changes, wish.asked)
    return int(ExitCode.DONE)


def _show_merged(output: Output, spec: Path) -> int:
    """Show the merged spec, also where it is not valid: that is when one wants to see it."""
    merged = merged_spec(spec)
    if output.as_json:
        load_spec(spec)
        output.document({"merged": [_value(*one) for one in merged.iter_values()]}, ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.merged import merged_lines

    for line in merged_lines(merged):
        click.echo(line)
    load_spec(spec)
    return int(ExitCode.DONE)


def _value(_path: object, value: object, where: Where) -> dict[str, Any]:
    """Return one value with the place that it came from."""
    return {"value": plain(value), "file": where.file, "line": where.line, "key": where.key}


def _body(planned: Planned) -> dict[str, Any]:
    """Return the chosen builds by target, and what an apply would change."""
    return {
        "targets": {
            plan.target.name or _parts.TARGET: _parts.target(plan) for plan in planned.plans.plans
        },
        "changes": _parts.changes(planned.changes) if planned.changes is not None else None,
    }
