"""What ``auto`` chose and why, in one sentence and in full; or what it asks the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet

from provisioner.findings import Finding, Severity
from provisioner.planner._alternatives import combination_of
from provisioner.planner._auto import considered
from provisioner.planner._judge import Choice
from provisioner.planner._machine_rules import MAKERS
from provisioner.planner._remarks import phrase_of
from provisioner.planner._search import search
from provisioner.planner._text import HAND_IN, listing
from provisioner.planner._types import AutoChoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat, Kind
    from provisioner.findings import Combination
    from provisioner.planner._auto import Auto
    from provisioner.planner._judge import Verdict
    from provisioner.planner._machine import Machine, TargetGpu
    from provisioner.planner._request import Request
    from provisioner.planner._scene import Scene

_NAMES: Final[dict[Kind, str]] = {"cuda": "CUDA", "rocm": "ROCm", "xpu": "XPU", "cpu": "CPU"}


def auto_choice(scene: Scene, auto: Auto, choice: Choice) -> AutoChoice:
    """Return what was chosen, why, and what else was looked at."""
    return AutoChoice(
        reason=_reason(scene, auto, choice),
        considered=tuple(
            (accelerator, _what(verdict, scene))
            for accelerator, verdict in considered(auto, choice, scene.compat)
        ),
    )


def _reason(scene: Scene, auto: Auto, choice: Choice) -> str:
    machine, torch = scene.request.machine, choice.build.torch
    match auto.outcome:
        case "gpu":
            driver = f"driver {machine.driver}" if auto.kind == "cuda" and machine.driver else ""
            runs = listing(part for part in (driver, _gpus(auto.gpus)) if part)
            who = f"that {runs} can run" if runs else "for the GPU driver here"
            return f"newest {_NAMES[auto.kind]} build of torch {torch} {who}"
        case "macos":
            return "the builds for macOS are `cpu`; on Apple silicon they carry MPS"
        case "broken":
            return "a GPU driver is here and cannot be used"
        case "not known":
            return "whether there is a GPU is not known"
        case "no build" | "split":
            return f"no admitted torch has a {_NAMES[auto.kind]} build that runs on the GPUs"
        case _:
            return _no_gpu(machine)


def _no_gpu(machine: Machine) -> str:
    """Say why no GPU of this machine was considered."""
    if machine.state("intel") == "present":
        return f"XPU builds are not validated for {_gpus(machine.gpus_of('intel'))}"
    seen = machine.evidence_of("nvidia")
    return f"no GPU driver here{f' ({seen})' if seen else ''}"


def _what(verdict: Verdict, scene: Scene) -> str:
    if isinstance(verdict, Choice):
        return "may do, which is not known" if verdict.doubts else "does"
    return ", ".join(phrase_of(one, scene.request) for one in verdict)


def _gpus(gpus: tuple[TargetGpu, ...]) -> str:
    return listing(dict.fromkeys(map(str, gpus)))


# -- warnings


def auto_warnings(scene: Scene, auto: Auto) -> Iterator[Finding]:
    """Yield what the user has to know where ``auto`` fell back to the CPU."""
    where = scene.where("environment.accelerator")
    machine = scene.request.machine
    if auto.outcome == "no build":
        yield Finding(
            code="TE323",
            severity=Severity.WARNING,
            message=f"`auto` takes `cpu`: {_no_build(scene, auto)}.",
            why=_serving(scene, auto),
            do=f"Go on if that is meant; else change {_in_the_way(scene, auto)}, or the driver.",
            where=where,
        )
    if auto.outcome == "broken":
        broken = next(maker for maker in MAKERS.values() if machine.state(maker) == "unreadable")
        held = bool(machine.container)
        owner = "this container's host" if held else "this machine"
        step = HAND_IN if held else "Repair the driver"
        yield Finding(
            code="TE312" if held else "TE310",
            severity=Severity.WARNING,
            message=f"`auto` takes `cpu`: a GPU driver of {owner} is there and cannot be used.",
            why=f"What was seen: {machine.evidence_of(broken)}.",
            do=f"{step} and plan again, or name the accelerator.",
            where=where,
        )
    if auto.outcome == "not known":
        seen = machine.evidence_of("nvidia")
        yield Finding(
            code="TE313",
            severity=Severity.WARNING,
            message="`auto` takes `cpu`: it is not known whether this machine has a GPU.",
            why=f"What was seen: {seen or 'nothing'}. A CPU build runs everywhere.",
            do="Name the accelerator, or say what the machine has with `driver` and `gpus`.",
            where=where,
        )


def _no_build(scene: Scene, auto: Auto) -> str:
    torch = f"a torch that satisfies `{scene.spec.torch.text}`"
    if scene.request.askers:
        torch += f" and {_askers(scene)}"
    what = f"no {_NAMES[auto.kind]} build of {torch} runs on"
    if auto.gpus:
        return f"{what} {_gpus(auto.gpus)}"
    driver = scene.request.machine.driver
    return f"{what} driver {driver}" if driver else f"{what} this machine"


def _in_the_way(scene: Scene, auto: Auto) -> str:
    """Return what keeps the torch that has a build from being taken."""
    wish = scene.request.torch
    wished = auto.serving is not None and wish.contains(auto.serving.build.torch)
    return _askers(scene) if wished and scene.request.askers else "`torch`"


def _askers(scene: Scene) -> str:
    return listing(f"`{one.dependency}`" for one in scene.request.askers)


def _serving(scene: Scene, auto: Auto) -> str:
    first, newest = scene.compat.releases[0].torch, scene.compat.newest.torch
    if auto.serving is None:
        return f"No torch from {first} to {newest} has one build that runs on all of them."
    build = auto.serving.build
    return (
        f"The newest torch that has one is {build.torch}, with `{build.accelerator}` "
        f"(of torch {first} to {newest})."
    )


# -- questions


def auto_refusal(scene: Scene, auto: Auto) -> Iterator[Finding]:
    """Yield why ``auto`` cannot choose."""
    where = scene.where("environment.accelerator")
    if auto.outcome == "elsewhere":
        table = "environment" if scene.target.name is None else f"targets.{scene.target.name}"
        yield Finding(
            code="TE324",
            message='`accelerator = "auto"` chooses by the machines of the target, and nothing is '
            "known of them.",
            why=f"The plan is for {scene.request.platform}, which this machine is not.",
            do=f"Say what they have with `driver` and `gpus` under `[{table}]`, or name the "
            "accelerator.",
            where=where,
        )
    if auto.outcome == "split":
        yield Finding(
            code="TE322",
            message=f"No single {_NAMES[auto.kind]} build of a torch that satisfies "
            f"`{scene.spec.torch.text}` runs on all of {_gpus(auto.gpus)}.",
            why=f"{_serving(scene, auto)} {_partly(auto)}",
            do="Take one of the combinations named here, or name the accelerator: then the GPUs "
            "that its build does not run on are left unused.",
            where=where,
            alternatives=tuple(_ways_out(scene, auto)),
        )


def _partly(auto: Auto) -> str:
    if auto.lenient is None:
        return ""
    build = auto.lenient.build
    runs = "may run" if auto.lenient.doubts else "runs"
    return f"`{build.accelerator}` of torch {build.torch} {runs} on some of them."


def _ways_out(scene: Scene, auto: Auto) -> Iterator[Combination]:
    """Yield the newest torch for all GPUs, the newest for some of them, and the CPU's build."""
    partly = auto.request._replace(kind=auto.kind)
    for choice in (auto.serving, _sure(partly, scene.compat), _sure(auto.request, scene.compat)):
        if choice is not None and not choice.doubts:
            yield combination_of(choice.request, choice)


def _sure(request: Request, compat: Compat) -> Choice | None:
    """Return the newest that surely works, of the torch that is wanted, else of any."""
    anything = request._replace(torch=SpecifierSet()).without_pins()
    for one in (request, anything):
        for choice in search((one,), compat).choices:
            if not choice.doubts:
                return choice
    return None
