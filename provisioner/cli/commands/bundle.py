"""``torchenv bundle``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.bundle import bundle, verify
from provisioner.api.spec import load_spec
from provisioner.cli._output import Output
from provisioner.cli.commands._common import OFFLINE, SPEC_OPTION, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.api.bundle import Bundled


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@SPEC_OPTION
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="Only this target of the spec; may be repeated.",
)
@click.option(
    "--verify", "only_verify", is_flag=True, help="Write nothing; compare OUT with its list."
)
@OFFLINE
@output_options
def command(
    out: Path,
    *,
    spec: Path,
    targets: tuple[str, ...],
    only_verify: bool,
    offline: bool,
    **options: bool,
) -> int:
    """Write locks and wheels to OUT, for machines without a network.

    OUT is a folder, or one file if it ends with `.tar`. There, `torchenv apply --bundle OUT` makes
    the environment from it; `pip install -r` and `uv pip sync` can use it too. Run again, it writes
    what is missing only.
    """
    output = Output(command="bundle", **options)
    reporter = output.reporter()
    if only_verify:
        done = verify(out, reporter=reporter)
    else:
        done = bundle(load_spec(spec), out, targets=targets, offline=offline, reporter=reporter)
    code = ExitCode.DIFFERENCE if done.findings else ExitCode.DONE
    if output.as_json:
        output.document(_body(done, did=not only_verify), done.findings)
        return int(code)
    output.findings(done.findings)
    if not only_verify:
        click.echo(_wrote(done))
    elif not done.findings:
        click.echo(f"{done.path} is whole.")
    return int(code)


def _wrote(done: Bundled) -> str:
    size = sum(one.size for one in done.files) / 1e6
    wheels = sum(one.path.endswith(".whl") for one in done.files)
    return f"Wrote {done.path}: {wheels} wheels, {size:.1f} MB"


def _body(done: Bundled, *, did: bool) -> dict[str, Any]:
    """Return what was written."""
    return {
        "bundle": str(done.path),
        "did": did,
        "files": [
            {"path": one.path, "bytes": one.size, "sha256": one.sha256} for one in done.files
        ],
    }
