"""Intel's GPUs of this machine and the driver that torch's XPU builds need.

The kernel names them on the bus (``/sys/class/drm``); programs reach them through Intel's compute
runtime (``libze_intel_gpu.so.1``), which is installed apart from the kernel's driver and which most
machines with graphics in their processor do not have. So a GPU without it has no driver here, and
none that is broken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.host._machine import find_library, read_or_none
from provisioner.host._types import Gpu, GpuStack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.host._machine import Machine

_CARDS: Final = "/sys/class/drm"
_NODES: Final = "/dev/dri"
_RUNTIME: Final = "libze_intel_gpu.so.1"
_VENDOR: Final = "8086"
_CARD: Final = re.compile(r"card\d+")
_DRIVERS: Final = ("i915", "xe")


def probe_intel(machine: Machine) -> GpuStack:
    """Read Intel's GPUs and whether programs can compute on them; never fails."""
    if machine.system == "darwin":
        return GpuStack(state="absent", evidence="XPU builds are not for macOS")
    if machine.system != "linux":
        return GpuStack(evidence="only Linux and macOS can be asked")
    gpus = tuple(_gpus(machine))
    if not gpus and machine.exists("/dev/dxg"):
        return GpuStack(evidence="Windows does not tell WSL which GPUs it shares")
    if not gpus:
        return GpuStack(state="absent", evidence=f"no Intel GPU in `{_CARDS}`")
    if find_library(machine, _RUNTIME) is None:
        why = f"Intel's compute runtime is not installed (`{_RUNTIME}`)"
        return GpuStack(state="absent", gpus=gpus, evidence=f"`{_CARDS}`, but {why}")
    obstacle = _obstacle(machine)
    evidence = f"`{_CARDS}`" + (f", but {obstacle}" if obstacle else "")
    return GpuStack(state="unreadable" if obstacle else "present", gpus=gpus, evidence=evidence)


def _obstacle(machine: Machine) -> str | None:
    """Return why programs of this user cannot compute on GPUs that the kernel knows."""
    nodes = [f"{_NODES}/{name}" for name in machine.names(_NODES) if name.startswith("renderD")]
    if not nodes:
        return f"there is no `{_NODES}/renderD*`"
    if not any(machine.can_open(node) for node in nodes):
        return f"this user may not use `{nodes[0]}` (group `render`)"
    return None


def _gpus(machine: Machine) -> Iterator[Gpu]:
    """Yield the cards of Intel that a driver of Intel's drives."""
    for card in machine.names(_CARDS):
        device = f"{_CARDS}/{card}/device"
        if not _CARD.fullmatch(card) or pci_number(machine, f"{device}/vendor") != _VENDOR:
            continue
        if machine.target(f"{device}/driver").rpartition("/")[2] in _DRIVERS:
            product = pci_number(machine, f"{device}/device")
            yield Gpu(name=f"{_VENDOR}:{product}" if product else None, arch=None)


def pci_number(machine: Machine, path: str) -> str | None:
    """Return a number of the PCI bus without ``0x``: ``0x8086`` -> ``8086``; None where unread."""
    found = re.fullmatch(r"0x([0-9a-f]{4})", (read_or_none(machine, path) or "").strip().lower())
    return found[1] if found else None
