"""The NVIDIA driver of this machine and its GPUs.

Sources, in this order; the first that answers decides:

1. NVML, the driver's own library, through ``nvidia-ml-py`` (in a process of its own);
2. the kernel module's files in ``/proc/driver/nvidia``: they tell the version, but not whether
   programs may use the driver, so that the device and CUDA's library have to be there too
   (a container that was given "compute" without "utility" has no NVML);
3. the program ``nvidia-smi``.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provisioner.host._machine import find_library, read_or_none
from provisioner.host._types import Gpu, GpuStack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.host._machine import Answer, Machine

NVML: Final = "libnvidia-ml.so.1"
_CUDA: Final = "libcuda.so.1"
_CONTROL: Final = "/dev/nvidiactl"
_WSL_DEVICE: Final = "/dev/dxg"
_PROC: Final = "/proc/driver/nvidia"
_SMI: Final = "nvidia-smi"
_WSL_SMI: Final = "/usr/lib/wsl/lib/nvidia-smi"

_KERNEL_MODULE: Final = re.compile(
    r"^NVRM version:.*?Kernel Module(?: for)?(?: [a-z]\w+)? +(\d+(?:\.\d+)+)", re.MULTILINE
)
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")
_MODEL: Final = re.compile(r"^Model:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)


class KernelModule(NamedTuple):
    """What ``/proc/driver/nvidia`` says."""

    version: str | None
    """None where its text is not understood."""
    gpus: tuple[Gpu, ...]


def probe_nvidia(machine: Machine) -> GpuStack:
    """Read the NVIDIA driver and its GPUs; never fails."""
    if machine.system == "darwin":
        return GpuStack(state="absent", evidence="macOS has no NVIDIA driver")
    if machine.system != "linux":
        return GpuStack(evidence="only Linux and macOS can be asked")
    kernel = read_kernel_module(machine)
    library, program = find_library(machine, NVML), find_smi(machine)
    if kernel is None and library is None and program is None:
        seen = f"no `{_PROC}/version`, no `{NVML}`, no `{_SMI}`"
        if machine.exists(_WSL_DEVICE):
            return GpuStack(state="absent", evidence=f"{seen}; Windows gives it none")
        return GpuStack(state="absent", evidence=seen)
    return _ask_all(machine, kernel, library, program)


def _ask_all(
    machine: Machine, kernel: KernelModule | None, library: str | None, program: str | None
) -> GpuStack:
    """Ask the sources in their order; where none answers, say what each of them said."""
    tried: list[GpuStack] = []
    if library is not None:
        tried.append(_ask_nvml(machine, library))
    if kernel is not None:
        tried.append(_judge_kernel(machine, kernel, has_nvml=library is not None))
    for stack in tried:
        if stack.state == "present":
            return stack
    if program is not None:
        tried.append(_ask_smi(machine, program))
        if tried[-1].state == "present":
            return tried[-1]
    return GpuStack(
        state="unreadable",
        driver=next((one.driver for one in tried if one.driver), None),
        gpus=next((one.gpus for one in tried if one.gpus), ()),
        evidence="; ".join(dict.fromkeys(one.evidence for one in tried)),
    )


# -- NVML


def _ask_nvml(machine: Machine, library: str) -> GpuStack:
    """Ask the driver's own library."""
    binding = find_spec("pynvml")
    if binding is None or binding.origin is None:
        return GpuStack(state="unreadable", evidence="`nvidia-ml-py` is not installed")
    script = Path(__file__).with_name("_nvml_child.py")
    folder = str(Path(library).parent)
    # The library may lie where the loader does not look.
    paths = ":".join(filter(None, (machine.environ.get("LD_LIBRARY_PATH"), folder)))
    argv = [sys.executable, "-I", str(script), str(Path(binding.origin).parent)]
    return parse_nvml(machine.ask(argv, more={"LD_LIBRARY_PATH": paths}))


def parse_nvml(answer: Answer) -> GpuStack:
    """Understand what ``_nvml_child`` printed; pure."""
    try:
        said: dict[str, Any] = json.loads(answer.stdout)
        gpus = tuple(Gpu(name=one["name"], arch=_sm(one["capability"])) for one in said["gpus"])
        is_divided = any(one["mig"] for one in said["gpus"])
        driver, error, library = said["driver"], said["error"], said["library"]
    except (ValueError, KeyError, TypeError, IndexError):
        how = answer.problem or "it printed nothing that can be understood"
        return GpuStack(state="unreadable", evidence=f"asking NVML failed: {how}")
    if error:
        return GpuStack(state="unreadable", evidence=_nvml_error(error, library))
    evidence = "NVML" if gpus else "NVML, which sees no GPU"
    if is_divided:
        evidence = "NVML; at least one GPU is divided (MIG)"
    return GpuStack(state="present", driver=driver, gpus=gpus, evidence=evidence)


def _nvml_error(error: str, library: str) -> str:
    """Return NVML's own words, and the version of the library that said them."""
    version = _VERSION.search(Path(library).name.partition(".so.")[2])
    from_ = f" (library {version[0]})" if version and "." in version[0] else ""
    return f"NVML{from_} says `{error}`"


