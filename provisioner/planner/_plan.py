"""The planner: what a spec gets on its targets, or why it cannot.

Pure: the same spec, compat data and host facts always give the same verdict, with no file, network
or clock in between. The order of the work: what no release could change, then what ``auto`` stands
for, then the search through the releases for one that serves all targets, then the plans or the
refusal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.planner._alternatives import alternatives
from provisioner.planner._auto import resolve
from provisioner.planner._auto_wording import auto_choice, auto_refusal, auto_warnings
from provisioner.planner._explain import explanation
from provisioner.planner._judge import Choice, ceilings_to_add, glibc_floor, variants
from provisioner.planner._machine_rules import iter_machine_obstacles
from provisioner.planner._obstacles import NoMember, distance, is_alike
from provisioner.planner._pythons import (
    best_of,
    empty_ranges,
    iter_settled,
    of_several,
    reason,
)
from provisioner.planner._remarks import held_back, iter_remarks
from provisioner.planner._request import AUTO, request_from
from provisioner.planner._rules import iter_machine_problems, iter_spec_problems, iter_wish_problems
from provisioner.planner._scene import Scene
from provisioner.planner._search import obstacles_of, search
from provisioner.planner._types import ChosenBuild, Constraint, Plan, Plans, Refusal, Target
from provisioner.planner._wording import finding_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.compat import Build, Compat, TrioName
    from provisioner.findings import Finding
    from provisioner.host import HostFacts
    from provisioner.planner._auto import Auto
    from provisioner.planner._obstacles import Obstacle
    from provisioner.planner._request import Request
    from provisioner.planner._search import Found
    from provisioner.planner._types import Verdict
    from provisioner.spec import Spec


def plan(spec: Spec, compat: Compat, host: HostFacts, *, explain: bool = False) -> Verdict:
    """Choose the trio for every target of a spec, or say everything that stands in the way.

    Where a target leaves its Python open within a range, that is chosen too.

    Args:
        spec: What is wanted.
        compat: What exists.
        host: The machine that plans; it counts only where the spec is for it.
        explain: Whether each plan says what was decided and checked.

    Returns:
        A plan for each target, all with the same torch, with warnings and notes; or a refusal with
        at least one error, and with the nearest combinations that this function accepts.
    """
    if not spec.has_range:
        return _plan_settled(spec, compat, host, explain=explain)
    if empty := empty_ranges(spec, compat):
        return Refusal(findings=empty)

    def errors_of(one: Spec) -> int:
        alone = _plan_settled(one, compat, host, explain=False)
        return len(alone.findings) if isinstance(alone, Refusal) else 0

    verdict = best_of(
        _plan_settled(one, compat, host, explain=explain)
        for one in iter_settled(spec, compat, host, errors_of=errors_of)
    )
    if isinstance(verdict, Refusal):
        return of_several(verdict, spec, compat)
    return Plans(plans=tuple(_with_reason(one, spec, host) for one in verdict.plans))


def _with_reason(planned: Plan, spec: Spec, host: HostFacts) -> Plan:
    """Say in a plan that is explained why it has its Python."""
    target = spec.target(planned.target.name)
    if not planned.explanation or not target.has_range:
        return planned
    first = reason(target, planned.target.python, host)
    return replace(planned, explanation=(first, *planned.explanation))


def _plan_settled(spec: Spec, compat: Compat, host: HostFacts, *, explain: bool) -> Verdict:
    """Plan a spec whose targets have one Python each."""
    scenes = [
        Scene(
            spec=spec,
            target=target,
            request=request_from(spec, target, host, compat),
            compat=compat,
        )
        for target in spec.targets
    ]
    of_spec = tuple(iter_spec_problems(scenes[0]))
    of_machines = [one for scene in scenes for one in iter_machine_problems(scene, host)]
    if of_machines:
        return Refusal(findings=_each_once([*of_machines, *of_spec]))
    autos = [_resolved(scene) for scene in scenes]
    scenes = [
        scene if auto is None else scene._replace(request=auto.request)
        for scene, auto in zip(scenes, autos, strict=True)
    ]
    of_auto = [
        one
        for scene, auto in zip(scenes, autos, strict=True)
        if auto is not None
        for one in auto_refusal(scene, auto)
    ]
    if of_auto:
        return Refusal(findings=_each_once([*of_spec, *of_auto]))
    found = search([scene.request for scene in scenes], compat)
    if not found.choices:
        named = [_named(scene, auto, found) for scene, auto in zip(scenes, autos, strict=True)]
        return Refusal(findings=_each_once([*of_spec, *_refusal(named, found)]))
    if of_spec:
        return Refusal(findings=of_spec)
    return Plans(plans=_plans(scenes, autos, found, explain=explain))


def _resolved(scene: Scene) -> Auto | None:
    return resolve(scene.request, scene.compat) if scene.request.accelerator == AUTO else None


def _each_once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


# -- the refusal


def _refusal(scenes: Sequence[Scene], found: Found) -> tuple[Finding, ...]:
    """Explain by the release that comes nearest to serving all the targets."""
    if not found.refused:
        scene = scenes[0]
        near = alternatives(scene.request, frozenset(), scene.compat, beside=_others(scenes, 0))
        findings = tuple(iter_wish_problems(scene._replace(alternatives=near)))
        return (replace(findings[0], alternatives=near), *findings[1:])
    _, verdicts = min(found.refused, key=lambda judged: distance(_all_obstacles(judged[1])))
    served = [place for place, verdict in enumerate(verdicts) if isinstance(verdict, Choice)]
    return tuple(
        finding
        for place in range(len(scenes))
        if place not in served
        for finding in _of_target(scenes, place, served, obstacles_of(verdicts[place]), found)
    )


def _named(scene: Scene, auto: Auto | None, found: Found) -> Scene:
    """Speak of one build where ``auto`` found none: the newest that the machines run, else `cpu`.

    What is in the way then is not the accelerator, and an alternative has to name one.
    """
    if auto is None:
        return scene
    of_kind = auto.request._replace(kind=auto.kind)
    named = (one for release in found.matching for one in variants(of_kind, release, scene.compat))
    runs = next((one for one in named if _runs(one, found, scene.compat)), None)
    request = runs or auto.request._replace(accelerator="cpu", kind=None)
    return scene._replace(request=request)


def _runs(request: Request, found: Found, compat: Compat) -> bool:
    """Whether the machines run a build of that accelerator, of any release that is wanted."""
    return any(
        not any(iter_machine_obstacles(request.machine, build, compat))
        for release in found.matching
        for build in compat.builds(
            release.torch, platform=request.platform, accelerator=request.accelerator
        )
    )


def _all_obstacles(verdicts: Sequence[Choice | tuple[Obstacle, ...]]) -> tuple[Obstacle, ...]:
    return tuple(one for verdict in verdicts for one in obstacles_of(verdict))


def _of_target(
    scenes: Sequence[Scene],
    place: int,
    served: Sequence[int],
    obstacles: tuple[Obstacle, ...],
    found: Found,
) -> tuple[Finding, ...]:
    """Return the findings of one target.

    The alternatives solve all of them together, so the first of them carries them.
    """
    scene = scenes[place]
    missing = frozenset(one.member.name for one in obstacles if isinstance(one, NoMember))
    beside = tuple(scenes[one].request for one in served)
    near = alternatives(scene.request, missing, scene.compat, beside=beside)
    scene = scene._replace(alternatives=near, several=len(found.matching) > 1)
    findings = [
        finding_for(one, scene._replace(shared=_is_shared(one, place, found))) for one in obstacles
    ]
    return (replace(findings[0], alternatives=near), *findings[1:])


def _others(scenes: Sequence[Scene], place: int) -> tuple[Request, ...]:
    return tuple(scene.request for index, scene in enumerate(scenes) if index != place)


def _is_shared(obstacle: Obstacle, place: int, found: Found) -> bool:
    """Whether an obstacle of this kind stands in the way of every release that the wish admits."""
    return len(found.refused) == len(found.matching) and all(
        any(is_alike(obstacle, other) for other in obstacles_of(verdicts[place]))
        for _, verdicts in found.refused
    )


# -- the plans


def _plans(
    scenes: Sequence[Scene], autos: Sequence[Auto | None], found: Found, *, explain: bool
) -> tuple[Plan, ...]:
    back = tuple(held_back(scenes, found))
    return tuple(
        _plan(scene, auto, choice, back, explain=explain)
        for scene, auto, choice in zip(scenes, autos, found.choices, strict=True)
    )


def _plan(
    scene: Scene, auto: Auto | None, choice: Choice, back: tuple[Finding, ...], *, explain: bool
) -> Plan:
    request, build = choice.request, choice.build
    scene = scene._replace(request=request)
    named: list[tuple[TrioName, str]] = [("torch", build.torch)]
    named += [(one.name, one.version) for one in choice.members]
    chosen = None if auto is None else auto_choice(scene, auto, choice)
    warnings = () if auto is None else tuple(auto_warnings(scene, auto))
    return Plan(
        target=Target(
            name=scene.target.name,
            platform=request.platform,
            python=request.python,
            accelerator=build.accelerator,
        ),
        trio=tuple(_chosen(name, version, build, scene) for name, version in named),
        index=build.index,
        index_url=_index_url(build, scene.spec),
        glibc=glibc_floor(build, choice.members, request.python, scene.compat),
        constraints=_constraints(build.torch, request, scene.compat),
        findings=(*warnings, *iter_remarks(scene, choice), *back),
        auto=chosen,
        explanation=explanation(scene, choice) if explain else (),
    )


def _chosen(name: TrioName, public: str, build: Build, scene: Scene) -> ChosenBuild:
    wheel = scene.compat.wheel(name, build, scene.request.python)
    local = f"+{build.accelerator}" if wheel is not None and wheel.local else ""
    return ChosenBuild(
        name=name, public=public, version=f"{public}{local}", accelerator=build.accelerator
    )


def _index_url(build: Build, spec: Spec) -> str | None:
    if build.index == "default":
        return None
    if spec.sources.pytorch_layout == "flat":
        return spec.sources.pytorch
    return f"{spec.sources.pytorch}/{build.accelerator}"


def _constraints(torch: str, request: Request, compat: Compat) -> tuple[Constraint, ...]:
    return tuple(
        Constraint(requirement=one.requirement, why=one.why, source=compat.cite(one.sources))
        for one in ceilings_to_add(torch, request, compat)
    )
