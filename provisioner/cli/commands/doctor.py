"""``torchenv doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.doctor import check, fix, fixes
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode, Severity
from provisioner.paths import display

if TYPE_CHECKING:
    from provisioner.api.doctor import Checkup, Fixes


@click.command()
@click.option(
    "--env",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The environment, torchenv's or not; the active one or .venv by default.",
)
@click.option("--deep", is_flag=True, help="Hash every installed file, too.")
@click.option("--run", "run_it", is_flag=True, help="Start its Python and import torch.")
@click.option(
    "--fix",
    "fix_it",
    is_flag=True,
    help="Remove left-overs; repair what is torchenv's.",
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings, too.")
@click.option("--report", is_flag=True, help="Print a report for an issue tracker.")
@output_options
def command(  # noqa: PLR0913  options
    env: Path | None,
    *,
    deep: bool,
    run_it: bool,
    fix_it: bool,
    strict: bool,
    report: bool,
    **options: bool,
) -> int:
    """Look at this machine and an environment, and say what is or will go wrong.

    The environment is read from its files; nothing of it is started without --run. Exit 1 where
    something is wrong.
    """
    output = Output(command="doctor", **options)
    found = check(env, deep=deep, run=run_it)
    fixed: tuple[str, ...] = ()
    if fix_it:
        wanted = fixes(found)
        _announce(wanted, output)
        fixed = fix(wanted, output.reporter())
    if fixed:
        found = check(env, deep=deep, run=run_it)
    _tell(found, fixed, output, report=report)
    return int(_exit_code(found, strict=strict))


def _announce(wanted: Fixes, output: Output) -> None:
    """Show what is going to be done, before it is."""
    if output.as_json:
        return
    console = output.console(stderr=True)
    for path in wanted.remove:
        console.print(f"Removing {path}", markup=False)
    if wanted.apply is not None:
        console.print(f"Applying {display(wanted.apply)}, every file compared", markup=False)


def _tell(found: Checkup, fixed: tuple[str, ...], output: Output, *, report: bool) -> None:
    if output.as_json:
        output.document(_body(found, fixed), [one.finding for one in found.observations])
        return
    if report:
        from provisioner.cli.render.doctor import render_report

        click.echo(render_report(found))
        return
    from provisioner.cli.render.doctor import print_checkup

    print_checkup(output.console(), found, quiet=output.quiet)


def _exit_code(found: Checkup, *, strict: bool) -> ExitCode:
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    wrong = any(one.finding.severity in bad for one in found.observations)
    return ExitCode.DIFFERENCE if wrong else ExitCode.DONE


def _body(found: Checkup, fixed: tuple[str, ...]) -> dict[str, Any]:
    environment = found.facts.environment
    return {
        "environment": None
        if environment is None
        else {
            "path": environment.path,
            "kind": environment.kind,
            "python": environment.python,
            "generation": environment.generation,
            "packages": [{"name": one.name, "version": one.version} for one in environment.dists],
        },
        "tools": [
            {"name": one.name, "version": one.version, "path": one.path, "where": one.where}
            for one in found.facts.tools
        ],
        "caches": [{"tool": one.tool, "path": one.path} for one in found.facts.caches],
        "evidence": [list(one.evidence) for one in _in_order(found)],
        "fixed": list(fixed),
    }


def _in_order(found: Checkup) -> list[Any]:
    """Return the observations in the order in which the document has their findings."""
    order = list(Severity)
    return sorted(found.observations, key=lambda one: order.index(one.finding.severity))
