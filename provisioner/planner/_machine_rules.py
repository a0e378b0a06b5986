"""What runs on the machines of a target: rules about drivers, GPU code, glibc and macOS.

Each rule asks one question about one build that exists, and yields obstacles or doubts. Where a
fact is not known, a rule yields nothing, and ``_remarks`` says that it is not known.

Sources of the rules: NVIDIA on minor-version compatibility (``NV-MVC`` of the compat data) and on
the generations that toolkits and drivers know (``NV-ARCH``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from provisioner.compat import kind_of
from provisioner.planner._obstacles import (
    CodeDoubt,
    LostGpu,
    NoGfxCode,
    NoGpuCode,
    OldDriver,
    OldPtxDriver,
    WrongMaker,
)
from provisioner.planner._order import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Build, Compat, Kind
    from provisioner.compat._hardware import CudaCode, DriverMinimum, Generation
    from provisioner.planner._machine import Machine, Maker, TargetGpu
    from provisioner.planner._obstacles import Obstacle

MAKERS: Final[dict[Kind, Maker]] = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel"}
"""Whose GPUs builds of a kind are for; those for the CPU are not in it."""

Coverage = Literal["code", "ptx", "older", "newer", "unknown"]
"""How a build covers a GPU: compiled, through PTX, not since the GPU is older or newer, or not
known."""


def iter_machine_obstacles(machine: Machine, build: Build, compat: Compat) -> Iterator[Obstacle]:
    """Yield why a build does not run on the machines of the target."""
    kind = kind_of(build.accelerator)
    if kind == "cpu":
        return
    yield from _wrong_makers(machine, build, kind)
    if kind == "cuda":
        yield from _old_driver(machine, build, compat)
        yield from _of_gpus(machine, tuple(_cuda_gpus(machine, build, compat)), kind)
    if kind == "rocm":
        yield from _of_gpus(machine, tuple(_rocm_gpus(machine, build, compat)), kind)


def unserved(machine: Machine, build: Build, compat: Compat) -> tuple[TargetGpu, ...]:
    """Return the GPUs of the build's maker that it does not run on."""
    match kind_of(build.accelerator):
        case "cuda":
            return tuple(one.gpu for one in _cuda_gpus(machine, build, compat))
        case "rocm":
            return tuple(one.gpu for one in _rocm_gpus(machine, build, compat))
        case _:
            return ()


def iter_code_doubts(machine: Machine, build: Build, compat: Compat) -> Iterator[CodeDoubt]:
    """Yield the GPUs of which it is not known whether the build has code for them."""
    kind = kind_of(build.accelerator)
    if kind not in MAKERS:
        return
    for gpu in machine.gpus_of(MAKERS[kind]):
        if gpu.arch is not None and _coverage_of(gpu, build, compat) == "unknown":
            yield CodeDoubt(torch=build.torch, accelerator=build.accelerator, gpu=gpu)


def _coverage_of(gpu: TargetGpu, build: Build, compat: Compat) -> Coverage:
    if gpu.capability is not None:
        return cuda_coverage(gpu.capability, build, compat)
    if kind_of(build.accelerator) == "rocm":
        row = compat.hardware.rocm_code(build.torch, build.accelerator)
        return "unknown" if row is None else "code" if gpu.arch in row.gfx else "older"
    validated = compat.hardware.xpu_code(build.torch)
    return "code" if validated is not None and gpu.arch in validated.archs else "unknown"


# -- every kind


def _wrong_makers(machine: Machine, build: Build, kind: Kind) -> Iterator[Obstacle]:
    """GPUs that the spec names have to be used; others of a host may stay unused."""
    if "gpus" in machine.said:
        for gpu in machine.gpus:
            if gpu.maker not in (None, MAKERS[kind]):
                yield WrongMaker(torch=build.torch, gpu=gpu)


def _of_gpus(
    machine: Machine,
    failures: tuple[NoGpuCode | NoGfxCode | OldPtxDriver | LostGpu, ...],
    kind: Kind,
) -> Iterator[Obstacle]:
    """A host's build need not serve all GPUs, but one at least; a spec's GPUs all count."""
    failing = {failure.gpu for failure in failures}
    if machine.must_serve_all or failing.issuperset(machine.gpus_of(MAKERS[kind])):
        yield from failures


# -- CUDA


def cuda_version(build: Build, compat: Compat) -> str:
    """Return the CUDA version of a build, ``12.8`` for ``cu128``."""
    toolkits = compat.accelerators[build.accelerator].toolkits
    digits = build.accelerator.removeprefix("cu")
    return toolkits[0] if toolkits else f"{digits[:-1]}.{digits[-1]}"


def needs_windows_driver(build: Build, machine: Machine) -> bool:
    """Whether a build meets a Windows driver, whose versions have numbers of their own.

    Under WSL, programs for Linux run on it, and ``nvidia-smi`` and NVML say its version there too.
    Sources: NVIDIA's CUDA on WSL User Guide; microsoft/WSL#11589, #11277 (printed versions).
    """
    return build.platform.startswith("windows") or machine.has_windows_driver


