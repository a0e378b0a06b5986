"""Whether a build runs on a GPU or with a driver that somebody names; for the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from provisioner.compat import kind_of
from provisioner.planner._machine import Machine, TargetGpu
from provisioner.planner._machine_rules import (
    MAKERS,
    driver_floor,
    iter_code_doubts,
    iter_machine_obstacles,
)

if TYPE_CHECKING:
    from provisioner.compat import Build, Compat
    from provisioner.planner._machine import Maker

Runs = Literal["yes", "no", "unknown"]


def runs_on(
    build: Build, compat: Compat, *, arch: str | None = None, driver: str | None = None
) -> Runs:
    """Return whether a build computes on a GPU, as the planner judges it.

    Args:
        build: What is asked about; a build for the CPU computes on no GPU.
        compat: The data.
        arch: The GPU's architecture: ``sm_89``, ``gfx1100``, ``bmg``.
        driver: NVIDIA's driver, ``535.129.03``.
    """
    kind = kind_of(build.accelerator)
    maker = maker_of(arch) if arch is not None else "nvidia"
    if MAKERS.get(kind) != maker or (driver is not None and maker != "nvidia"):
        return "no"
    gpus = (TargetGpu(name=arch, maker=maker, arch=arch),) if arch is not None else ()
    machine = Machine(
        here=False, said=frozenset({"gpus"}), driver=driver, gpus=gpus, nvidia="present"
    )
    if any(iter_machine_obstacles(machine, build, compat)):
        return "no"
    if any(iter_code_doubts(machine, build, compat)):
        return "unknown"
    is_judged = driver is None or driver_floor(build, machine, compat)[1] is not None
    return "yes" if is_judged else "unknown"


def maker_of(arch: str) -> Maker:
    """Return whose GPUs have an architecture."""
    if arch.startswith("sm_"):
        return "nvidia"
    return "amd" if arch.startswith("gfx") else "intel"