def _sm(capability: list[int] | None) -> str | None:
    """``[8, 9]`` -> ``sm_89``, as CUDA's compilers name a compute capability."""
    return None if capability is None else f"sm_{capability[0]}{capability[1]}"


# -- the kernel module


def read_kernel_module(machine: Machine) -> KernelModule | None:
    """Read what the kernel module says about itself; None where it is not loaded.

    A ``/proc`` without the file is that of a machine without the module: containers see the file.
    """
    text = read_or_none(machine, f"{_PROC}/version")
    if text is None:
        return None
    gpus = f"{_PROC}/gpus"
    told = (read_or_none(machine, f"{gpus}/{one}/information") for one in machine.names(gpus))
    return KernelModule(version=parse_kernel_module(text), gpus=parse_information(told))


def parse_kernel_module(text: str) -> str | None:
    """Return the version in ``/proc/driver/nvidia/version``; pure.

    The closed module and the open one word it differently::

        NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023
        NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build  (...)
    """
    found = _KERNEL_MODULE.search(text)
    return found[1] if found else None


def parse_information(texts: Iterable[str | None]) -> tuple[Gpu, ...]:
    """Return the GPUs of ``/proc/driver/nvidia/gpus/*/information``; pure.

    The files name a GPU (``Model: NVIDIA GeForce RTX 4090``), but not its architecture. A file that
    says nothing is a GPU all the same.
    """
    models = (_MODEL.search(text or "") for text in texts)
    return tuple(Gpu(name=found[1] if found else None, arch=None) for found in models)


def _judge_kernel(machine: Machine, kernel: KernelModule, *, has_nvml: bool) -> GpuStack:
    """Decide whether programs can use a driver that the kernel has."""
    stack = GpuStack(
        state="unreadable",
        driver=kernel.version,
        gpus=kernel.gpus,
        evidence=f"`{_PROC}/version` names {kernel.version or 'no version'}",
    )
    if not machine.exists(_CONTROL):
        return replace(stack, evidence=f"{stack.evidence}, but there is no `{_CONTROL}`")
    if not machine.can_open(_CONTROL):
        return replace(stack, evidence=f"{stack.evidence}, but this user may not use `{_CONTROL}`")
    if find_library(machine, _CUDA) is None:
        return replace(stack, evidence=f"{stack.evidence}, but there is no `{_CUDA}`")
    if has_nvml:
        # NVML was asked before, and its failure is CUDA's, too.
        return stack
    return replace(stack, state="present")


# -- nvidia-smi


def find_smi(machine: Machine) -> str | None:
    """Return the path of ``nvidia-smi``; on WSL it need not be on ``PATH``."""
    return machine.program(_SMI) or (_WSL_SMI if machine.exists(_WSL_SMI) else None)


def _ask_smi(machine: Machine, program: str) -> GpuStack:
    """Ask ``nvidia-smi``; those before driver 510 do not know the compute capability."""
    stack = parse_smi(_query(machine, program, "driver_version,name,compute_cap"))
    if stack.state != "present":
        older = parse_smi(_query(machine, program, "driver_version,name"), has_capability=False)
        stack = older if older.state == "present" else stack
    return stack


def _query(machine: Machine, program: str, fields: str) -> Answer:
    return machine.ask([program, f"--query-gpu={fields}", "--format=csv,noheader"], more={})


def parse_smi(answer: Answer, *, has_capability: bool = True) -> GpuStack:
    """Understand the CSV of ``nvidia-smi``; pure.

    One line for each GPU, the version of the driver repeated::

        535.129.03, NVIDIA GeForce RTX 4090, 8.9

    A line that is not understood makes the answer unreadable: half a list would be taken for all.
    """
    lines = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    if answer.exit_code == 0 and lines:
        rows = [_smi_row(line, has_capability=has_capability) for line in lines]
        known = [row for row in rows if row is not None]
        if len(known) == len(rows):
            gpus = tuple(gpu for _, gpu in known)
            return GpuStack(state="present", driver=known[0][0], gpus=gpus, evidence=f"`{_SMI}`")
    said = answer.last_words or "nothing"
    return GpuStack(state="unreadable", evidence=f"`{_SMI}` says `{said}`")


def _smi_row(line: str, *, has_capability: bool) -> tuple[str, Gpu] | None:
    """Take a line apart; the name in the middle may hold commas."""
    cells = [cell.strip() for cell in line.split(",")]
    capability = cells.pop() if has_capability and len(cells) > 1 else ""
    if not cells[1:] or not _VERSION.fullmatch(cells[0]):
        return None
    digits = re.fullmatch(r"(\d+)\.(\d)", capability)
    if has_capability and digits is None and not capability.startswith("["):
        return None
    name = ", ".join(cells[1:])
    return cells[0], Gpu(
        name=None if name.startswith("[") else name,
        arch=f"sm_{digits[1]}{digits[2]}" if digits else None,
    )
