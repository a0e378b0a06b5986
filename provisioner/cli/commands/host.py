"""``torchenv host``."""

from __future__ import annotations

import click

from provisioner.api.host import facts_body, host_facts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode


@click.command()
@output_options
def command(**options: bool) -> int:
    """Show what the probes read on this machine, and where.

    With --json the result is a facts file: `torchenv plan --host FILE` plans for this machine on
    another one.
    """
    output = Output(command="host", **options)
    facts = host_facts()
    if output.as_json:
        output.document({"facts": facts_body(facts)}, ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.host import print_host

    print_host(output.console(), facts)
    return int(ExitCode.DONE)
