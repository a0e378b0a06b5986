"""``torchenv kernel``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.api.kernel import install_kernel, remove_kernel
from provisioner.api.spec import load_spec
from provisioner.cli._output import Output
from provisioner.cli.commands._common import SPEC, output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@SPEC
@click.option("--name", help="Name of the kernel; by default that of the project's folder.")
@click.option("--remove", is_flag=True, help="Remove it instead.")
@output_options
def command(spec: Path, *, name: str | None, remove: bool, **options: bool) -> int:
    """Offer the environment to Jupyter as a kernel, for this user. It needs `ipykernel`.

    The kernel starts through `torchenv run --no-apply`, so after an apply a restarted kernel meets
    the new environment.
    """
    output = Output(command="kernel", **options)
    loaded = load_spec(spec)
    change = remove_kernel if remove else install_kernel
    kernel = change(loaded, name=name)
    if output.as_json:
        body = {
            "name": kernel.name,
            "folder": str(kernel.folder),
            "did": kernel.written or remove,
        }
        output.document(body, ())
        return int(ExitCode.DONE)
    from rich.text import Text

    from provisioner.cli.render._text import say
    from provisioner.paths import display

    verb = "Removed" if remove else "Installed" if kernel.written else "Already there:"
    folder = display(kernel.folder)
    text = Text.assemble(f"{verb} the Jupyter kernel ", (kernel.name, "bold"), f" in {folder}")
    say(output.console(), text)
    return int(ExitCode.DONE)
