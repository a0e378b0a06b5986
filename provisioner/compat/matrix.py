"""The builds of torch as rows of one table, filtered: the data for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provisioner.compat._types import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet

    from provisioner.compat._compat import Compat
    from provisioner.compat._types import Build, MemberName


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which builds are wanted; None leaves a question open."""

    torch: SpecifierSet | None = None
    accelerator: str | None = None
    """One accelerator, ``cu128``, or a family of them: ``cuda``, ``rocm``."""
    python: str | None = None
    """Minor version, ``t`` appended for a free-threaded one."""
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One build of torch with what belongs to it and what it needs."""

    build: Build
    torchvision: tuple[str, ...]
    """Releases that go with it and have a wheel beside it, the one to take first."""
    torchaudio: tuple[str, ...]
    driver: str | None = None
    """Oldest NVIDIA driver that runs it; None where it is not known, and for other builds."""
    code: tuple[str, ...] | None = None
    """Architectures that it holds code for: ``sm_89``, ``gfx1100``, ``dg2``, and ``sm_120+PTX``
    where their PTX is included. None: not known. Empty for the CPU."""
    runs: Literal["yes", "unknown"] | None = None
    """Whether it runs on the GPU and with the driver that were asked about; None where none was."""


def matrix_rows(compat: Compat, wanted: Wanted) -> tuple[MatrixRow, ...]:
    """Return the wanted builds, newest torch first; accelerators as the data orders them."""
    order = list(compat.accelerators)
    builds = [
        build
        for release in reversed(compat.releases)
        if wanted.torch is None or wanted.torch.contains(release.torch)
        for build in sorted(
            compat.builds(release.torch, platform=wanted.platform),
            key=lambda one: (one.platform, order.index(one.accelerator), one.index),
        )
        if _is_wanted(build, wanted)
    ]
    return tuple(_row(compat, build, wanted) for build in builds)


def _is_wanted(build: Build, wanted: Wanted) -> bool:
    fits = wanted.accelerator in {None, build.accelerator, kind_of(build.accelerator)}
    return fits and (wanted.python is None or build.known_for(wanted.python) is not None)


def _row(compat: Compat, build: Build, wanted: Wanted) -> MatrixRow:
    return MatrixRow(
        build=build,
        torchvision=_beside(compat, build, "torchvision", wanted.python),
        torchaudio=_beside(compat, build, "torchaudio", wanted.python),
        driver=_driver(compat, build),
        code=_code(compat, build),
    )


def _beside(compat: Compat, build: Build, name: MemberName, python: str | None) -> tuple[str, ...]:
    """Return the releases of a member that have a wheel beside a build, for one Python or any."""
    pythons = (python,) if python is not None else (*build.pythons, *build.unsure)
    return tuple(
        member.version
        for member in compat.pairs(build.torch, name)
        if any(compat.member_known(member, build, one) is not None for one in pythons)
    )


def _driver(compat: Compat, build: Build) -> str | None:
    """Return the driver minimum of a CUDA build on its platform."""
    if kind_of(build.accelerator) != "cuda":
        return None
    toolkits = compat.accelerators[build.accelerator].toolkits
    row = compat.hardware.driver_minimum(toolkits[0]) if toolkits else None
    if row is None:
        return None
    return row.windows if build.platform.startswith("windows-") else row.linux


def _code(compat: Compat, build: Build) -> tuple[str, ...] | None:
    hardware = compat.hardware
    match kind_of(build.accelerator):
        case "cpu":
            return ()
        case "xpu":
            xpu = hardware.xpu_code(build.torch)
            return None if xpu is None else xpu.archs
        case "rocm":
            rocm = hardware.rocm_code(build.torch, build.accelerator)
            return None if rocm is None else rocm.gfx
        case "cuda":
            cuda = hardware.cuda_code(build.torch, build.platform, build.accelerator)
            if cuda is None or cuda.sm is None:
                return None
            return tuple(_with_ptx(cuda.sm, cuda.ptx or ()))


def _with_ptx(compiled: tuple[str, ...], ptx: tuple[str, ...]) -> Iterator[str]:
    """Yield ``sm_89`` for ``8.9``, and ``sm_120+PTX`` where the PTX is there, too."""
    for capability in dict.fromkeys((*compiled, *ptx)):
        yield f"sm_{capability.replace('.', '')}" + ("+PTX" if capability in ptx else "")
