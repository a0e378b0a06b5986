"""``torchenv explain``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provisioner.cli._output import Output
from provisioner.cli.commands._common import output_options
from provisioner.findings import ExitCode, Finding, SpecError

if TYPE_CHECKING:
    from provisioner.api.explain import Explained
    from provisioner.diagnosis import Cause, Diagnosis

_CODE: Final = re.compile(r"TE\d{3}", re.IGNORECASE)
_RUN: Final = "torchenv.explain.command"


class _WithCommand(click.Command):
    """A command whose words after ``--`` are another command's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            ctx.meta[_RUN] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)


@click.command(cls=_WithCommand)
@click.argument("text", required=False, metavar="[FILE | - | CODE | -- COMMAND ...]")
@click.option("--markdown", is_flag=True, help="Print a report for an issue tracker.")
@click.option(
    "--spec",
    "write_spec",
    is_flag=True,
    help="Write a torchenv.toml that would have worked; never over another one.",
)
@output_options
@click.pass_context
def command(
    context: click.Context,
    /,
    text: str | None,
    *,
    markdown: bool,
    write_spec: bool,
    **options: bool,
) -> int:
    """Say what an error output means and what to do.

    Reads FILE or standard input (`pip install torch 2>&1 | torchenv explain`); with `--` runs
    COMMAND and explains it where it fails; with a code of a finding (`TE204`) says what that is.
    Exit 1 where nothing is recognised; with COMMAND its own exit code.
    """
    output = Output(command="explain", **options)
    words: tuple[str, ...] = context.meta.get(_RUN, ())
    if text is not None and _CODE.fullmatch(text) and not Path(text).exists():
        return _explain_code(text.upper(), output)
    from provisioner.api.explain import exit_code_of

    explained = _explained(text, words, output)
    told = None if explained.exit_code == 0 else explained.diagnosis
    if told is not None:
        _tell(explained, output, markdown=markdown, spec=_spec(told, wanted=write_spec))
    elif output.as_json:
        output.document({"exit_code": 0}, ())
    return exit_code_of(explained)


def _explained(text: str | None, words: tuple[str, ...], output: Output) -> Explained:
    from provisioner.api.explain import Explained, decode, explain, explain_command, read_text

    if words:
        shown = sys.stderr if output.as_json else sys.stdout
        return explain_command(words, lambda line: print(line, file=shown, flush=True))
    if text not in (None, "-"):
        return Explained(diagnosis=explain(read_text(Path(text or ""))), exit_code=None)
    if text is None and sys.stdin.isatty():
        raise click.UsageError("Give a FILE, pipe a text, or write `-` and paste one.")
    return Explained(diagnosis=explain(decode(sys.stdin.buffer.read())), exit_code=None)


def _tell(explained: Explained, output: Output, *, markdown: bool, spec: str | None) -> None:
    from provisioner.api.explain import unrecognised

    found = explained.diagnosis
    findings = () if found.causes else (unrecognised(),)
    if output.as_json:
        output.document(_body(explained, spec), findings)
        return
    if markdown:
        from provisioner.cli.render.explain import render_markdown

        click.echo(render_markdown(found, spec))
        return
    from provisioner.cli.render.explain import print_diagnosis

    output.findings(findings)
    print_diagnosis(output.console(), found)
    if spec is not None:
        output.console(stderr=True).print("Wrote `torchenv.toml`.", markup=False)


def _spec(found: Diagnosis, *, wanted: bool) -> str | None:
    """Return a spec that would have worked, written to the working folder where that is wanted.

    Raises:
        SpecError: There is no such spec (``TE892``), or a file is in the way (``TE891``).
    """
    if not wanted:
        return None
    from provisioner.api.explain import suggest_spec
    from provisioner.api.init import write_new

    text = suggest_spec(found)
    if text is None:
        raise SpecError(_no_spec())
    write_new(Path("torchenv.toml"), text)
    return text


def _no_spec() -> Finding:
    return Finding(
        code="TE892",
        message="No spec can be written from this text.",
        why="It does not say which torch was wanted, or nothing like it works on this machine.",
        do="Write one with `torchenv init`.",
    )


def _body(explained: Explained, spec: str | None) -> dict[str, Any]:
    facts = explained.diagnosis.facts
    names = (
        "torch", "accelerator", "python", "system", "machine", "status", "library", "gpu",
        "driver", "cuda",
    )  # fmt: skip
    return {
        "causes": [_cause(one) for one in explained.diagnosis.causes],
        "facts": {name: getattr(facts, name) for name in names},
        "exit_code": explained.exit_code,
        "spec": spec,
    }


def _cause(one: Cause) -> dict[str, Any]:
    return {
        "category": one.category,
        "code": one.code,
        "confidence": one.confidence,
        "title": one.title,
        "cause": one.cause,
        "fix": one.fix,
        "evidence": list(one.evidence),
        "source": one.source,
        "ask": one.ask,
    }


def _explain_code(code: str, output: Output) -> int:
    """Say what a code stands for."""
    from provisioner.explanations import explanation

    found = explanation(code)
    if found is None:
        return output.failed([_unknown_code(code)], ExitCode.REFUSED)
    if output.as_json:
        names = ("code", "title", "means", "why", "do")
        body: dict[str, Any] = {name: getattr(found, name) for name in names}
        body |= {"example": found.example or None, "sources": list(found.sources)}
        output.document({"explanation": body}, ())
        return int(ExitCode.DONE)
    from provisioner.cli.render.explain import print_explanation

    print_explanation(output.console(), found)
    return int(ExitCode.DONE)


def _unknown_code(code: str) -> Finding:
    from provisioner.codes import TITLES

    ranges = ([known for known in TITLES if known[:digits] == code[:digits]] for digits in (4, 3))
    near = ", ".join(f"`{one}`" for one in next(filter(None, ranges), ()))
    return Finding(
        code="TE903",
        message=f"There is no finding with the code `{code}`.",
        why="Codes have the form `TE204`; each is in the reference of finding codes.",
        do=f"Check the number{f'; near it are {near}' if near else ''}.",
    )
