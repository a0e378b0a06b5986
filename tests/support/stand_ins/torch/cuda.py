"""Tiny ``torch.cuda``: a build may know CUDA, the machine never has a GPU."""

from __future__ import annotations

from . import version


def is_available() -> bool:
    """Tell whether a GPU can be used: never."""
    return False


def is_initialized() -> bool:
    """Tell whether CUDA was started: never."""
    return False


def device_count() -> int:
    """Return the number of GPUs: none."""
    return 0


def get_arch_list() -> list[str]:
    """Return the architectures of this build; empty without a GPU, as in the real torch.

    ``torch._C._cuda_getArchFlags`` names them on every machine.
    """
    return []


def init() -> None:
    """Start CUDA.

    Raises:
        AssertionError: This is a CPU build.
        RuntimeError: There is no driver.
    """
    if version.cuda is None and version.hip is None:
        raise AssertionError("Torch not compiled with CUDA enabled")
    raise RuntimeError(
        "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and "
        "installed a driver"
    )


def current_device() -> int:
    """Return the number of the current GPU, after starting CUDA."""
    init()
    return 0
