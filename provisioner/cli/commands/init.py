"""``torchenv init``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from provisioner.api._adopt import Adopted

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("spec", default="torchenv.toml", type=_FILE, metavar="[SPEC]")
@click.option("--python", metavar="VERSION", help="Minor version, 3.11.")
@click.option("--accelerator", metavar="NAME", help="cpu, cu118, rocm6.4, xpu.")
@click.option(
    "--torch", metavar="VERSION", help="2.6, 2.2.0 or a specifier; the newest if left out."
)
@click.option("--from-env", type=_FILE, metavar="PATH", help="Take over an environment.")
@click.option("--from-requirements", type=_FILE, metavar="FILE", help="Take over requirements.")
@click.option("--from-pyproject", type=_FILE, metavar="FILE", help="Take over a pyproject.toml.")
@click.option("--from-conda", type=_FILE, metavar="FILE", help="Take over an environment.yml.")
@output_options
def command(spec: Path, **options: Any) -> int:  # noqa: ANN401  click's options
    """Write SPEC, asking or from options, or from what is there already.

    What is written plans clean; what had to be changed for that stands at its top. Nothing is ever
    written over.
    """
    from provisioner.api.host import host_facts
    from provisioner.api.init import draft, ignore_environment, write_new

    shown = {name: options.pop(name) for name in ("as_json", "quiet", "verbose")}
    output = Output(command="init", **shown)
    drafted = draft(_wanted(options, output), spec, host_facts())
    write_new(spec, drafted.text)
    ignored = ignore_environment(spec.absolute().parent)
    if output.as_json:
        output.document(
            {
                "spec": str(spec),
                "text": drafted.text,
                "notes": list(drafted.notes),
                "ignored": ignored,
            },
            (),
        )
        return int(ExitCode.DONE)
    if not output.quiet:
        click.echo(f"Wrote {spec}: {drafted.combination}.")
        for note in drafted.notes:
            click.echo(f"  note: {note}")
        if ignored:
            click.echo("  .gitignore: .venv was added")
    return int(ExitCode.DONE)


def _wanted(options: dict[str, Any], output: Output) -> Adopted:
    """Return what is wanted: from one source, with what the options say put over it."""
    from dataclasses import replace

    found = _adopted(options)
    named = {key: options[key] for key in ("python", "accelerator") if options[key] is not None}
    if found is None:
        found = _asked(options, output)
    if options["torch"] is not None:
        others = tuple(one for one in found.trio if one[0] != "torch")
        found = replace(found, trio=(("torch", _specifier(options["torch"])), *others))
    return replace(found, **named)


def _specifier(wish: str) -> str:
    """Return a version as a specifier: ``2.6`` is a line of releases, ``2.6.0`` one of them."""
    if not wish or wish[0] in "=<>~!":
        return wish
    return f"=={wish}" if wish.count(".") > 1 else f"=={wish}.*"


def _adopted(options: dict[str, Any]) -> Adopted | None:
    from provisioner.api import _adopt

    readers = {
        "from_env": _adopt.from_environment,
        "from_requirements": _adopt.from_requirements,
        "from_pyproject": _adopt.from_pyproject,
        "from_conda": _adopt.from_conda,
    }
    chosen = [name for name in readers if options[name] is not None]
    if len(chosen) > 1:
        raise click.UsageError("Name one source only.")
    return readers[chosen[0]](options[chosen[0]]) if chosen else None


def _asked(options: dict[str, Any], output: Output) -> Adopted:
    """Return what the user answers; without a terminal, what is left open is filled in."""
    from provisioner.api._adopt import Adopted

    trio = (("torch", ""), ("torchvision", ""), ("torchaudio", ""))
    given = any(options[key] is not None for key in ("python", "accelerator", "torch"))
    if given or output.as_json or output.quiet or not sys.stdin.isatty():
        return Adopted(trio=trio)
    accelerator = click.prompt(
        "Accelerator (cpu, cu126, rocm6.4, xpu; auto: the best that this machine runs)",
        default="auto",
    )
    python = click.prompt("Python", default="{}.{}".format(*sys.version_info))
    torch = click.prompt("torch (a version, or latest)", default="latest")
    if torch != "latest":
        options["torch"] = torch
    return Adopted(trio=trio, accelerator=accelerator, python=python)
