"""The command ``torchenv``: its commands by name, each loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from provisioner._version import __version__

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

COMMANDS: Final = (
    "init",
    "plan",
    "lock",
    "apply",
    "status",
    "run",
    "shell",
    "which",
    "verify",
    "rollback",
    "history",
    "host",
    "matrix",
    "explain",
    "doctor",
    "import",
    "add",
    "remove",
    "upgrade",
    "gc",
    "destroy",
    "kernel",
    "bundle",
    "store",
    "completion",
)
"""In the order of the help; ``provisioner.cli.commands`` has a module for each."""


class _Commands(click.Group):
    """A group whose commands are modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"provisioner.cli.commands.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        found.name = cmd_name
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            from difflib import get_close_matches  # noqa: PLC0415 - only for a word that is none

            near = get_close_matches(args[0], COMMANDS, 1)
            if not near:
                raise
            raise click.UsageError(f"{exc.message} Did you mean `{near[0]}`?", ctx) from exc


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="torchenv", message="%(prog)s %(version)s")
def torchenv() -> None:
    """Declarative environments for PyTorch: plan, lock, apply, prove.

    A short torchenv.toml (the spec) says what you want. Exit codes: 0 done or nothing to do, 1 a
    check found a difference, 2 refused, 3 the world said no (network, disk, interpreter), 4 a
    wheel, lock or environment failed verification.
    """
