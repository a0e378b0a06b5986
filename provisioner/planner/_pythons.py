"""A range of Pythons: which minor versions it admits, and in which order they are tried."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from provisioner.findings import Finding
from provisioner.planner._order import python_order
from provisioner.planner._text import listing
from provisioner.planner._types import Plans, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provisioner.compat import Compat
    from provisioner.host import HostFacts
    from provisioner.planner._types import Verdict
    from provisioner.spec import Spec, TargetWish

_NOT_KNOWN = "TE208"
"""The code of the doubt whether a wheel exists."""


def iter_settled(
    spec: Spec, compat: Compat, host: HostFacts, *, errors_of: Callable[[Spec], int]
) -> Iterator[Spec]:
    """Yield the spec with one Python in the place of each range, the best one first.

    Targets with the same range get the same Python. A newer one is better, and one that this
    machine has comes before one that it does not have. Of several ranges there are many
    combinations, so that a Python with which a target cannot be even alone is left out; where none
    is left, only the Pythons that come nearest are tried together.

    Args:
        spec: What is wanted.
        compat: What exists.
        host: The machine that plans.
        errors_of: How much stands in the way of a spec with one target.
    """
    ranges = {
        target.python: _admitted(target.python, compat, host)
        for target in spec.targets
        if target.has_range
    }
    if len(ranges) > 1:
        ranges = _narrowed(ranges, spec, errors_of)
    for chosen in product(*ranges.values()):
        yield spec.with_pythons(dict(zip(ranges, chosen, strict=True)))


def _narrowed(
    ranges: Mapping[str, list[str]], spec: Spec, errors_of: Callable[[Spec], int]
) -> dict[str, list[str]]:
    """Return the Pythons of each range that may do, or just the nearest where none does."""

    def errors(text: str, python: str) -> int:
        alone = (spec.narrowed(one.name) for one in spec.targets if one.python == text)
        return sum(errors_of(one.with_pythons({text: python})) for one in alone)

    costs = {text: {one: errors(text, one) for one in found} for text, found in ranges.items()}
    if all(0 in cost.values() for cost in costs.values()):
        return {text: [one for one in cost if not cost[one]] for text, cost in costs.items()}
    return {text: [min(cost, key=cost.__getitem__)] for text, cost in costs.items()}


def empty_ranges(spec: Spec, compat: Compat) -> tuple[Finding, ...]:
    """Return a finding for each range that admits no Python that torch exists for."""
    every = _known(compat)
    found = (
        Finding(
            code="TE652",
            message=f"torch exists for no Python that `{target.python}` admits.",
            why=f"{_contradiction(target.python)}The compat data ({compat.version}) has builds for "
            f"Python {every[-1]} to {every[0]}.",
            do="Write a range that admits one of these, or name one Python.",
            where=spec.where(spec.key_of(target, "python")),
        )
        for target in spec.targets
        if target.has_range and not _in_range(target.python, compat)
    )
    return tuple(dict.fromkeys(found))


def _contradiction(text: str) -> str:
    wanted = SpecifierSet(text)
    if any(wanted.contains(f"3.{minor}") for minor in range(100)):
        return ""
    return "Its parts exclude each other, so no Python satisfies them all. "


def best_of(verdicts: Iterator[Verdict]) -> Verdict:
    """Return the first verdict that surely holds, else the first that may, else a refusal.

    Of several refusals the shortest is the one that comes nearest.
    """
    seen: list[Verdict] = []
    for verdict in verdicts:
        seen.append(verdict)
        if isinstance(verdict, Plans) and not any(
            one.code == _NOT_KNOWN for one in verdict.findings
        ):
            return verdict
    possible = [one for one in seen if isinstance(one, Plans)]
    refused = (one for one in seen if isinstance(one, Refusal))
    return possible[0] if possible else min(refused, key=lambda one: len(one.findings))


def of_several(refusal: Refusal, spec: Spec, compat: Compat) -> Refusal:
    """Say in a refusal that it stands for every Python of a range, where there are several."""
    ranges = dict.fromkeys(target.python for target in spec.targets if target.has_range)
    several = {text: found for text in ranges if len(found := _in_range(text, compat)) > 1}
    if not several:
        return refusal
    admitted = "; ".join(f"`{text}` admits {listing(found)}" for text, found in several.items())
    first, *others = refusal.findings
    why = f"{first.why} None of the others would do either: {admitted}."
    return Refusal(findings=(replace(first, why=why), *others))


def reason(target: TargetWish, python: str, host: HostFacts) -> str:
    """Return why a Python was chosen, as a sentence."""
    is_here = "has" if python in host.pythons else "does not have"
    machine = f", and this machine {is_here} it" if host.pythons else ""
    return f"Python {python} is the best that `{target.python}` admits for this torch{machine}."


def _admitted(text: str, compat: Compat, host: HostFacts) -> list[str]:
    """Return the minor versions of a range, the best first."""
    return sorted(_in_range(text, compat), key=lambda one: one not in host.pythons)


def _in_range(text: str, compat: Compat) -> list[str]:
    """Return the minor versions of a range, the newest first."""
    wanted = SpecifierSet(text)
    return [one for one in _known(compat) if wanted.contains(one)]


def _known(compat: Compat) -> list[str]:
    """Return the Pythons that some torch has wheels for, the newest first; no free-threaded one."""
    every = {one for builds in compat.builds_by_place.values() for b in builds for one in b.pythons}
    return sorted((one for one in every if one[-1] != "t"), key=python_order, reverse=True)
