"""``torchenv verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provisioner.api.spec import load_spec
from provisioner.api.verify import verify
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, TARGET, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import VerifyReport


@click.command()
@SPEC
@TARGET
@output_options
def command(spec: Path, *, target: str | None, **options: bool) -> int:
    """Compare every byte of the environment with the wheels of its lock. Exit 1 on a difference."""
    output = Output(command="verify", **options)
    report = verify(load_spec(spec), target=target, reporter=output.reporter())
    code = ExitCode.DONE if report.is_whole else ExitCode.DIFFERENCE
    if output.as_json:
        output.document(_body(report), report.findings)
        return int(code)
    from provisioner.cli.render.verify import print_report

    output.findings(report.findings)
    print_report(output.console(), report)
    return int(code)


def _body(report: VerifyReport) -> dict[str, Any]:
    """Return what was compared and what differs."""
    verified = report.verified
    return {
        "whole": report.is_whole,
        "environment": str(report.link),
        "generation": report.generation,
        "files": verified.files if verified is not None else 0,
        "bytes": verified.size_bytes if verified is not None else 0,
        "differences": [
            {
                "kind": one.kind,
                "path": one.path.encode("utf-8", "backslashreplace").decode(),
                "package": one.owner.name if one.owner is not None else None,
                "version": one.owner.version if one.owner is not None else None,
            }
            for one in (verified.differences if verified is not None else ())
        ],
    }
