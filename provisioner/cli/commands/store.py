"""``torchenv store``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from provisioner.api.spec import load_spec
from provisioner.api.store import StoreReport, look_after_store
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode

_HERE: Final = Path("torchenv.toml")


@click.command()
@click.argument("action", type=click.Choice(["ls", "prune", "verify"]))
@click.option(
    "--store", "root", type=click.Path(path_type=Path), help="The store, if it is another one."
)
@click.option(
    "--spec",
    "file",
    type=click.Path(path_type=Path),
    metavar="SPEC",
    help="The spec whose store it is; by default `torchenv.toml` in the working folder, if any.",
)
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="With `prune`: how long a wheel or what was unpacked must not have been wanted.",
)
@click.option("--dry-run", is_flag=True, help="With `prune`: only show what would be removed.")
@output_options
def command(
    action: Any,  # noqa: ANN401 - one of the choices above
    *,
    root: Path | None,
    file: Path | None,
    days: float,
    dry_run: bool,
    **options: bool,
) -> int:
    """List the wheels that were fetched, remove what nobody wanted for long, or hash them all.

    `prune` removes what broken downloads left too, and unpacked wheels that no environment uses.
    `verify` exits with 1 where a wheel is damaged.
    """
    output = Output(command="store", **options)
    if file is None and root is None and _HERE.is_file():
        file = _HERE
    report = look_after_store(
        action,
        root=None if root is None else root.absolute(),
        spec=None if file is None else load_spec(file),
        days=days,
        dry_run=dry_run,
        reporter=output.reporter(),
    )
    code = ExitCode.DIFFERENCE if report.findings else ExitCode.DONE
    if output.as_json:
        output.document(_body(action, report, did=not dry_run), report.findings)
        return int(code)
    from provisioner.cli.render.store import print_store

    output.findings(report.findings)
    print_store(output.console(), action, report, dry_run=dry_run)
    return int(code)


def _body(action: str, report: StoreReport, *, did: bool) -> dict[str, Any]:
    """Return what was found or removed."""
    return {
        "action": action,
        "store": str(report.root),
        "bytes": sum(one.size for one in report.kept),
        "unused": _parts.unused(report.unused),
        "did": did and action == "prune",
        "files": [
            {
                "name": one.name,
                "sha256": one.sha256,
                "bytes": one.size,
                "idle_days": round(one.idle_days, 1),
                "part": one.part,
            }
            for one in report.kept
        ],
    }
