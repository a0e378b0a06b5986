"""Asks the NVIDIA driver's own library, in a process of its own; run as a script.

A driver that is half installed or half unloaded can end a process that loads it, or never answer;
torchenv itself must not be that process. It prints one JSON object:

    {"driver": "535.129.03", "gpus": [{"name": "...", "capability": [8, 9], "mig": false}],
     "error": "", "library": ""}

where ``error`` is what NVML said if it could not be started at all, and ``library`` the file that
said so. The first argument is the folder that holds ``nvidia-ml-py``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def answer(nvml: Any) -> dict[str, Any]:  # noqa: ANN401  a module without types
    """Return everything that NVML says."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as exc:
        return {"driver": None, "gpus": [], "error": str(exc), "library": _library()}
    count = _ask(nvml, nvml.nvmlDeviceGetCount) or 0
    return {
        "driver": _ask(nvml, nvml.nvmlSystemGetDriverVersion),
        "gpus": [_gpu(nvml, index) for index in range(count)],
        "error": "",
        "library": "",
    }


def _gpu(nvml: Any, index: int) -> dict[str, Any]:  # noqa: ANN401
    """Return what is known of one GPU; a lost one has a place in the list, and nothing else."""
    handle = _ask(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
    if handle is None:
        return {"name": None, "capability": None, "mig": False}
    mig = _ask(nvml, nvml.nvmlDeviceGetMigMode, handle)
    return {
        "name": _ask(nvml, nvml.nvmlDeviceGetName, handle),
        "capability": _ask(nvml, nvml.nvmlDeviceGetCudaComputeCapability, handle),
        "mig": bool(mig and mig[0]),
    }


def _ask(nvml: Any, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
    """Return what a function of NVML answers, None where it has no answer."""
    try:
        return function(*arguments)
    except (nvml.NVMLError, UnicodeDecodeError):
        return None


def _library() -> str:
    """Return the file that was loaded; its name ends with the version."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    paths = {line.split()[-1] for line in lines if "libnvidia-ml.so" in line}
    return os.path.realpath(min(paths)) if paths else ""


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    import pynvml  # type: ignore[import-untyped]

    sys.stdout.write(json.dumps(answer(pynvml)))
