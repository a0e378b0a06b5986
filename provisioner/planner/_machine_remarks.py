"""Warnings and notes about machines: what is not known of them, and what will not be used.

A plan for GPUs that nothing is known about is no promise that it runs there, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.compat import kind_of
from provisioner.findings import Finding, Severity
from provisioner.planner._machine_rules import MAKERS, driver_floor, unserved
from provisioner.planner._obstacles import CodeDoubt
from provisioner.planner._text import HAND_IN, listing, literals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Kind
    from provisioner.planner._judge import Choice
    from provisioner.planner._machine import TargetGpu
    from provisioner.planner._scene import Scene

_DRIVERS: Final[dict[Kind, str]] = {
    "cuda": "NVIDIA driver",
    "rocm": "AMD compute driver",
    "xpu": "Intel compute driver",
}
_WIDTH: Final = 64


def iter_machine_remarks(scene: Scene, choice: Choice) -> Iterator[Finding]:
    """Yield what is to be said of the machines that a plan is for."""
    yield from _python_of_this_host(scene)
    yield from _unknown_models(scene)
    kind = kind_of(choice.build.accelerator)
    if kind == "cpu":
        return
    if (about_driver := _driver_here(scene, choice, kind)) is not None:
        yield about_driver
        return
    yield from _unserved(scene, choice)
    yield from _doubtful_code(scene, choice)
    yield from _unknown(scene, choice, kind)


def _python_of_this_host(scene: Scene) -> Iterator[Finding]:
    machine = scene.request.machine
    if machine.rosetta:
        yield Finding(
            code="TE316",
            severity=Severity.WARNING,
            message="This Python is made for Intel Macs and runs translated, through Rosetta.",
            why="A plan without named platform is for that Python; torch 2.2.2 was the last for "
            "Intel Macs, and translated code does not reach the GPU.",
            do='Use a Python for Apple silicon, or write `platform = "macos-arm64"`.',
            where=scene.place("environment.platform", "environment.python"),
        )
    if machine.bits is not None and machine.bits != _WIDTH:
        yield Finding(
            code="TE317",
            severity=Severity.WARNING,
            message="The Python that runs torchenv is a 32-bit one.",
            why="torch is published for 64-bit Pythons only, so the environment needs another.",
            do="Install a 64-bit Python; torchenv finds it by itself.",
            where=scene.where("environment.python"),
        )


def _unknown_models(scene: Scene) -> Iterator[Finding]:
    machine = scene.request.machine
    if "gpus" not in machine.said:
        return
    for gpu in machine.gpus:
        if gpu.arch is None:
            yield Finding(
                code="TE319",
                severity=Severity.WARNING,
                message=f"{gpu} is not a GPU that torchenv knows.",
                why="So it is not known whether the chosen build runs on it.",
                do=_better_name(scene, gpu),
                where=scene.place("environment.gpus", "environment.accelerator"),
            )


def _better_name(scene: Scene, gpu: TargetGpu) -> str:
    near = scene.compat.hardware.near_gpus(gpu.name)
    architecture = 'its architecture in place of the model, for instance `"sm_89"` or `"gfx1100"`.'
    return f"Write {literals(near, 'or')}, or {architecture}" if near else f"Name {architecture}"


# -- the driver of this host


def _driver_here(scene: Scene, choice: Choice, kind: Kind) -> Finding | None:
    """Return what to say of a driver that is not there or does not work; None if it does."""
    machine, maker = scene.request.machine, MAKERS[kind]
    if not machine.here or machine.said & {"driver", "gpus"}:
        return None
    driver, seen = _DRIVERS[kind], machine.evidence_of(maker)
    if machine.state(maker) == "unreadable" and machine.container:
        return Finding(
            code="TE312",
            severity=Severity.WARNING,
            message=f"The {driver} of this container's host cannot be used in it.",
            why=f"What was seen: {seen}. torch would find no GPU.",
            do=f"{HAND_IN}. If that was done, the driver of the host has to be repaired.",
            where=scene.where("environment.accelerator"),
        )
    if machine.state(maker) == "unreadable":
        return Finding(
            code="TE310",
            severity=Severity.WARNING,
            message=f"The {driver} of this machine is there and cannot be used.",
            why=f"What was seen: {seen}. torch would find no GPU.",
            do="Repair the driver; often a restart is all that an update of it still needs.",
            where=scene.where("environment.accelerator"),
        )
    if machine.state(maker) != "absent":
        return None
    accelerator = choice.build.accelerator
    if machine.container:
        return Finding(
            code="TE312",
            severity=Severity.NOTE,
            message=f"This container has no {driver}: torch will find no GPU here.",
            why=f"What was seen: {seen}. A container has the GPUs that it was given when it was "
            "started.",
            do=f"{HAND_IN}, if it is to use them.",
            where=scene.where("environment.accelerator"),
        )
    return Finding(
        code="TE311",
        severity=Severity.NOTE,
        message=f"This machine has no {driver}: torch will find no GPU here.",
        why=f"What was seen: {seen}. `{accelerator}` builds work on the CPU too.",
        do="Go on if that is meant; where the plan is for other machines, say what they have with "
        "`driver` and `gpus`.",
        where=scene.where("environment.accelerator"),
    )


# -- what is not served, and what is not known


def _unserved(scene: Scene, choice: Choice) -> Iterator[Finding]:
    """A host with several GPUs: those that the build leaves unused."""
    left = unserved(scene.request.machine, choice.build, scene.compat)
    if left:
        yield Finding(
            code="TE321",
            severity=Severity.WARNING,
            message=f"torch will not use {_gpus(left)} of this machine.",
            why=f"The `{choice.build.accelerator}` build of torch {choice.build.torch} runs on "
            "other GPUs of it, and not on that.",
            do='Go on if that is meant; `accelerator = "auto"` looks for a build for all of them.',
            where=scene.where("environment.accelerator"),
        )


def _doubtful_code(scene: Scene, choice: Choice) -> Iterator[Finding]:
    gpus = tuple(doubt.gpu for doubt in choice.doubts if isinstance(doubt, CodeDoubt))
    if gpus:
        build = choice.build
        yield Finding(
            code="TE314",
            severity=Severity.WARNING,
            message=f"It is not known whether the `{build.accelerator}` build of torch "
            f"{build.torch} runs on {_gpus(gpus)}.",
            why=f"The compat data ({scene.compat.version}) does not say which GPU code that build "
            f"holds on {build.platform}.",
            do="Try it, or take a release whose code is known.",
            where=scene.place("environment.gpus", "environment.accelerator"),
        )


def _unknown(scene: Scene, choice: Choice, kind: Kind) -> Iterator[Finding]:
    """Say which facts are missing for a verdict about the machines."""
    missing = tuple(_missing(scene, choice, kind))
    if missing:
        yield Finding(
            code="TE313",
            severity=Severity.NOTE,
            message=f"It is not known whether the `{choice.build.accelerator}` build runs on "
            f"{_whose(scene)} GPUs: {'; '.join(missing)}.",
            why="The build was chosen by what exists; whether it runs was judged only as far as "
            "the machines are known.",
            do=_advice(scene, kind),
            where=scene.where("environment.accelerator"),
        )


def _whose(scene: Scene) -> str:
    machine = scene.request.machine
    return "this machine's" if machine.here and not machine.said else "the target's"


def _missing(scene: Scene, choice: Choice, kind: Kind) -> Iterator[str]:
    machine = scene.request.machine
    known = machine.gpus_of(MAKERS[kind])
    if kind == "cuda":
        row, needed = driver_floor(choice.build, machine, scene.compat)
        if machine.driver is None:
            yield "the driver is not known" + (f" (it needs {needed})" if needed else "")
        elif needed is None:
            yield "which driver it needs is not known" + (f" ({_note(row.note)})" if row else "")
        elif needed.startswith(f"{machine.driver}."):
            yield f"driver {machine.driver} names a branch, and it needs {needed}"
    if kind != "xpu" and not machine.gpus:
        yield "the GPUs are not known"
    elif nameless := tuple(gpu for gpu in known if gpu.arch is None):
        yield f"the architecture of {_gpus(nameless)} is not known"


def _note(text: str) -> str:
    return text.removesuffix(".")


def _advice(scene: Scene, kind: Kind) -> str:
    keys = "`driver` and `gpus`" if kind == "cuda" else "`gpus`"
    name = scene.target.name
    table = "[environment]" if name is None else f"[targets.{name}]"
    return f"Say what the machines have: {keys} under `{table}`."


def _gpus(gpus: tuple[TargetGpu, ...]) -> str:
    return listing(dict.fromkeys(map(str, gpus)))
