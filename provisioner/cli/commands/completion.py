"""``torchenv completion``."""

from __future__ import annotations

import click

from provisioner.findings import ExitCode


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the completion script for SHELL; evaluate it in the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        whole = context.find_root().command
        click.echo(kind(whole, {}, "torchenv", "_TORCHENV_COMPLETE").source())
    return int(ExitCode.DONE)
