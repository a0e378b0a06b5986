"""``torchenv matrix``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provisioner.api.matrix import MatrixQuestion, matrix
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.api.matrix import Matrix
    from provisioner.compat import MatrixRow


@click.command()
@click.option("--torch", metavar="VERSION", help="Releases of torch: 2.6, '>=2.4,<2.8', latest.")
@click.option(
    "--accelerator", metavar="NAME", help="cpu, cu128, rocm6.4, xpu; or a family: cuda, rocm."
)
@click.option("--python", metavar="VERSION", help="3.12; 3.13t for a free-threaded one.")
@click.option(
    "--platform", metavar="NAME", help="linux-x86_64; `all` for all. This machine's by default."
)
@click.option("--markdown", is_flag=True, help="Print a table in Markdown.")
@output_options
def command(*, markdown: bool, as_json: bool, quiet: bool, verbose: bool, **asked: str) -> int:
    """Show which builds of torch exist, what goes with them and what they need. Offline."""
    output = Output(command="matrix", as_json=as_json, quiet=quiet, verbose=verbose)
    found = matrix(MatrixQuestion(**asked))
    if as_json:
        output.document(_body(found), ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.matrix import markdown_table, print_matrix

    if markdown:
        click.echo(markdown_table(found))
    else:
        print_matrix(output.console(), found)
    return int(ExitCode.DONE)


def _body(found: Matrix) -> dict[str, Any]:
    return {
        "version": found.version,
        "platform": found.question.platform,
        "builds": [_row(row) for row in found.rows],
    }


def _row(row: MatrixRow) -> dict[str, Any]:
    build = row.build
    return {
        "torch": build.torch,
        "platform": build.platform,
        "accelerator": build.accelerator,
        "index": build.index,
        "pythons": list(build.pythons),
        "unsure": list(build.unsure),
        "torchvision": list(row.torchvision),
        "torchaudio": list(row.torchaudio),
        "driver": row.driver,
        "code": None if row.code is None else list(row.code),
        "known": build.known,
        "sources": list(build.sources),
    }
