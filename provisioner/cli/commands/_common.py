"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = click.argument(
    "spec", default="torchenv.toml", type=click.Path(path_type=Path), metavar="[SPEC]"
)
"""The spec; by default the one in the working folder."""

SPEC_OPTION = click.option(
    "--spec",
    default="torchenv.toml",
    type=click.Path(path_type=Path),
    metavar="SPEC",
    help="The spec; by default `torchenv.toml` in the working folder.",
)
"""The spec, for commands whose arguments are something else."""


TARGET = click.option(
    "--target",
    envvar="TORCHENV_TARGET",
    metavar="NAME",
    help="Target of the spec to work with; by default the one that fits this machine best. Also "
    "`TORCHENV_TARGET`.",
)
"""The target, for commands that work with one."""


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command has; they are the fields of ``Output``."""
    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
            click.option("-q", "--quiet", is_flag=True, help="Print errors and results only."),
            click.option("-v", "--verbose", is_flag=True, help="Print what the engine says too."),
            click.option(
                "--events", is_flag=True, help="Print progress as JSON lines on standard error."
            ),
        )
    ):
        command = option(command)
    return command


OFFLINE = click.option(
    "--offline", is_flag=True, help="Fetch nothing: take what the stores of this machine have."
)
"""For commands that fetch."""


def starting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the commands that become another program."""
    for option in reversed(
        (
            SPEC_OPTION,
            TARGET,
            click.option(
                "--apply/--no-apply",
                "may_apply",
                default=None,
                help="Apply first where the environment is behind, or take it as it is and write "
                "nothing. The latter is the default in CI and in batch jobs of a cluster.",
            ),
            click.option(
                "--no-wait", is_flag=True, help="Fail when another apply works on the environment."
            ),
            click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
            click.option("-v", "--verbose", is_flag=True, help="Print what the engine says too."),
        )
    ):
        command = option(command)
    return command
