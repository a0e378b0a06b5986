"""``torchenv apply``; where nothing is to do, ``provisioner._entry`` has already said so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.apply import InPlaceOptions, apply, apply_in_place
from provisioner.api.spec import load_spec
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import OFFLINE, SPEC, TARGET, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.environment import Applied


@click.command()
@SPEC
@TARGET
@click.option("--locked", is_flag=True, help="Refuse a missing or stale lock; never resolve.")
@click.option("--no-wait", is_flag=True, help="Fail when another apply works on the environment.")
@click.option(
    "--repair", is_flag=True, help="Compare every byte first; install what is damaged anew."
)
@click.option(
    "--install-python",
    is_flag=True,
    help="Let the engine fetch the Python where this machine does not have it.",
)
@click.option(
    "--in-place",
    is_flag=True,
    help="Change an environment that another tool made, instead of making one beside it.",
)
@click.option(
    "--env",
    "environment",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The environment to change in place: its folder, or its Python.",
)
@click.option(
    "--exact", is_flag=True, help="In place: remove the packages that are not in the lock."
)
@click.option(
    "--break-system-packages",
    is_flag=True,
    help="In place: change a Python of the system's package manager too.",
)
@OFFLINE
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Take the wheels from this bundle, and fetch nothing.",
)
@output_options
def command(spec: Path, **options: Any) -> int:  # noqa: ANN401 - of several types
    """Make the environment equal to the lock of SPEC, and prove it. Locks first where needed.

    With `--in-place` or `--env` an environment that another tool made is changed where it is:
    packages of the lock that are not as locked are replaced, all others stay. A kill at any moment
    is undone, or finished, by the next such command.
    """
    in_place, install_python = options.pop("in_place"), options.pop("install_python")
    how = InPlaceOptions(
        environment=options.pop("environment"),
        target=options.pop("target"),
        locked=options.pop("locked"),
        wait=not options.pop("no_wait"),
        offline=options.pop("offline"),
        bundle=options.pop("bundle"),
        repair=options.pop("repair"),
        exact=options.pop("exact"),
        break_system_packages=options.pop("break_system_packages"),
    )
    output = Output(command="apply", **options)
    if in_place or how.environment is not None:
        return _in_place(output, spec, how)
    if how.exact or how.break_system_packages:
        raise click.UsageError("`--exact` and `--break-system-packages` belong to `--in-place`.")
    done = apply(
        load_spec(spec),
        target=how.target,
        locked=how.locked,
        wait=how.wait,
        repair=how.repair,
        offline=how.offline,
        install_python=install_python,
        bundle=how.bundle,
        reporter=output.reporter(),
    )
    if output.as_json:
        output.document(_body(done), done.findings)
        return int(ExitCode.DONE)
    from provisioner.cli.render.apply import print_applied

    output.findings(done.findings)
    print_applied(output.console(), done, quiet=output.quiet)
    return int(ExitCode.DONE)


def _in_place(output: Output, spec: Path, how: InPlaceOptions) -> int:
    """Apply in place, and tell of it."""
    done = apply_in_place(load_spec(spec), how, reporter=output.reporter())
    if output.as_json:
        body = {
            "did": done.did,
            "target": done.target,
            "environment": str(done.site.prefix),
            "changes": _parts.changes(done.changes),
            "proof": _parts.proof(done.proof),
        }
        output.document(body, done.findings)
        return int(ExitCode.DONE)
    from provisioner.cli.render.apply import print_applied_in_place

    output.findings(done.findings)
    print_applied_in_place(output.console(), done, quiet=output.quiet)
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
