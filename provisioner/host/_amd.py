"""The AMD compute driver of this machine and its GPUs.

Sources, in this order:

1. the kernel's topology of compute devices (KFD) in ``/sys``, which costs nothing to read;
2. ROCm's program ``rocm_agent_enumerator``, where the kernel has no topology: under WSL.

``HSA_OVERRIDE_GFX_VERSION`` makes ROCm take every GPU for another one; so it does here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.host._machine import read_or_none
from provisioner.host._types import Gpu, GpuStack

if TYPE_CHECKING:
    from provisioner.host._machine import Answer, Machine

_DEVICE: Final = "/dev/kfd"
_MODULE: Final = "/sys/module/amdgpu"
_NODES: Final = "/sys/class/kfd/kfd/topology/nodes"
_ENUMERATOR: Final = "rocm_agent_enumerator"
_OVERRIDE: Final = "HSA_OVERRIDE_GFX_VERSION"
_PROPERTY: Final = re.compile(r"^gfx_target_version (\d+)$", re.MULTILINE)
_TARGET: Final = re.compile(r"gfx[0-9a-f]{3,}")
_CPU: Final = "gfx000"


def probe_amd(machine: Machine) -> GpuStack:
    """Read AMD's driver and its GPUs; never fails."""
    if machine.system == "darwin":
        return GpuStack(state="absent", evidence="ROCm is not for macOS")
    if machine.system != "linux":
        return GpuStack(evidence="only Linux and macOS can be asked")
    enumerator = _find_enumerator(machine)
    if machine.exists(_NODES) or machine.exists(_MODULE):
        return _overridden(machine, _from_kernel(machine))
    if enumerator is not None:
        return _overridden(machine, parse_enumerator(machine.ask([enumerator], more={})))
    seen = f"no `{_DEVICE}`, no `{_MODULE}`, no `{_ENUMERATOR}`"
    return GpuStack(state="absent", evidence=seen)


def _find_enumerator(machine: Machine) -> str | None:
    """Return ROCm's program; its folder need not be on ``PATH``."""
    path = f"{machine.environ.get('ROCM_PATH') or '/opt/rocm'}/bin/{_ENUMERATOR}"
    return machine.program(_ENUMERATOR) or (path if machine.exists(path) else None)


def _from_kernel(machine: Machine) -> GpuStack:
    """Read the kernel's topology, and whether this user may use the devices."""
    version = (read_or_none(machine, f"{_MODULE}/version") or "").strip() or None
    nodes = (f"{_NODES}/{node}" for node in sorted(machine.names(_NODES), key=_number))
    gpus = tuple(gpu for node in nodes for gpu in _node(machine, node))
    stack = GpuStack(state="present", driver=version, gpus=gpus, evidence=f"`{_NODES}`")
    if not gpus:
        seen = f"`{_NODES}` names no GPU" if machine.exists(_NODES) else f"no `{_NODES}`"
        return replace(stack, state="unreadable", evidence=f"`amdgpu` is loaded, but {seen}")
    if not machine.exists(_DEVICE):
        why = f"there is no `{_DEVICE}`"
        return replace(stack, state="unreadable", evidence=f"{stack.evidence}, but {why}")
    if not machine.can_open(_DEVICE):
        why = f"this user may not use `{_DEVICE}` (groups `render` and `video`)"
        return replace(stack, state="unreadable", evidence=f"{stack.evidence}, but {why}")
    return stack


def _number(name: str) -> tuple[int, str]:
    """Sort key: node 10 comes after node 9."""
    return (int(name) if name.isdigit() else 0, name)


def _node(machine: Machine, folder: str) -> tuple[Gpu, ...]:
    """Return the GPU of a node, none where it is a CPU or the node may not be read.

    In a container the files of GPUs that were not handed in are there, and empty.
    """
    arch = parse_properties(read_or_none(machine, f"{folder}/properties") or "")
    if arch is None:
        return ()
    name = (read_or_none(machine, f"{folder}/name") or "").strip()
    return (Gpu(name=name or None, arch=arch),)


def parse_properties(text: str) -> str | None:
    """Return the architecture of a KFD node, None for a CPU; pure.

    ``gfx_target_version 90010`` is major * 10000 + minor * 100 + step (kernel,
    ``kfd_device.c``), of which the name has the last two as hexadecimal digits: ``gfx90a``.
    """
    found = _PROPERTY.search(text)
    number = int(found[1]) if found else 0
    return _gfx(number // 10000, number // 100 % 100, number % 100) if number else None


def parse_enumerator(answer: Answer) -> GpuStack:
    """Understand ``rocm_agent_enumerator``: a line for each device, ``gfx000`` for a CPU; pure."""
    lines = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    if answer.exit_code or not lines or not all(_TARGET.fullmatch(line) for line in lines):
        said = answer.last_words or "nothing"
        return GpuStack(state="unreadable", evidence=f"`{_ENUMERATOR}` says `{said}`")
    gpus = tuple(Gpu(name=None, arch=line) for line in lines if line != _CPU)
    if not gpus:
        return GpuStack(state="unreadable", evidence=f"`{_ENUMERATOR}` names no GPU")
    return GpuStack(state="present", gpus=gpus, evidence=f"`{_ENUMERATOR}`")


def _overridden(machine: Machine, stack: GpuStack) -> GpuStack:
    """Take every GPU for the one that the user tells ROCm it is."""
    wish = machine.environ.get(_OVERRIDE, "")
    parts = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", wish.strip())
    if parts is None or not stack.gpus:
        return stack
    arch = _gfx(*map(int, parts.groups()))
    return replace(
        stack,
        gpus=tuple(gpu._replace(arch=arch) for gpu in stack.gpus),
        evidence=f"{stack.evidence}, taken for {arch} (`{_OVERRIDE}`)",
    )


def _gfx(major: int, minor: int, step: int) -> str:
    return f"gfx{major}{minor:x}{step:x}"
