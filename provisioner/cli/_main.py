"""The one boundary: arguments in, exit code out, and no traceback for anything that can happen."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from provisioner.cli._app import torchenv
from provisioner.cli._output import Output
from provisioner.cli._signals import ending_signals
from provisioner.cli._streams import discard_broken_streams, flush_streams, prepare_streams
from provisioner.findings import ExitCode, Finding, TorchenvError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (:class:`provisioner.findings.ExitCode`)."""
    prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    output = _output_of(words)
    with ending_signals() as received:
        try:
            code = _run(words, output)
            flush_streams()
        except OSError as exc:
            code = _end_unheard(output, exc)
    if received:
        # Whoever sent it expects to see that it ended the program.
        os.kill(os.getpid(), received[0])
    return code


def end_unheard(words: Sequence[str], exc: OSError) -> int:
    """Return the exit code of a command that is done and whose result could not be printed."""
    return _end_unheard(_output_of(words), exc)


def _run(words: list[str], output: Output) -> int:
    """Run one command; every failure is told, and becomes an exit code.

    Raises:
        OSError: The result or the failure could not be told.
    """
    try:
        result = torchenv.main(args=words, prog_name="torchenv", standalone_mode=False)
    except click.ClickException as exc:
        return _refuse_arguments(output, exc)
    except TorchenvError as exc:
        return output.failed(exc.findings, exc.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return output.failed([_interrupted()], ExitCode.INTERRUPTED)
    except SystemExit:
        # click's answer to a reader that went away (`| head`): nothing is left to say.
        return int(ExitCode.DONE)
    except Exception as exc:
        if isinstance(exc, OSError) and discard_broken_streams():
            raise
        return output.failed([_unexpected(exc)], ExitCode.WORLD)
    return int(result or 0)


def _end_unheard(output: Output, exc: OSError) -> int:
    """Return the exit code where a standard stream could not be written, and say so if possible."""
    discard_broken_streams()
    if isinstance(exc, BrokenPipeError):
        return int(ExitCode.DONE)
    finding = Finding(
        code="TE904",
        message="The output cannot be written.",
        why=f"The system says: {exc.strerror or exc}.",
        do="Make room where standard output or standard error leads, and run the command again.",
    )
    return replace(output, as_json=False).failed([finding], ExitCode.WORLD)


def _output_of(words: Sequence[str]) -> Output:
    """Return how to tell of failures, from the words themselves: parsing may have failed."""
    own = words[: words.index("--")] if "--" in words else words
    command = next((word for word in own if not word.startswith("-")), "torchenv")
    return Output(
        command=command,
        as_json="--json" in own,
        quiet="--quiet" in own or "-q" in own,
        verbose="--verbose" in own or "-v" in own,
        events="--events" in own,
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
    import tempfile  # noqa: PLC0415 - seldom needed

    with tempfile.NamedTemporaryFile(
        "w", prefix="torchenv-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        import traceback  # noqa: PLC0415 - seldom needed

        traceback.print_exception(exc, file=log)
    return Finding(
        code="TE902",
        message=f"torchenv failed in a way that it does not know: {type(exc).__name__}.",
        why=f"This is a defect of torchenv; the details are in `{log.name}`.",
        do="Please report it with that file; look through it for secrets first.",
    )
