"""Warnings and notes of a plan: what is not known, and what held a newer torch back."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from provisioner.compat import kind_of
from provisioner.findings import Finding, Severity
from provisioner.planner._judge import Choice
from provisioner.planner._machine_remarks import iter_machine_remarks
from provisioner.planner._machine_rules import driver_floor
from provisioner.planner._machine_wording import machine_phrase
from provisioner.planner._obstacles import (
    DependencyClash,
    Doubt,
    NoAccelerator,
    NoMember,
    NoPlatform,
    NoPython,
    NotOnIndex,
    NotOnPlatform,
    OldGlibc,
    OtherTorch,
    PatchExcluded,
    WrongMember,
)
from provisioner.planner._text import index_name, listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provisioner.compat import Kind
    from provisioner.planner._judge import Verdict
    from provisioner.planner._obstacles import Obstacle
    from provisioner.planner._request import Request
    from provisioner.planner._scene import Scene
    from provisioner.planner._search import Found, Judged


def iter_remarks(scene: Scene, choice: Choice) -> Iterator[Finding]:
    """Yield the warnings and notes of one target."""
    release = scene.compat.release(choice.build.torch)
    if release is not None and release.derived:
        yield _derived(scene, choice)
    if wheels := [doubt for doubt in choice.doubts if isinstance(doubt, Doubt)]:
        yield _doubtful(scene, choice, wheels)
    yield from iter_machine_remarks(scene, choice)


def _derived(scene: Scene, choice: Choice) -> Finding:
    """Say that a release is not in the data, and what of it is therefore not known."""
    build, compat = choice.build, scene.compat
    newest = next(one.torch for one in reversed(compat.releases) if not one.derived)
    return Finding(
        code="TE215",
        severity=Severity.WARNING,
        message=f"torch {build.torch} is not in the compat data, derived from the index: "
        f"{compat.cite(build.sources)}.",
        why=f"The data ({compat.version}) ends with torch {newest}. What file names and metadata "
        f"say is known; {listing(_not_derived(scene, choice))}.",
        do="Go on, and look at what `torchenv verify` and the proof say; or update torchenv, whose "
        "newer versions know newer releases.",
        where=scene.where("torch.torch"),
    )


def _not_derived(scene: Scene, choice: Choice) -> Iterator[str]:
    """Yield what no index says, as parts of a sentence."""
    yield "which other packages it cannot live with is not known"
    kind = kind_of(choice.build.accelerator)
    if kind != "cpu":
        yield "for which GPU architectures it has code is not known"
    machine = scene.request.machine
    if kind == "cuda" and driver_floor(choice.build, machine, scene.compat)[1] is None:
        yield "which driver it needs is not known"
    chosen = {member.name for member in choice.members}
    for name in scene.request.wanted:
        if name not in chosen:
            yield f"no {name} is known to go with it, and {name} is left out"


def _doubtful(scene: Scene, choice: Choice, doubts: list[Doubt]) -> Finding:
    request, build = scene.request, choice.build
    wheels = listing(f"{doubt.name} {doubt.version}" for doubt in doubts)
    index = index_name(build.index)
    return Finding(
        code="TE208",
        severity=Severity.WARNING,
        message=f"It is not known whether {index} has {wheels} for `{build.accelerator}`, Python "
        f"{request.python} and {request.platform}.",
        why=_doubt_reason(scene, choice, doubts, index),
        do="Go on: locking asks the index. If it has none, take a combination that is known.",
        where=scene.place(f"torch.{doubts[0].name}"),
    )


def _doubt_reason(scene: Scene, choice: Choice, doubts: list[Doubt], index: str) -> str:
    if all(doubt.known == "announced" for doubt in doubts):
        source = scene.compat.cite(choice.build.sources[:1])
        return f"The build was announced, but no such wheel was seen. Source: {source}."
    return f"The compat data ({scene.compat.version}) has no listing of that part of {index}."


def held_back(scenes: Sequence[Scene], found: Found) -> Iterator[Finding]:
    """Yield the note on newer releases that were not chosen, if there are any."""
    if not found.held_back:
        return
    scene, newest = scenes[0], found.held_back[0][0].torch
    yield Finding(
        code="TE212",
        severity=Severity.NOTE,
        message=f"torch {found.choices[0].build.torch} is planned although torch {newest} "
        f"satisfies `{scene.spec.torch.text}` too.",
        why=f"{'; '.join(_reasons(scenes, found))}.",
        do="Nothing has to be done; to get a newer release, change what holds it back.",
        where=scene.where("torch.torch"),
    )


def _reasons(scenes: Sequence[Scene], found: Found) -> Iterator[str]:
    """Neighbouring releases that fail for the same reason share one phrase."""
    for reason, group in groupby(found.held_back, key=lambda judged: _reason(scenes, judged)):
        releases = tuple(release.torch for release, _ in group)
        yield f"torch {scenes[0].torch_spans(releases)}: {reason}"


def _reason(scenes: Sequence[Scene], judged: Judged) -> str:
    """Say what each target lacks; where something is lacking, doubts do not matter."""
    verdicts = list(zip(scenes, judged[1], strict=True))
    lacking = [(scene, verdict) for scene, verdict in verdicts if not isinstance(verdict, Choice)]
    parts = []
    for scene, verdict in lacking or verdicts:
        said = _said_of(verdict, scene.request)
        if said:
            parts.append(said if len(scenes) == 1 else f"{said} for `{scene.target.name}`")
    return ", ".join(parts)


def _said_of(verdict: Verdict, request: Request) -> str:
    if not isinstance(verdict, Choice):
        return ", ".join(phrase_of(obstacle, request) for obstacle in verdict)
    if any(isinstance(doubt, Doubt) for doubt in verdict.doubts):
        return "not known whether the wheels exist"
    return "not known whether its code runs on the GPUs" if verdict.doubts else ""


_KINDS: Final[dict[Kind | None, str]] = {
    "cpu": "`cpu` build",
    "cuda": "CUDA build",
    "rocm": "ROCm build",
    "xpu": "`xpu` build",
}


def _build_of(request: Request) -> str:
    return _KINDS.get(request.kind, f"`{request.accelerator}` build")


def phrase_of(  # noqa: C901, PLR0911  one case per obstacle
    obstacle: Obstacle, request: Request
) -> str:
    """Return one obstacle as a few words: ``no `cu118` build``."""
    match obstacle:
        case NoPlatform():
            return f"nothing for {request.platform}"
        case NoAccelerator():
            return f"no {_build_of(request)}"
        case NotOnPlatform():
            return f"no {_build_of(request)} for {request.platform}"
        case NotOnIndex(insisted=index):
            return f"no {_build_of(request)} on {index_name(index)}"
        case NoPython():
            return f"no wheel for Python {request.python}"
        case WrongMember(name=name, wish=wish):
            return f"does not go with {name} `{wish}`"
        case NoMember(member=member):
            return f"its {member.name} {member.version} has no wheel for this Python or platform"
        case PatchExcluded(member=member):
            return f"its {member.name} {member.version} excludes Python {request.patch}"
        case OldGlibc(needed=needed):
            return f"needs glibc {needed}"
        case DependencyClash(ceiling=ceiling):
            return f"needs `{ceiling.requirement}`"
        case OtherTorch(askers=askers):
            return f"{listing(f'`{one.dependency}`' for one in askers)} asks for another torch"
        case _:
            return machine_phrase(obstacle)
