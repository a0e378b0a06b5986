"""What the words of a text speak for: every rule's signs, tried one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.diagnosis._causes import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.diagnosis._rules import Rule, Sign


def candidates_by_signs(flow: str, rules: Iterable[Rule]) -> Iterator[Candidate]:
    """Yield the causes whose signs stand in a text; a cause with two signs comes twice."""
    for rule in rules:
        for sign in rule.signs:
            at = _seen(flow, sign)
            if at is not None:
                yield Candidate(
                    category=rule.category, weight=sign.weight, confidence=sign.confidence, at=at
                )


def _seen(flow: str, sign: Sign) -> int | None:
    """Return where a sign is seen, None where it is not or something speaks against it."""
    for each in sign.any_of:
        found = each.find(flow)
        if found is None:
            continue
        if any(other.find(flow) is not None for other in sign.unless):
            return None
        return flow.find(each.anchor, found.start(), found.end())
    return None
