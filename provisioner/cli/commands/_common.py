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


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command has; they are the fields of ``Output``."""
    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
            click.option("-q", "--quiet", is_flag=True, help="Print errors and results only."),
            click.option("-v", "--verbose", is_flag=True, help="Print what the engine says too."),
        )
    ):
        command = option(command)
    return command
