"""The planner: what a spec gets on its target, or why it cannot.

Pure: the same spec, compat data and host facts always give the same verdict, with no file, network
or clock in between. The order of the work: what no release could change, then the search through
the releases, then the plan or the refusal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.planner._alternatives import alternatives
from provisioner.planner._judge import ceilings_to_add, glibc_floor
from provisioner.planner._obstacles import NoMember, distance, is_alike
from provisioner.planner._remarks import iter_remarks
from provisioner.planner._request import request_from
from provisioner.planner._rules import iter_machine_problems, iter_spec_problems, iter_wish_problems
from provisioner.planner._scene import Scene
from provisioner.planner._search import search
from provisioner.planner._types import ChosenBuild, Constraint, Plan, Plans, Refusal, Target
from provisioner.planner._wording import finding_for

if TYPE_CHECKING:
    from provisioner.compat import Build, Compat, TrioName
    from provisioner.findings import Finding
    from provisioner.host import HostFacts
    from provisioner.planner._judge import Choice
    from provisioner.planner._obstacles import Obstacle
    from provisioner.planner._request import Request
    from provisioner.planner._search import Found
    from provisioner.planner._types import Verdict
    from provisioner.spec import Spec, TargetWish


def plan(spec: Spec, compat: Compat, host: HostFacts) -> Verdict:
    """Choose the trio for every target of a spec, or say everything that stands in the way.

    Args:
        spec: What is wanted.
        compat: What exists.
        host: The machine that plans; it counts only where the spec is for it.

    Returns:
        A plan for each target, with warnings and notes; or a refusal with at least one error, and
        with the nearest combinations that this function accepts.
    """
    verdicts = [_plan_target(spec, target, compat, host) for target in spec.targets]
    refused = [
        one for verdict in verdicts if isinstance(verdict, Refusal) for one in verdict.findings
    ]
    if refused:
        return Refusal(findings=tuple(dict.fromkeys(refused)))
    return Plans(plans=tuple(verdict for verdict in verdicts if isinstance(verdict, Plan)))


def _plan_target(spec: Spec, target: TargetWish, compat: Compat, host: HostFacts) -> Plan | Refusal:
    request = request_from(spec, target, host)
    scene = Scene(spec=spec, target=target, request=request, compat=compat)
    of_spec = tuple(iter_spec_problems(scene))
    of_machine = tuple(iter_machine_problems(scene, host))
    if of_machine:
        return Refusal(findings=(*of_machine, *of_spec))
    found = search(request, compat)
    if found.choice is None:
        return Refusal(findings=(*of_spec, *_refusal(scene, found)))
    if of_spec:
        return Refusal(findings=of_spec)
    return _plan(scene, found, found.choice)


# -- the refusal


def _refusal(scene: Scene, found: Found) -> tuple[Finding, ...]:
    """Explain by the release that comes nearest to serving the request.

    The alternatives solve all the findings together, so the first of them carries them.
    """
    obstacles = min((against for _, against in found.refused), key=distance, default=())
    missing = frozenset(one.member.name for one in obstacles if isinstance(one, NoMember))
    near = alternatives(scene.request, missing, scene.compat)
    scene = replace(scene, alternatives=near, several=len(found.matching) > 1)
    if found.matching:
        findings = [
            finding_for(one, replace(scene, shared=_is_shared(one, found))) for one in obstacles
        ]
    else:
        findings = list(iter_wish_problems(scene))
    return (replace(findings[0], alternatives=near), *findings[1:])


def _is_shared(obstacle: Obstacle, found: Found) -> bool:
    """Whether an obstacle of this kind stands in the way of every release that the wish admits."""
    return all(any(is_alike(obstacle, other) for other in against) for _, against in found.refused)


# -- the plan


def _plan(scene: Scene, found: Found, choice: Choice) -> Plan:
    request, build = scene.request, choice.build
    named: list[tuple[TrioName, str]] = [("torch", build.torch)]
    named += [(one.name, one.version) for one in choice.members]
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
        findings=tuple(iter_remarks(scene, found, choice)),
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
    return f"{spec.sources.pytorch}/{build.accelerator}"


def _constraints(torch: str, request: Request, compat: Compat) -> tuple[Constraint, ...]:
    return tuple(
        Constraint(requirement=one.requirement, why=one.why, source=compat.cite(one.sources))
        for one in ceilings_to_add(torch, request, compat)
    )
