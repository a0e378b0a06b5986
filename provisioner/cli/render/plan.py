"""What a plan chose, and what an apply would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.cli.render._styled import Text
from provisioner.cli.render._text import megabytes, print_rows, say
from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rich.console import Console

    from provisioner.cli.render._styled import PlainConsole
    from provisioner.environment import Change, Changes
    from provisioner.planner import ChosenBuild, Plan

_PLAIN: Final = frozenset({"as locked", "not installed", "other version", "not locked"})
"""Reasons that sign and versions say."""
_SIGNS: Final = (("+", "green"), ("-", "red"), ("~", "yellow"))


def print_plan(console: PlainConsole | Console, plan: Plan) -> None:
    """Print what the plan chose."""
    target = plan.target
    name = f" of `{target.name}`" if target.name is not None else ""
    where = f"{target.platform}, Python {target.python}, {target.accelerator}"
    say(console, Text.assemble((f"Plan{name}", "bold"), f" for {where}"))
    url = plan.index_url
    origin = f"from {strip_credentials(url)}" if url is not None else "from the default index"
    rows = [(build.name, _with_build(build), origin) for build in plan.trio]
    rows += [("constraint", one.requirement, one.why) for one in plan.constraints]
    if plan.auto is not None:
        rows.append(("auto", target.accelerator, plan.auto.reason))
    print_rows(console, rows)


def print_explanation(console: PlainConsole | Console, plan: Plan) -> None:
    """Print what was decided and checked for a plan, one sentence a line."""
    say(console, Text("Why", "bold"))
    for sentence in plan.explanation:
        say(console, Text(f"  {sentence}"))
    if plan.auto is not None and plan.auto.considered:
        say(console, Text(f"  `auto` looked at these builds of torch {plan.torch.public}:"))
        print_rows(console, [(f"  {name}", what) for name, what in plan.auto.considered])


def print_changes(
    console: PlainConsole | Console, changes: Changes | None, asked: Collection[str]
) -> None:
    """Print what an apply would change, one package a line.

    Args:
        console: Where to.
        changes: None where they are not known yet.
        asked: Names of the packages that the spec asks for; all others come with them.
    """
    if changes is None:
        say(console, Text("Changes are known once there is a lock: `torchenv lock`."))
        return
    if changes.is_empty:
        say(console, Text.assemble(("Changes", "bold"), ": none"))
        return
    say(console, Text.assemble(("Changes", "bold"), f", {len(changes.unchanged)} unchanged"))
    direct, others = (
        [(sign, change) for sign, change in _signed(changes) if (change.name in asked) is is_direct]
        for is_direct in (True, False)
    )
    _print_branch(console, direct, "  ")
    if direct and others:
        say(console, Text("  and with them"))
    _print_branch(console, others, "    " if direct else "  ")


def _signed(changes: Changes) -> list[tuple[tuple[str, str], Change]]:
    groups = (changes.added, changes.removed, changes.changed)
    return [(sign, one) for sign, group in zip(_SIGNS, groups, strict=True) for one in group]


def _print_branch(
    console: PlainConsole | Console, signed: Iterable[tuple[tuple[str, str], Change]], indent: str
) -> None:
    for sign, change in signed:
        say(console, Text.assemble(indent, sign, f" {_line(change)}"))
        print_startup(console, change)


def print_startup(console: PlainConsole | Console, change: Change) -> None:
    """Print what of a package Python runs at every start, where there is something."""
    if change.startup:
        files = ", ".join(change.startup)
        say(console, Text(f"    {change.name} runs at every start of Python: {files}"))


def _line(change: Change) -> str:
    """Return ``torch 2.2.0+cu121 → 2.2.0+cpu, other build: …  (191.8 MB)``."""
    versions = dict.fromkeys(one for one in (change.before, change.after) if one is not None)
    why = "" if change.reason in _PLAIN else f", {change.reason}"
    detail = f": {change.detail}" if change.detail else ""
    size = f"  ({megabytes(change.size_bytes)})" if change.size_bytes is not None else ""
    return f"{change.name} {' → '.join(versions)}{why or (',' if detail else '')}{detail}{size}"


def _with_build(build: ChosenBuild) -> str:
    """Return the version with its accelerator, which not every version says."""
    if "+" in build.version:
        return build.version
    return f"{build.version} ({build.accelerator})"
