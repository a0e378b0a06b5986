"""Explaining why there is no set of versions, and finding the change that gives one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from provisioner.findings import Where, WorldError
from provisioner.lockfile._conflict import Conflict, Demand, links_in, minimal_conflict
from provisioner.lockfile._request import REQUEST_NAME
from provisioner.planner import Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import Follow, VersionWish
from provisioner.urls import local_path, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from provisioner.compat import Compat
    from provisioner.findings import Finding
    from provisioner.host import HostFacts
    from provisioner.lockfile._origins import Origins
    from provisioner.lockfile._request import Request
    from provisioner.lockfile._resolve import Resolver
    from provisioner.planner import Plan
    from provisioner.spec import CompanionWish, Spec

_TORCH_TRIES: Final = 24
"""How many other torch releases are tried, each with one question to the engine."""
_MOST_CONFLICTS: Final = 4
_NO_SOLUTION: Final = frozenset({"TE403", "TE405"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tangle:
    """A request without a solution, and everything that it takes to look for one."""

    spec: Spec
    plan: Plan
    resolver: Resolver
    request: Request
    others: Iterable[Plan]
    """Plans with other releases of torch, those to try first first."""
    works_with: Callable[[Plan], bool]
    """Whether everything that is wanted can be resolved beside another torch."""


def other_plans(spec: Spec, planned: Plan, compat: Compat, host: HostFacts) -> Iterator[Plan]:
    """Yield plans with other releases of torch for the same target, the nearest first."""
    releases = [one.torch for one in compat.releases]
    place = releases.index(planned.torch.public) if planned.torch.public in releases else -1
    for torch in sorted(releases, key=lambda one: abs(releases.index(one) - place)):
        pinned = replace(
            spec,
            torch=VersionWish(text=torch, specifier=SpecifierSet(f"=={torch}")),
            torchvision=_freed(spec.torchvision),
            torchaudio=_freed(spec.torchaudio),
        )
        verdict = make_plan(pinned, compat, host)
        if not isinstance(verdict, Refusal) and torch != planned.torch.public:
            yield verdict.of(planned.target.name)


def _freed(wish: CompanionWish) -> CompanionWish:
    """Return what is wanted of a member where torch may be another release."""
    return Follow() if isinstance(wish, VersionWish) else wish


def explain_conflict(tangle: Tangle, failure: Finding) -> tuple[Finding, ...]:
    """Return findings ``TE405`` in terms of what a person can change, one for each conflict.

    Where asking again does not show the same failure (a server is gone), ``failure`` stands.
    """
    demands = tuple(_demands(tangle))
    asked = _Asked(tangle)
    try:
        cores = tuple(_cores(demands, asked))
        conflicts = [_conflict(tangle, asked, demands, core, cores) for core in cores]
    except WorldError:
        return (failure,)
    return tuple(conflict.finding() for conflict in conflicts) or (failure,)


def _cores(demands: Sequence[Demand], asked: _Asked) -> Iterator[tuple[Demand, ...]]:
    """Yield smallest sets of demands without a solution, until the others have one."""
    rest = list(demands)
    for _ in range(_MOST_CONFLICTS):
        if asked.holds(rest):
            return
        core = minimal_conflict(rest, asked.holds)
        yield core
        # A torch that is part of one conflict may be part of the next one too.
        wishes = [one for one in core if one.is_wish]
        rest = [one for one in rest if one not in (wishes or core)]


def _conflict(
    tangle: Tangle,
    asked: _Asked,
    demands: Sequence[Demand],
    core: tuple[Demand, ...],
    cores: Sequence[tuple[Demand, ...]],
) -> Conflict:
    """Return one conflict, with changes that resolve it (though perhaps not the other ones)."""
    elsewhere = {one for other in cores if other != core for one in other if one not in core}
    near = [one for one in demands if one not in elsewhere]
    return Conflict(
        demands=core,
        links=links_in(asked.failure(core), (REQUEST_NAME,)),
        changes=tuple(_changes(tangle, asked, near, core)),
    )


class _Asked:
    """Asks the engine for some of the demands; answers are remembered."""

    def __init__(self, tangle: Tangle) -> None:
        self._tangle = tangle
        self._answers: dict[frozenset[Demand], Origins | str] = {}

    def holds(self, demands: Sequence[Demand]) -> bool:
        return not isinstance(self._ask(demands), str)

    def failure(self, demands: Sequence[Demand]) -> str:
        """Return what the engine says of demands that have no solution, empty where they have."""
        answer = self._ask(demands)
        return answer if isinstance(answer, str) else ""

    def versions(self, demands: Sequence[Demand]) -> Origins | None:
        """Return the versions of a solution, None where there is none."""
        answer = self._ask(demands)
        return None if isinstance(answer, str) else answer

    def _ask(self, demands: Sequence[Demand]) -> Origins | str:
        """Ask.

        Raises:
            WorldError: The engine failed for another reason than want of a solution.
        """
        key = frozenset(demands)
        if key not in self._answers:
            resolver, request = _reduced(self._tangle, demands)
            try:
                self._answers[key] = resolver.origins(request)
            except WorldError as exc:
                if any(finding.code not in _NO_SOLUTION for finding in exc.findings):
                    raise
                self._answers[key] = "\n".join(finding.why for finding in exc.findings)
        return self._answers[key]


def _reduced(tangle: Tangle, demands: Sequence[Demand]) -> tuple[Resolver, Request]:
    """Return resolver and request with these demands only."""
    texts = {one.text for one in demands}
    request, resolver = tangle.request, tangle.resolver
    trio = tuple(line for line in request.trio if line in texts)
    kept = frozenset(str(canonicalize_name(Requirement(line).name)) for line in trio)
    others = {
        one.text for one in demands if one.name is not None and one.text not in request.constraints
    } - set(request.trio)
    files = tuple(
        place
        for place in resolver.sources.constraints
        if mask(place) in texts or not _is_file(place)
    )
    return (
        replace(resolver, sources=replace(resolver.sources, constraints=files)),
        replace(
            request,
            trio=trio,
            others=tuple(sorted(others)),
            constraints=tuple(line for line in request.constraints if line in texts),
            routed=request.routed & kept,
            files=tuple(file for file in request.files if file.project in kept),
        ),
    )


def _is_file(place: str) -> bool:
    return local_path(place) is not None


def _demands(tangle: Tangle) -> Iterator[Demand]:
    """Yield everything that is asked for, what is hardest to change first."""
    spec, request = tangle.spec, tangle.request
    for line, build in zip(request.trio, tangle.plan.trio, strict=True):
        key = f"torch.{build.name}"
        where = Where(file=spec.shown, line=spec.line_of(key), key=key)
        named = where.line is not None
        who = f"the spec ({where})" if named else f"the plan, since it belongs to {_torch(tangle)}"
        yield Demand(text=line, who=who, name=build.name, where=where if named else None)
    reasons = {one.requirement: one.why for one in tangle.plan.constraints}
    for line in request.constraints:
        why = reasons.get(line, "").rstrip(".")
        who = f"{_torch(tangle)}" + (f": {why[:1].lower()}{why[1:]}" if why else "")
        yield Demand(text=line, who=who, name=str(canonicalize_name(Requirement(line).name)))
    for place in tangle.resolver.sources.constraints:
        if _is_file(place):
            yield Demand(text=mask(place), who="pip's configuration or the spec's `constraints`")
    for line in request.others:
        yield _wish(spec, line)


def _torch(tangle: Tangle) -> str:
    return f"torch {tangle.plan.torch.public}"


def _wish(spec: Spec, line: str) -> Demand:
    """Return a demand of the spec's dependencies, or of the plan (pip)."""
    name = str(canonicalize_name(Requirement(line).name))
    for dependency in spec.dependencies:
        if dependency.name == name:
            key = f"dependencies.{name}"
            where = Where(file=spec.shown, line=dependency.line, key=key)
            return Demand(text=line, who=f"the spec ({where})", name=name, where=where)
    return Demand(text=line, who="the plan, for the environment itself", name=name)


def _changes(
    tangle: Tangle, asked: _Asked, demands: Sequence[Demand], core: Sequence[Demand]
) -> Iterator[str]:
    """Yield the changes of one demand that resolve everything, as sentences."""
    for demand in core:
        others = [one for one in demands if one != demand]
        if demand.name is None:
            if asked.holds(others):
                yield f"Correct `{demand.text}`: without it there is a solution."
        elif demand.is_wish and " @ " not in demand.text:
            free = replace(demand, text=demand.name)
            found = asked.versions([*others, free])
            if found is not None and demand.name in found:
                version = found[demand.name][0]
                yield f"Let `{demand.name}` be another version: {version} fits the others."
            elif asked.holds(others):
                yield f"Leave `{demand.name}` out: without it there is a solution."
    if any(one.where is None or one.name == "torch" for one in core):
        tried = islice(tangle.others, _TORCH_TRIES)
        other = next((one for one in tried if tangle.works_with(one)), None)
        if other is not None:
            yield f"Take another torch: {other.torch.public} fits everything that is asked for."
