"""What the commands that edit the spec have in common: options and what they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provisioner.cli import _parts
from provisioner.cli.commands._common import SPEC_OPTION, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.api.edit import Edited
    from provisioner.cli._output import Output


def edit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the commands that edit the spec."""
    no_apply = click.option("--no-apply", is_flag=True, help="Edit and lock only.")
    return SPEC_OPTION(no_apply(output_options(command)))


def show(output: Output, edited: Edited) -> int:
    """Tell what was edited, locked and applied."""
    if output.as_json:
        output.document(_body(edited), edited.findings)
        return int(ExitCode.DONE)
    from provisioner.cli.render.apply import print_applied
    from provisioner.cli.render.edit import print_edited

    output.findings(edited.findings)
    print_edited(output.console(), edited)
    if edited.applied is not None:
        print_applied(output.console(), edited.applied, quiet=True)
    return int(ExitCode.DONE)


def _body(edited: Edited) -> dict[str, Any]:
    body: dict[str, Any] = {
        "spec": str(edited.spec),
        "written": edited.written,
        "lock": edited.locks[0].digest if len(edited.locks) == 1 else None,
    }
    if edited.applied is not None:
        body |= {
            "environment": str(edited.applied.link),
            "generation": edited.applied.folder.name,
            "changes": _parts.changes(edited.applied.changes),
        }
    return body
