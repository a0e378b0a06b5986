"""Why a plan is as it is: one sentence for each thing that was decided or checked.

``torchenv plan --explain`` prints them; they are no findings, since nothing is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.compat import kind_of
from provisioner.planner._judge import glibc_floor, macos_floor
from provisioner.planner._machine_rules import (
    MAKERS,
    cuda_coverage,
    cuda_version,
    driver_floor,
    is_older,
)
from provisioner.planner._text import index_name, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.planner._judge import Choice
    from provisioner.planner._machine import TargetGpu
    from provisioner.planner._scene import Scene

_NOT_KNOWN: Final = "That of the target is not known."


def explanation(scene: Scene, choice: Choice) -> tuple[str, ...]:
    """Return what was decided and checked for one target, as sentences."""
    return (
        *_builds(scene, choice),
        *_members(choice),
        *_system(scene, choice),
        *_driver(scene, choice),
        *(_gpu(scene, choice, gpu) for gpu in _gpus(scene, choice)),
    )


def _builds(scene: Scene, choice: Choice) -> Iterator[str]:
    request, build, compat = scene.request, choice.build, scene.compat
    cite = compat.cite(build.sources[:1])
    yield (
        f"torch {build.torch} has a `{build.accelerator}` build for Python {request.python} on "
        f"{request.platform} ({build.known}; source: {cite})."
    )
    own = compat.builds(build.torch, platform=request.platform)
    of_default = [one.accelerator for one in own if one.index == "default"]
    if of_default:
        word = "which is the one" if build.index == "default" else "which is another"
        yield f"The default index has the `{of_default[0]}` build, {word}."
    yield f"The trio comes from {index_name(build.index)}."


def _members(choice: Choice) -> Iterator[str]:
    for member in choice.members:
        yield f"{member.name} {member.version} goes with torch {choice.build.torch}."


def _system(scene: Scene, choice: Choice) -> Iterator[str]:
    machine, python = scene.request.machine, choice.request.python
    glibc = glibc_floor(choice.build, choice.members, python, scene.compat)
    macos = macos_floor(choice.build, choice.members, python, scene.compat)
    for name, needed, there in (("glibc", glibc, machine.glibc), ("macOS", macos, machine.macos)):
        if needed is not None:
            has = f"{scene.owner(name.lower())} has {there}." if there else _NOT_KNOWN
            yield f"The wheels need {name} {needed}. {has}"


def _driver(scene: Scene, choice: Choice) -> Iterator[str]:
    if kind_of(choice.build.accelerator) != "cuda":
        return
    row, needed = driver_floor(choice.build, scene.request.machine, scene.compat)
    there = scene.request.machine.driver
    cuda = cuda_version(choice.build, scene.compat)
    wants = f"Builds for CUDA {cuda} need NVIDIA driver {needed or 'of an unknown version'}"
    wants += f" (source: {scene.compat.cite(row.sources[:1])})." if row is not None else "."
    if there is None:
        yield f"{wants} {_NOT_KNOWN}"
    elif needed is None or not is_older(there, needed):
        yield f"{wants} {scene.owner('driver')} has {there}."


def _gpus(scene: Scene, choice: Choice) -> tuple[TargetGpu, ...]:
    kind = kind_of(choice.build.accelerator)
    return scene.request.machine.gpus_of(MAKERS[kind]) if kind in MAKERS else ()


def _gpu(scene: Scene, choice: Choice, gpu: TargetGpu) -> str:
    capability = gpu.capability
    if capability is None:
        return f"{gpu}: judged by its name alone."
    match cuda_coverage(capability, choice.build, scene.compat):
        case "code":
            row = scene.compat.hardware.cuda_code(
                choice.build.torch, choice.build.platform, choice.build.accelerator
            )
            sms = listing(f"sm_{one.replace('.', '')}" for one in (row.sm or ())) if row else ""
            return f"{gpu} runs the build's own code ({sms})."
        case "ptx":
            return f"{gpu} runs the build's PTX, compiled by the driver."
        case "unknown":
            return f"{gpu}: it is not known whether the build has code for it."
        case _:
            return f"{gpu} is not served by this build."
