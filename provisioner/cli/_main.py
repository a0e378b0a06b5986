"""The one boundary: arguments in, exit code out, and no traceback for anything that can happen."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING

import click

from provisioner.cli._app import torchenv
from provisioner.cli._output import Output
from provisioner.findings import ExitCode, Finding, TorchenvError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (:class:`provisioner.findings.ExitCode`)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    output = _output_of(words)
    try:
        result = torchenv.main(args=words, prog_name="torchenv", standalone_mode=False)
    except click.ClickException as exc:
        return _refuse_arguments(output, exc)
    except TorchenvError as exc:
        return output.failed(exc.findings, exc.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return output.failed([_interrupted()], ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is left to say, and Python's own flush at exit
        # must not fail on the same pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except Exception as exc:  # noqa: BLE001 - the program's boundary
        return output.failed([_unexpected(exc)], ExitCode.WORLD)
    return int(result or 0)


def _output_of(words: Sequence[str]) -> Output:
    """Return how to tell of failures, from the words themselves: parsing may have failed."""
    own = words[: words.index("--")] if "--" in words else words
    command = next((word for word in own if not word.startswith("-")), "torchenv")
    return Output(
        command=command,
        as_json="--json" in own,
        quiet="--quiet" in own or "-q" in own,
        verbose="--verbose" in own or "-v" in own,
    )


def _refuse_arguments(output: Output, exc: click.ClickException) -> int:
    """Print the help where there were no arguments at all, else what is wrong with them."""
    if isinstance(exc, click.exceptions.NoArgsIsHelpError):
        click.echo(exc.format_message())
        return int(ExitCode.REFUSED)
    context = getattr(exc, "ctx", None)
    path = context.command_path if context is not None else "torchenv"
    usage = context.get_usage() if context is not None else "torchenv COMMAND [SPEC]"
    finding = Finding(
        code="TE903",
        message=exc.format_message(),
        why=" ".join(usage.split()),
        do=f"See `{path} --help`.",
    )
    return output.failed([finding], ExitCode.REFUSED)


def _interrupted() -> Finding:
    return Finding(
        code="TE901",
        message="Interrupted.",
        why="You stopped the command; the environment is what it was before.",
        do="Run the same command again to go on.",
    )


def _unexpected(exc: Exception) -> Finding:
    """Keep the traceback in a file: it is for us, not for the user's screen."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="torchenv-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exception(exc, file=log)
    return Finding(
        code="TE902",
        message=f"torchenv failed in a way that it does not know: {type(exc).__name__}.",
        why=f"This is a defect of torchenv; the details are in `{log.name}`.",
        do="Please report it with that file; look through it for secrets first.",
    )
