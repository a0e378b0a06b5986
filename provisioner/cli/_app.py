"""The commands: each parses, calls the library and renders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provisioner import _api
from provisioner._version import __version__
from provisioner.cli import _documents
from provisioner.cli._output import Output
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_SPEC = click.argument(
    "spec", default="torchenv.toml", type=click.Path(path_type=Path), metavar="[SPEC]"
)


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command has."""
    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
            click.option("-q", "--quiet", is_flag=True, help="Print errors and results only."),
            click.option("-v", "--verbose", is_flag=True, help="Print what the engine says too."),
        )
    ):
        command = option(command)
    return command


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="torchenv", message="%(prog)s %(version)s")
def torchenv() -> None:
    """Declarative environments for PyTorch: plan, lock, apply, prove.

    A short torchenv.toml (the spec) says what you want. Exit codes: 0 done or nothing to do, 1 a
    check found a difference, 2 refused, 3 the world said no (network, disk, interpreter), 4 a
    wheel, lock or environment failed verification.
    """


@torchenv.command()
@_SPEC
@_common
def plan(spec: Path, **options: bool) -> int:
    """Validate SPEC and show what would be chosen and changed. Offline; changes nothing."""
    output = Output(command="plan", **options)
    planned = _api.plan_with_changes(_api.load_spec(spec))
    if output.as_json:
        output.document(_documents.plan_body(planned), planned.plan.findings)
        return int(ExitCode.DONE)
    from provisioner.cli import _render

    output.findings(planned.plan.findings)
    _render.print_plan(output.console(), planned.plan)
    _render.print_changes(output.console(), planned.changes)
    return int(ExitCode.DONE)


@torchenv.command()
@_SPEC
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the lock is stale.")
@_common
def lock(spec: Path, *, check: bool, **options: bool) -> int:
    """Plan SPEC, resolve it, and write the lock beside it (pylock.NAME.toml)."""
    output = Output(command="lock", **options)
    loaded = _api.load_spec(spec)
    if check:
        return _show_check(output, _api.check_lock(loaded))
    locked = _api.lock(loaded, reporter=output.reporter())
    if output.as_json:
        output.document(_documents.lock_body(locked), locked.findings)
        return int(ExitCode.DONE)
    from provisioner.cli import _render

    output.findings(locked.findings)
    _render.print_locked(output.console(), locked)
    return int(ExitCode.DONE)


def _show_check(output: Output, checked: _api.Locked) -> int:
    """Show what the check of a lock found: nothing at all where the lock is right."""
    if output.as_json:
        output.document(_documents.lock_body(checked), checked.findings)
    else:
        output.findings(checked.findings)
    return int(ExitCode.DIFFERENCE if checked.findings else ExitCode.DONE)


@torchenv.command()
@_SPEC
@click.option("--locked", is_flag=True, help="Refuse a missing or stale lock; never resolve.")
@click.option("--no-wait", is_flag=True, help="Fail when another apply works on the environment.")
@_common
def apply(spec: Path, *, locked: bool, no_wait: bool, **options: bool) -> int:
    """Make the environment equal to the lock of SPEC, and prove it. Locks first where needed."""
    output = Output(command="apply", **options)
    done = _api.apply(
        _api.load_spec(spec), locked=locked, wait=not no_wait, reporter=output.reporter()
    )
    if output.as_json:
        output.document(_documents.apply_body(done), done.findings)
        return int(ExitCode.DONE)
    from provisioner.cli import _render

    output.findings(done.findings)
    _render.print_applied(output.console(), done, quiet=output.quiet)
    return int(ExitCode.DONE)


@torchenv.command()
@_SPEC
@_common
def status(spec: Path, **options: bool) -> int:
    """Compare the environment with the lock and the spec. Exit 1 where they differ."""
    output = Output(command="status", **options)
    found = _api.status(_api.load_spec(spec))
    code = ExitCode.DONE if found.state == "current" else ExitCode.DIFFERENCE
    if output.as_json:
        output.document(_documents.status_body(found), found.findings)
        return int(code)
    from provisioner.cli import _render

    output.findings(found.findings)
    _render.print_status(output.console(), found)
    return int(code)


@torchenv.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script for SHELL; evaluate it in the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(torchenv, {}, "torchenv", "_TORCHENV_COMPLETE").source())
    return int(ExitCode.DONE)
