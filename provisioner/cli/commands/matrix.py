"""``torchenv matrix``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.matrix import EVERYWHERE, PYTORCH_INDEX, MatrixQuestion, matrix
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.api.matrix import Matrix
    from provisioner.compat.matrix import MatrixRow


@click.command()
@click.option("--torch", metavar="VERSION", help="Releases of torch: 2.6, '>=2.4,<2.8', latest.")
@click.option(
    "--accelerator", metavar="NAME", help="cpu, cu128, rocm6.4, xpu; or a family: cuda, rocm."
)
@click.option("--python", metavar="VERSION", help="3.12; 3.13t for a free-threaded one.")
@click.option(
    "--platform", metavar="NAME", help="linux-x86_64; `all` for all. This machine's by default."
)
@click.option(
    "--gpu",
    metavar="NAME",
    help="Builds that run on a GPU: 'RTX 4090', sm_89, 8.9, gfx1100.",
)
@click.option(
    "--driver", metavar="VERSION", help="Builds that run with an NVIDIA driver: 535.129.03."
)
@click.option(
    "--check-index",
    "index",
    is_flag=False,
    flag_value=PYTORCH_INDEX,
    metavar="[URL|default]",
    help="Compare the data with an index in PyTorch's layout, or with the default index, and list "
    "what differs; exit 1 where something does.",
)
@click.option("--markdown", is_flag=True, help="Print a table in Markdown.")
@output_options
def command(  # noqa: PLR0913 - one for each option
    *,
    index: str | None,
    markdown: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    events: bool,
    **asked: str | None,
) -> int:
    """Show which builds of torch exist, what goes with them and what they need.

    Offline, unless the data is compared with an index.
    """
    output = Output(command="matrix", as_json=as_json, quiet=quiet, verbose=verbose, events=events)
    question = MatrixQuestion(**asked)
    if index is not None:
        return _check(output, index, question)
    found = matrix(question)
    if as_json:
        output.document(_body(found), ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.matrix import markdown_table, print_matrix

    if markdown:
        click.echo(markdown_table(found))
    else:
        print_matrix(output.console(), found)
    return int(ExitCode.DONE)


def _check(output: Output, index: str, question: MatrixQuestion) -> int:
    """Compare with an index."""
    from provisioner.api.check_index import check_index

    found = check_index(index, question)
    code = ExitCode.DIFFERENCE if found.differences else ExitCode.DONE
    if output.as_json:
        check = {
            "index": found.index,
            "wheels": found.wheels,
            "differences": [
                {**asdict(one), "pythons": list(one.pythons)} for one in found.differences
            ],
        }
        platform = question.platform or EVERYWHERE
        body = {"version": found.version, "platform": platform, "check": check}
        output.document(body, found.findings)
        return int(code)
    from provisioner.cli.render.matrix import print_check

    output.findings(found.findings)
    print_check(output.console(), found)
    return int(code)


def _body(found: Matrix) -> dict[str, Any]:
    return {
        "version": found.version,
        "platform": found.question.platform,
        "gpu": found.arch,
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
        "runs": row.runs,
        "known": build.known,
        "sources": list(build.sources),
    }
