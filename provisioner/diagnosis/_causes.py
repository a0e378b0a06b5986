"""Causes as values: what a matcher proposes, and what a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.diagnosis._rules import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A cause that something in a text speaks for."""

    category: str
    weight: int
    """0 to 100; the strongest wins."""
    confidence: Confidence
    at: int | None = None
    """Where in the flow the evidence stands; None where several places together are it."""
    cause: str | None = None
    """Says more than the rule's own text, where facts were looked up."""
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause, ready to be shown; no text carries secrets, homes or control characters."""

    category: str
    """Slug, ``network-dns``."""
    code: str
    """``TE811``."""
    confidence: Confidence
    title: str
    cause: str
    fix: str
    """A sentence with a command in backticks, made of validated values only."""
    evidence: tuple[str, ...]
    """Lines of the text, at most three."""
    source: str
    """Where the rule is known from."""
    ask: str
    """What to run and paste to be surer."""
