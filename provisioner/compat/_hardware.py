"""What builds need of a GPU machine: NVIDIA drivers, and the GPU code that the wheels hold.

Kept apart from the rest of the compat data, since a plan that names its accelerator does not need
it. ``hardware.json`` is compiled from ``data/drivers.toml``, ``data/gpus.toml`` and
``data/gpu_names.toml``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.compat._gpu_names import GpuNames, find_gpu, near_names, parse_arch
from provisioner.compat._load import rows_of

if TYPE_CHECKING:
    from provisioner.compat._types import Known

COMPILED_HARDWARE: Final = Path(__file__).with_name("hardware.json")
"""Made from ``data/`` by ``python -m provisioner.compat.compile``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverMinimum:
    """The oldest NVIDIA driver that runs builds of a CUDA series."""

    cuda: str
    """``12`` for all of 12, or one version, ``10.2``; the longest that fits decides."""
    linux: str | None
    """None: not known; ``windows`` likewise."""
    windows: str | None
    known: Known
    sources: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolkitDriver:
    """The driver that a CUDA toolkit came with: what code compiled from PTX needs."""

    version: str
    linux: str | None
    """None: not known, or the toolkit came without one; ``windows`` likewise."""
    windows: str | None
    known: Known
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaCode:
    """Compute capabilities that some builds hold code for."""

    platform: str
    accelerator: str
    torch: tuple[str, ...]
    sm: tuple[str, ...] | None
    """Compiled in: ``("7.5", "8.0")``. None: not known."""
    ptx: tuple[str, ...] | None
    """Included as PTX. None: not known."""
    known: Known
    sources: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RocmCode:
    """AMD architectures that some builds hold code for."""

    torch: tuple[str, ...] = ()
    """Empty: not said; ``accelerators`` likewise."""
    accelerators: tuple[str, ...] = ()
    gfx: tuple[str, ...]
    known: Known
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class XpuCode:
    """Intel's generations that XPU builds are validated for."""

    torch: tuple[str, ...]
    archs: tuple[str, ...]
    """Code names as in :class:`GpuNames`: ``("dg2", "bmg")``."""
    known: Known
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A generation of NVIDIA GPUs and the software that still knows it."""

    name: str
    capabilities: tuple[str, ...]
    first_toolkit: str
    last_toolkit: str | None = None
    """Last CUDA series, ``11``; None while it goes on. ``last_driver`` likewise."""
    last_driver: str | None = None
    """Last driver branch, ``470``."""
    known: Known
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hardware:
    """Everything that torchenv knows about drivers and GPU code; compared by identity."""

    driver_minimums: tuple[DriverMinimum, ...]
    toolkit_drivers: tuple[ToolkitDriver, ...]
    cuda_codes: tuple[CudaCode, ...]
    rocm_codes: tuple[RocmCode, ...]
    """In order of precedence."""
    generations: tuple[Generation, ...]
    """Oldest first."""
    gpu_names: tuple[GpuNames, ...] = ()
    xpu_codes: tuple[XpuCode, ...] = ()

    def driver_minimum(self, cuda: str) -> DriverMinimum | None:
        """Return what builds of a CUDA version ask of the driver; the longest match decides."""
        rows = [row for row in self.driver_minimums if _is_below(cuda, row.cuda)]
        return max(rows, key=lambda row: len(row.cuda), default=None)

    def toolkit_drivers_of(self, toolkit: str) -> tuple[ToolkitDriver, ...]:
        """Return the rows of a toolkit: ``12.8.1``, or ``11.3`` for all of 11.3."""
        return tuple(
            row
            for row in self.toolkit_drivers
            if _is_below(row.version, toolkit) or _is_below(toolkit, row.version)
        )

    def cuda_code(self, torch: str, platform: str, accelerator: str) -> CudaCode | None:
        """Return which code a CUDA build holds, None where there is no such build."""
        for row in self.cuda_codes:
            if (row.platform, row.accelerator) == (platform, accelerator) and torch in row.torch:
                return row
        return None

    def rocm_code(self, torch: str, accelerator: str) -> RocmCode | None:
        """Return which code a ROCm build holds, None where that is not known."""
        for row in self.rocm_codes:
            if (not row.torch or torch in row.torch) and (
                not row.accelerators or accelerator in row.accelerators
            ):
                return row
        return None

    def generation(self, capability: str) -> Generation | None:
        """Return the generation of a compute capability, None where the data does not have it."""
        return next((row for row in self.generations if capability in row.capabilities), None)

    def xpu_code(self, torch: str) -> XpuCode | None:
        """Return which of Intel's GPUs an XPU build serves, None where that is not known."""
        return next((row for row in self.xpu_codes if torch in row.torch), None)

    def gpu(self, name: str) -> GpuNames | None:
        """Return what the data says of a GPU by its name, None where it does not have it."""
        return find_gpu(self.gpu_names, name)

    def arch_of(self, text: str) -> str | None:
        """Return the architecture of ``RTX 4090``, ``sm_89``, ``8.9`` (``sm_89``) or ``gfx1100``.

        None where the text is neither an architecture nor a name that the data has.
        """
        return parse_arch(self.gpu_names, text)

    def near_gpus(self, name: str) -> tuple[str, ...]:
        """Return up to three known names that look like one that is not known."""
        return near_names(self.gpu_names, name)


def _is_below(version: str, of: str) -> bool:
    """Whether ``12.8.1`` is ``12.8.1``, or one of ``12.8`` or ``12``."""
    return version == of or version.startswith(f"{of}.")


@cache
def load_hardware() -> Hardware:
    """Return what the data says about drivers and GPUs; read once per process."""
    data = json.loads(COMPILED_HARDWARE.read_text(encoding="utf-8"))
    return Hardware(
        driver_minimums=rows_of(DriverMinimum, data["driver_minimums"]),
        toolkit_drivers=rows_of(ToolkitDriver, data["toolkit_drivers"]),
        cuda_codes=rows_of(CudaCode, data["cuda_codes"]),
        rocm_codes=rows_of(RocmCode, data["rocm_codes"]),
        generations=rows_of(Generation, data["generations"]),
        gpu_names=rows_of(GpuNames, data["gpu_names"]),
        xpu_codes=rows_of(XpuCode, data["xpu_codes"]),
    )
