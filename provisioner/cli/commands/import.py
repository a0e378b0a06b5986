"""``torchenv import``."""  # noqa: N999 - named like its command

from __future__ import annotations

from pathlib import Path

import click

from provisioner.api.importing import import_lock
from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode


@click.command()
@click.argument("lock", type=click.Path(path_type=Path), metavar="LOCK")
@click.option(
    "-o",
    "--output",
    "spec",
    type=click.Path(path_type=Path),
    default="torchenv.toml",
    show_default=True,
    help="Where to write the spec.",
)
@click.option("--python", metavar="VERSION", help="Python to make it for, if LOCK leaves it open.")
@click.option(
    "--trust",
    multiple=True,
    type=click.Choice(["http", "file", "outside", "credentials"]),
    help="Let LOCK name this kind of place; may be repeated.",
)
@output_options
def command(
    lock: Path, *, spec: Path, python: str | None, trust: tuple[str, ...], **options: bool
) -> int:
    """Make a spec and its lock from LOCK, a pylock.toml of uv, pip or another tool.

    The versions are kept: what torch does not bring becomes a dependency of the spec.
    """
    output = Output(command="import", **options)
    imported = import_lock(lock, spec, trust=trust, python=python, reporter=output.reporter())
    if output.as_json:
        body = {
            "spec": str(imported.spec),
            "lock": str(imported.locked.lock.file),
            "kept": imported.kept,
            "packages": [
                {"name": one.name, "version": one.version} for one in imported.locked.lock.packages
            ],
        }
        output.document(body, imported.findings)
        return int(ExitCode.DONE)
    from rich.text import Text

    from provisioner.cli.render._text import count, say
    from provisioner.paths import display

    output.findings(imported.findings)
    kept = count(imported.kept, "version")
    files = f"{display(imported.spec)} and {display(imported.locked.lock.file)}"
    say(output.console(), Text(f"Imported {kept} into {files}"))
    return int(ExitCode.DONE)
