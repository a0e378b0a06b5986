"""The rules, read from ``rules/*.toml``: causes, and the signs by which a text gives them away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

from provisioner import toml
from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.diagnosis._pattern import Pattern

Confidence = Literal["certain", "likely", "possible"]

_FILES: Final = (
    *("command", "network", "wheels", "files", "resolution", "platforms"),
    *("imports", "cuda", "misc"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something in a text that speaks for a cause."""

    any_of: tuple[Pattern, ...]
    """One of them must match."""
    unless: tuple[Pattern, ...]
    """None of them may match."""
    weight: int
    """0 to 100: the stronger sign wins; two of like weight make each other less sure."""
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One cause: how to recognise it, and what to say."""

    category: str
    """Slug, ``network-dns``; a rule's own."""
    within: str
    """The category that is reported: another rule's where this one is a special case of it."""
    code: str
    """``TE811``."""
    title: str
    cause: str
    fixes: tuple[str, ...]
    """The first whose ``{slots}`` are all known is shown."""
    source: str
    """Where the rule is known from."""
    ask: str
    """What to run and paste where a text does not decide."""
    signs: tuple[Sign, ...]
    """Empty where facts decide, not words."""
    examples: tuple[str, ...]
    """Texts that must be explained by this cause."""


@cache
def load_rules() -> tuple[Rule, ...]:
    """Read the rules that come with the package.

    Raises:
        PatternError: An expression is not in the form that they must have; a test sees that first.
    """
    folder = files("provisioner.diagnosis") / "rules"
    tables = [toml.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in _FILES]
    return tuple(_rule(table, whole["ask"]) for whole in tables for table in whole["cause"])


def rules_by_category() -> Mapping[str, Rule]:
    """Return the rules by slug."""
    return {rule.category: rule for rule in load_rules()}


def _rule(table: Mapping[str, Any], ask: str) -> Rule:
    return Rule(
        category=table["category"],
        within=table.get("within", table["category"]),
        code=table["code"],
        title=table["title"],
        cause=table["cause"],
        fixes=tuple(table["fix"]),
        source=table["source"],
        ask=ask,
        signs=tuple(_sign(sign) for sign in table.get("sign", ())),
        examples=tuple(table["examples"]),
    )


def _sign(table: Mapping[str, Any]) -> Sign:
    return Sign(
        any_of=_patterns(table["any"]),
        unless=_patterns(table.get("unless", ())),
        weight=table["weight"],
        confidence=table["confidence"],
    )


def _patterns(sources: Iterable[str]) -> tuple[Pattern, ...]:
    return tuple(pattern(source) for source in sources)
