"""From a text to its causes: everything is put together and ranked here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.diagnosis._causes import Candidate, Cause
from provisioner.diagnosis._conda import candidates_by_conda
from provisioner.diagnosis._digest import digest
from provisioner.diagnosis._distribution import candidates_by_distribution
from provisioner.diagnosis._facts import read_facts
from provisioner.diagnosis._installed import candidates_by_install
from provisioner.diagnosis._libraries import candidates_by_libraries
from provisioner.diagnosis._mask import mask_private
from provisioner.diagnosis._normalise import normalise
from provisioner.diagnosis._overcome import is_overcome
from provisioner.diagnosis._projects import candidates_by_project
from provisioner.diagnosis._proxies import candidates_by_proxies
from provisioner.diagnosis._rules import load_rules
from provisioner.diagnosis._signs import candidates_by_signs
from provisioner.diagnosis._slots import read_slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.compat import Compat
    from provisioner.diagnosis._facts import Facts
    from provisioner.diagnosis._normalise import Text
    from provisioner.diagnosis._rules import Confidence, Rule

_MOST: Final = 3
_CLOSE: Final = 5
"""Two causes whose weights are nearer than this make each other less sure."""
_FAR: Final = 25
"""Weaker than the best by more than this is not worth a reader's time."""
_EVIDENCE: Final = 2
_LONGEST: Final = 400
_SURENESS: Final = {"certain": 2, "likely": 1, "possible": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a text means."""

    causes: tuple[Cause, ...]
    """Best first, at most three; empty where nothing was recognised."""
    facts: Facts

    @property
    def best(self) -> Cause | None:
        """The first cause, None where nothing was recognised."""
        return self.causes[0] if self.causes else None


def diagnose(raw: str, compat: Compat) -> Diagnosis:
    """Return what a text means; pure, and linear in the length of the text.

    Args:
        raw: What a tool printed, pasted or piped, of any length.
        compat: The compat data, for what was published.
    """
    text = normalise(digest(raw))
    facts = read_facts(text)
    rules = {rule.category: rule for rule in load_rules()}
    ranked = _rank(_candidates(text, facts, compat))
    return Diagnosis(
        causes=tuple(
            _cause(rules[one.category], one, text, facts, compat) for one in ranked[:_MOST]
        ),
        facts=facts,
    )


def _candidates(text: Text, facts: Facts, compat: Compat) -> Iterator[Candidate]:
    for one in candidates_by_signs(text.flow, load_rules()):
        if not is_overcome(text.flow, one.category):
            yield one
    yield from candidates_by_libraries(text.flow)
    yield from candidates_by_proxies(text.flow)
    yield from candidates_by_conda(text.flow)
    yield from candidates_by_project(text.flow)
    yield from candidates_by_distribution(text, facts, compat)
    yield from candidates_by_install(text.flow, facts)


def _rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the strongest candidate of each category, best first.

    A cause is as sure as its sign says, unless another one is nearly as strong.
    """
    best: dict[str, Candidate] = {}
    for one in candidates:
        known = best.get(one.category)
        if known is None or _strength(one) > _strength(known):
            best[one.category] = one
    ranked = sorted(best.values(), key=_strength, reverse=True)
    if len(ranked) > 1 and ranked[0].weight - ranked[1].weight < _CLOSE:
        ranked[0] = _less_sure(ranked[0])
    close = [one for one in ranked[1:] if one.weight >= ranked[0].weight - _FAR]
    return [*ranked[:1], *map(_less_sure, close)]


def _strength(one: Candidate) -> tuple[int, int, bool]:
    return one.weight, _SURENESS[one.confidence], one.cause is not None


def _less_sure(one: Candidate) -> Candidate:
    confidence: Confidence = "likely" if one.confidence == "certain" else one.confidence
    return Candidate(
        category=one.category,
        weight=one.weight,
        confidence=confidence,
        at=one.at,
        cause=one.cause,
        fix=one.fix,
    )


# -- words


def _cause(rule: Rule, one: Candidate, text: Text, facts: Facts, compat: Compat) -> Cause:
    slots = read_slots(text, facts, compat)
    return Cause(
        category=rule.within,
        code=rule.code,
        confidence=one.confidence,
        title=rule.title,
        cause=one.cause or rule.cause,
        fix=one.fix or _fill(rule.fixes, slots),
        evidence=_evidence(one, text),
        source=rule.source,
        ask=rule.ask,
    )


def _fill(fixes: tuple[str, ...], slots: dict[str, str]) -> str:
    """Return the first text whose slots are all known, filled in."""
    for fix in fixes:
        names = re.findall(r"\{(\w+)\}", fix)
        if all(name in slots for name in names):
            for name in names:
                fix = fix.replace(f"{{{name}}}", slots[name])  # noqa: PLW2901  filled step by step
            return fix
    return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), fixes[-1])


def _evidence(one: Candidate, text: Text) -> tuple[str, ...]:
    """Return the lines that speak for a cause, without secrets and homes."""
    if one.at is None:
        return ()
    first = text.line_at(one.at)
    near = (line.strip() for line in text.lines[first : first + 2 * _EVIDENCE])
    lines = [line for line in near if line][:_EVIDENCE]
    return tuple(mask_private(line)[:_LONGEST] for line in lines)
