"""``torchenv host``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provisioner.api.host import facts_body, host_facts, host_pythons
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.host import Interpreter


@click.command()
@output_options
def command(**options: bool) -> int:
    """Show what the probes read on this machine, and where.

    With --json the result is a facts file: `torchenv plan --host FILE` plans for this machine on
    another one.
    """
    output = Output(command="host", **options)
    facts, pythons = host_facts(), host_pythons()
    if output.as_json:
        output.document({"facts": facts_body(facts), "pythons": [*map(_python, pythons)]}, ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.host import print_host

    print_host(output.console(), facts, pythons)
    return int(ExitCode.DONE)


def _python(one: Interpreter) -> dict[str, Any]:
    return {
        "path": str(one.path),
        "version": one.version,
        "implementation": one.implementation,
        "free_threaded": one.free_threaded,
        "bits": 64 if one.is_64bit else 32,
    }