def driver_floor(
    build: Build, machine: Machine, compat: Compat
) -> tuple[DriverMinimum | None, str | None]:
    """Return the row about the oldest driver for a build, and that driver on the machine."""
    row = compat.hardware.driver_minimum(cuda_version(build, compat))
    if row is None:
        return None, None
    return row, row.windows if needs_windows_driver(build, machine) else row.linux


def is_older(driver: str, needed: str) -> bool:
    """Whether a driver is surely older; ``535`` is any driver of that branch."""
    there, wanted = numbers(driver), numbers(needed)
    return there < wanted[: len(there)]


def _old_driver(machine: Machine, build: Build, compat: Compat) -> Iterator[Obstacle]:
    driver = machine.driver
    if driver is None:
        return
    row, needed = driver_floor(build, machine, compat)
    if row is not None and needed is not None and is_older(driver, needed):
        yield OldDriver(
            torch=build.torch,
            accelerator=build.accelerator,
            driver=driver,
            needed=needed,
            system="Windows" if needs_windows_driver(build, machine) else "Linux",
            cuda=row.cuda,
            sources=row.sources,
        )


def _cuda_gpus(
    machine: Machine, build: Build, compat: Compat
) -> Iterator[NoGpuCode | OldPtxDriver | LostGpu]:
    for gpu in machine.gpus_of("nvidia"):
        if gpu.capability is None:
            continue
        generation = compat.hardware.generation(gpu.capability)
        if (lost := _lost(machine, gpu, build, generation)) is not None:
            yield lost
            continue
        coverage = cuda_coverage(gpu.capability, build, compat)
        if coverage in ("older", "newer"):
            row = _code(build, compat)
            yield NoGpuCode(
                torch=build.torch,
                accelerator=build.accelerator,
                gpu=gpu,
                sm=row.sm if row is not None and row.sm else (),
                ptx=row.ptx if row is not None and row.ptx else (),
                is_older=coverage == "older",
                generation=generation,
            )
        elif coverage == "ptx" and (old := _old_ptx_driver(machine, gpu, build, compat)):
            yield old


def _lost(
    machine: Machine, gpu: TargetGpu, build: Build, generation: Generation | None
) -> LostGpu | None:
    if generation is None or generation.last_driver is None or machine.driver is None:
        return None
    if numbers(machine.driver)[0] <= int(generation.last_driver):
        return None
    return LostGpu(torch=build.torch, gpu=gpu, driver=machine.driver, generation=generation)


def _code(build: Build, compat: Compat) -> CudaCode | None:
    return compat.hardware.cuda_code(build.torch, build.platform, build.accelerator)


def cuda_coverage(capability: str, build: Build, compat: Compat) -> Coverage:
    """Return how a CUDA build covers a compute capability.

    Code of X.Y runs on X.Z with Z ≥ Y; PTX of X.Y is compiled by the driver for anything newer.
    A generation that the toolkit no longer knows cannot be covered, whatever else is not known.
    """
    generation = compat.hardware.generation(capability)
    major = int(cuda_version(build, compat).partition(".")[0])
    if generation is not None and generation.last_toolkit and major > int(generation.last_toolkit):
        return "older"
    row = _code(build, compat)
    if row is None or row.sm is None:
        return "unknown"
    wanted = numbers(capability)
    compiled = [numbers(one) for one in row.sm]
    if any(one[0] == wanted[0] and one <= wanted for one in compiled):
        return "code"
    if row.ptx is None:
        return "unknown"
    if any(numbers(one) <= wanted for one in row.ptx):
        return "ptx"
    return "newer" if wanted > max(compiled) else "older"


def _old_ptx_driver(
    machine: Machine, gpu: TargetGpu, build: Build, compat: Compat
) -> OldPtxDriver | None:
    """PTX needs the driver that the toolkit came with: its series' minimum is not enough."""
    toolkits = compat.accelerators[build.accelerator].toolkits
    windows = needs_windows_driver(build, machine)
    drivers = [
        row.windows if windows else row.linux
        for toolkit in toolkits
        for row in compat.hardware.toolkit_drivers_of(toolkit)
    ]
    known = [one for one in drivers if one is not None]
    if machine.driver is None or not known:
        return None
    needed = min(known, key=numbers)
    if not is_older(machine.driver, needed):
        return None
    return OldPtxDriver(
        torch=build.torch,
        accelerator=build.accelerator,
        gpu=gpu,
        driver=machine.driver,
        needed=needed,
    )


# -- ROCm


def _rocm_gpus(machine: Machine, build: Build, compat: Compat) -> Iterator[NoGfxCode]:
    row = compat.hardware.rocm_code(build.torch, build.accelerator)
    if row is None:
        return
    for gpu in machine.gpus_of("amd"):
        if gpu.arch is not None and gpu.arch not in row.gfx:
            yield NoGfxCode(torch=build.torch, accelerator=build.accelerator, gpu=gpu, gfx=row.gfx)
