"""What a build needs of machines and they do not have, in words: one finding per obstacle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import assert_never

from provisioner.compat import kind_of
from provisioner.findings import Finding
from provisioner.planner._obstacles import (
    LostGpu,
    NoGfxCode,
    NoGpuCode,
    OldDriver,
    OldMacos,
    OldPtxDriver,
    WrongMaker,
)
from provisioner.planner._text import literals

if TYPE_CHECKING:
    from provisioner.planner._obstacles import MachineObstacle
    from provisioner.planner._scene import Scene


def machine_finding(  # noqa: PLR0911  one case per obstacle
    obstacle: MachineObstacle, scene: Scene
) -> Finding:
    """Return one obstacle of the machines as a finding."""
    match obstacle:
        case OldMacos():
            return _old_macos(obstacle, scene)
        case OldDriver():
            return _old_driver(obstacle, scene)
        case OldPtxDriver():
            return _old_ptx_driver(obstacle, scene)
        case NoGpuCode():
            return _no_gpu_code(obstacle, scene)
        case LostGpu():
            return _lost_gpu(obstacle, scene)
        case NoGfxCode():
            return _no_gfx_code(obstacle, scene)
        case WrongMaker():
            return _wrong_maker(obstacle, scene)
    assert_never(obstacle)


def machine_phrase(obstacle: MachineObstacle) -> str:  # noqa: PLR0911  one case per obstacle
    """Return one obstacle of the machines as a few words."""
    match obstacle:
        case OldMacos(needed=needed):
            return f"needs macOS {needed}"
        case OldDriver(accelerator=accelerator, needed=needed):
            return f"`{accelerator}` needs driver {needed}"
        case OldPtxDriver(accelerator=accelerator, gpu=gpu, needed=needed):
            return f"`{accelerator}` needs driver {needed} for {gpu}"
        case NoGpuCode(accelerator=accelerator, gpu=gpu):
            return f"`{accelerator}` has no code for {gpu}"
        case LostGpu(gpu=gpu, driver=driver):
            return f"driver {driver} no longer knows {gpu}"
        case NoGfxCode(accelerator=accelerator, gpu=gpu):
            return f"`{accelerator}` has no code for {gpu}"
        case WrongMaker(gpu=gpu):
            return f"not for {gpu}"
    assert_never(obstacle)


def _old_macos(obstacle: OldMacos, scene: Scene) -> Finding:
    return Finding(
        code="TE315",
        message=f"{scene.owner('macos')} has macOS {scene.request.machine.macos}; the wheels of "
        f"torch {obstacle.torch} need macOS {obstacle.needed}.",
        why="Their tags name the oldest macOS that they were built for.",
        do=scene.take_one("use a newer macOS"),
        where=scene.place("environment.macos"),
    )


def _old_driver(obstacle: OldDriver, scene: Scene) -> Finding:
    through_wsl = obstacle.system == "Windows" and scene.request.platform.startswith("linux")
    return Finding(
        code="TE305",
        message=f"{scene.owner('driver')} has NVIDIA driver {obstacle.driver}; "
        f"`{obstacle.accelerator}` builds need {obstacle.needed} or newer.",
        why=f"{'WSL uses the driver of Windows. ' if through_wsl else ''}"
        f"That is the oldest {obstacle.system} driver that runs programs built for CUDA "
        f"{obstacle.cuda}. Source: {scene.compat.cite(obstacle.sources[:1])}.",
        do=scene.take_one(f"update the driver{' in Windows' if through_wsl else ''}"),
        where=scene.place("environment.driver", "environment.accelerator"),
    )


def _old_ptx_driver(obstacle: OldPtxDriver, scene: Scene) -> Finding:
    return Finding(
        code="TE308",
        message=f"{obstacle.gpu} runs the `{obstacle.accelerator}` build of torch "
        f"{obstacle.torch} through PTX only, and driver {obstacle.driver} cannot compile it.",
        why="The build has no code for this GPU itself, and the driver compiles PTX only of "
        f"toolkits that are not newer than itself: this one came with driver {obstacle.needed}.",
        do=scene.take_one(f"update the driver to {obstacle.needed} or newer"),
        where=scene.place("environment.gpus", "environment.accelerator"),
    )


def _no_gpu_code(obstacle: NoGpuCode, scene: Scene) -> Finding:
    side = "older" if obstacle.is_older else "newer"
    return Finding(
        code="TE306" if obstacle.is_older else "TE307",
        message=f"{obstacle.gpu} is {side} than the GPUs that the `{obstacle.accelerator}` build "
        f"of torch {obstacle.torch} has code for.",
        why=_held_code(obstacle, scene),
        do=scene.take_one(f"use {'a newer' if obstacle.is_older else 'an older'} GPU"),
        where=scene.place("environment.gpus", "environment.accelerator"),
    )


def _held_code(obstacle: NoGpuCode, scene: Scene) -> str:
    parts = []
    if obstacle.sm:
        ptx = f" and PTX of {_sms(obstacle.ptx)}" if obstacle.ptx else ", and no PTX"
        parts.append(
            f"On {scene.request.platform} it holds code for {_sms(obstacle.sm)}{ptx}; code runs on "
            "GPUs of the same major number that are not older."
        )
    generation = obstacle.generation
    if generation is not None and generation.last_toolkit and not obstacle.sm:
        parts.append(
            f"CUDA {generation.last_toolkit} is the last that knows {generation.name} GPUs. "
            f"Source: {scene.compat.cite(generation.sources)}."
        )
    return " ".join(parts)


def _sms(capabilities: tuple[str, ...]) -> str:
    return literals(f"sm_{one.replace('.', '')}" for one in capabilities)


def _lost_gpu(obstacle: LostGpu, scene: Scene) -> Finding:
    generation = obstacle.generation
    return Finding(
        code="TE318",
        message=f"NVIDIA driver {obstacle.driver} no longer knows {obstacle.gpu}.",
        why=f"Driver branch {generation.last_driver} is the last for {generation.name} GPUs. "
        f"Source: {scene.compat.cite(generation.sources)}.",
        do=scene.take_one(f"install a driver of branch {generation.last_driver}"),
        where=scene.place("environment.gpus", "environment.accelerator"),
    )


def _no_gfx_code(obstacle: NoGfxCode, scene: Scene) -> Finding:
    return Finding(
        code="TE309",
        message=f"The `{obstacle.accelerator}` build of torch {obstacle.torch} has no code for "
        f"{obstacle.gpu}.",
        why=f"It holds code for {literals(obstacle.gfx)}; each runs on that architecture only.",
        do=scene.take_one("use another GPU"),
        where=scene.place("environment.gpus", "environment.accelerator"),
    )


_FOR: Final = {
    "cuda": "CUDA builds run on NVIDIA's GPUs",
    "rocm": "ROCm builds run on AMD's GPUs",
    "xpu": "XPU builds run on Intel's GPUs",
}


def _wrong_maker(obstacle: WrongMaker, scene: Scene) -> Finding:
    accelerator = scene.request.accelerator
    return Finding(
        code="TE320",
        message=f"`{accelerator}` builds do not run on {obstacle.gpu}, which the spec names.",
        why=f"{_FOR[kind_of(accelerator)]}, and on no others.",
        do=scene.take_one("name only GPUs in `gpus` that the accelerator is for"),
        where=scene.place("environment.gpus", "environment.accelerator"),
    )
