"""What a text means, for people and for issue trackers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.text import Text

from provisioner.cli.render._text import print_part, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from provisioner.diagnosis import Cause, Diagnosis
    from provisioner.explanations import Explanation

_STYLE: Final = {"certain": "bold red", "likely": "bold yellow", "possible": "bold cyan"}
_BACKTICKS: Final = re.compile(r"`+")


def print_diagnosis(console: Console, found: Diagnosis) -> None:
    """Print the causes, best first: what is wrong, what speaks for it, what to do."""
    seen: tuple[str, ...] = ()
    for number, cause in enumerate(found.causes):
        if number:
            console.print()
        _print_cause(console, cause, quote=cause.evidence != seen)
        seen = cause.evidence
    best = found.best
    if best is not None and best.confidence != "certain":
        console.print()
        say(console, Text(f"To be surer, run and paste: {best.ask}."))


def _print_cause(console: Console, cause: Cause, *, quote: bool) -> None:
    label = f"{cause.confidence} {cause.code}"
    say(
        console,
        Text.assemble((label, _STYLE[cause.confidence]), f": {cause.title} ({cause.category})"),
    )
    print_part(console, "why", cause.cause)
    print_part(console, "do", cause.fix)
    for number, line in enumerate(cause.evidence if quote else ()):
        print_part(console, "" if number else "seen", line)


def print_explanation(console: Console, found: Explanation) -> None:
    """Print the long form of a code."""
    say(console, Text(f"{found.code}: {found.title}."))
    print_part(console, "means", found.means)
    print_part(console, "why", found.why)
    print_part(console, "do", found.do)
    if found.example:
        print_part(console, "spec", found.example)
    for number, source in enumerate(found.sources):
        print_part(console, "" if number else "from", source)


def render_markdown(found: Diagnosis, spec: str | None = None) -> str:
    """Return a report in Markdown; foreign lines stand in code blocks that they cannot leave."""
    return "\n".join(_markdown(found, spec)).rstrip()


def _markdown(found: Diagnosis, spec: str | None) -> Iterator[str]:
    yield "### What `torchenv explain` says"
    if not found.causes:
        yield from ("", "Nothing in the text was recognised.")
    for cause in found.causes:
        yield from (
            "",
            f"**{cause.code} {cause.title}** (`{cause.category}`, {cause.confidence})",
            "",
        )
        yield from (cause.cause, "", f"To do: {cause.fix}")
        if cause.evidence:
            yield from ("", *code_block(cause.evidence))
    if spec is not None:
        yield from (
            "",
            "A spec that would have worked:",
            "",
            *code_block(spec.splitlines(), "toml"),
        )


def code_block(lines: tuple[str, ...] | list[str], language: str = "text") -> Iterator[str]:
    """Yield a fenced block that its lines cannot leave."""
    longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from lines
    yield fence
