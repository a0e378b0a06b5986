"""Every published build on every kind of GPU with every driver, against the rules written anew.

What is expected is worked out here from the readable files and from NVIDIA's rules, with none of
the planner's code: code of X.Y runs on X.Z with Z ≥ Y, PTX on anything newer if the driver knows
the toolkit, CUDA 11 and later run on the first driver of their series, and drivers and toolkits
drop old generations.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from provisioner import toml
from provisioner.compat import load_compat
from provisioner.compat.compile import DATA
from provisioner.planner._machine import Machine, TargetGpu
from provisioner.planner._machine_rules import iter_code_doubts, iter_machine_obstacles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.compat import Build

COMPAT = load_compat()
GPUS: Final = toml.loads((DATA / "gpus.toml").read_text(encoding="utf-8"))
TOOLKITS: Final = toml.loads((DATA / "drivers.toml").read_text(encoding="utf-8"))["toolkit"]
CAPABILITIES: Final = (
    *("3.0", "3.5", "3.7", "5.0", "5.2", "5.3", "6.0", "6.1", "7.0", "7.2", "7.5", "8.0", "8.6"),
    *("8.7", "8.9", "9.0", "10.0", "10.3", "11.0", "12.0", "12.1", "13.0"),
)
KEPLER: Final = ("3.5", "3.7")
MAXWELL_TO_VOLTA: Final = ("5.0", "5.2", "5.3", "6.0", "6.1", "7.0")
"""What NVIDIA says the end of; of 3.0 and the Jetsons 6.2 and 7.2 it says nothing."""
DRIVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": (
        *("435.21", "440.33", "450.36.06", "450.80.02", "470.256.02", "520.61.05", "525.60.12"),
        *("525.60.13", "535.129.03", "570.25", "570.26", "580.65.05", "580.65.06", "610.43.02"),
    ),
    "windows": ("441.22", "452.38", "452.39", "527.41", "528.33", "537.13", "580.88", "610.20"),
}
FLOORS: Final = {
    "linux": {"10.2": "440.33", "11": "450.80.02", "12": "525.60.13", "13": "580.65.06"},
    "windows": {"10.2": "441.22", "11": "452.39", "12": "528.33", "13": "580"},
}
"""NVIDIA's tables; for CUDA 13 on Windows the range of branches that it prints beside them."""
CUDA_BUILDS: Final = tuple(
    build
    for release in COMPAT.releases
    for build in COMPAT.builds(release.torch)
    if build.accelerator.startswith("cu")
)


@pytest.mark.parametrize("accelerator", sorted({build.accelerator for build in CUDA_BUILDS}))
def test_cuda_builds_run_where_the_rules_say(accelerator: str) -> None:
    """Accepted, doubted or refused: each build on each compute capability with each driver."""
    for build in (one for one in CUDA_BUILDS if one.accelerator == accelerator):
        system = build.platform.partition("-")[0]
        row = _code_row(build)
        for capability, driver in product(CAPABILITIES, (None, *DRIVERS[system])):
            verdict = _verdict(build, f"sm_{capability.replace('.', '')}", driver)
            wanted = _expected(build, row, capability, driver, system)
            assert verdict == wanted, (build, capability, driver)


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_newer_driver_never_loses_a_build(capability: str) -> None:
    """Until the driver no longer knows the GPU, and after that nothing is accepted."""
    gpu = f"sm_{capability.replace('.', '')}"
    for build in CUDA_BUILDS:
        drivers = DRIVERS[build.platform.partition("-")[0]]
        known = [one for one in drivers if not _has_lost(capability, one)]
        accepted = [_verdict(build, gpu, one) != "refused" for one in known]
        assert accepted == sorted(accepted), (build, capability)
        for driver in drivers[len(known) :]:
            assert _verdict(build, gpu, driver) == "refused"


def test_rocm_builds_run_on_the_targets_that_they_hold() -> None:
    """The first row that fits decides, and what is not in it is refused."""
    rows = GPUS["rocm"]
    targets = {gfx for row in rows for gfx in row["gfx"].split()} | {"gfx600"}
    builds = (
        build
        for release in COMPAT.releases
        for build in COMPAT.builds(release.torch)
        if build.accelerator.startswith("rocm")
    )
    for build in builds:
        row = next((one for one in rows if _fits_rocm(one, build)), None)
        for gfx in targets:
            held = None if row is None else gfx in row["gfx"].split()
            wanted = "doubted" if held is None else "accepted" if held else "refused"
            assert _verdict(build, gfx, None) == wanted, (build, gfx)


def _verdict(build: Build, arch: str, driver: str | None) -> str:
    gpu = TargetGpu(name=arch, maker="amd" if arch.startswith("gfx") else "nvidia", arch=arch)
    machine = Machine(here=False, said=frozenset({"gpus"}), driver=driver, gpus=(gpu,))
    if any(iter_machine_obstacles(machine, build, COMPAT)):
        return "refused"
    return "doubted" if any(iter_code_doubts(machine, build, COMPAT)) else "accepted"


# -- the rules, written anew


@cache
def _version(text: str) -> Version:
    return Version(text)


def _expected(
    build: Build, row: Mapping[str, Any], capability: str, driver: str | None, system: str
) -> str:
    cuda = f"{build.accelerator[2:-1]}.{build.accelerator[-1]}"
    lost = driver is not None and _has_lost(capability, driver)
    if lost or _is_too_old(driver, cuda, system) or _is_dropped(capability, cuda):
        return "refused"
    if row["sm"] != "unknown" and any(_runs(one, capability) for one in row["sm"].split()):
        return "accepted"
    if "unknown" in (row["sm"], row["ptx"]):
        return "doubted"
    has_ptx = any(_version(one) <= _version(capability) for one in row["ptx"].split())
    needed = _toolkit_driver(build, system)
    is_old = None not in (driver, needed) and _version(str(driver)) < _version(str(needed))
    return "accepted" if has_ptx and not is_old else "refused"


def _runs(compiled: str, capability: str) -> bool:
    one, other = _version(compiled), _version(capability)
    return one.major == other.major and one <= other


def _has_lost(capability: str, driver: str) -> bool:
    """Kepler ended with driver 470, Maxwell, Pascal and Volta with 580."""
    branch = _version(driver).major
    return (capability in KEPLER and branch > 470) or (
        capability in MAXWELL_TO_VOLTA and branch > 580
    )


def _is_dropped(capability: str, cuda: str) -> bool:
    """CUDA 12 no longer compiles for Kepler, CUDA 13 no longer for what came before Turing."""
    major = _version(cuda).major
    return (capability in KEPLER and major > 11) or (capability in MAXWELL_TO_VOLTA and major > 12)


def _is_too_old(driver: str | None, cuda: str, system: str) -> bool:
    floors = FLOORS[system]
    floor = floors.get(cuda) or floors.get(cuda.partition(".")[0])
    return None not in (driver, floor) and _version(str(driver)) < _version(str(floor))


def _toolkit_driver(build: Build, system: str) -> str | None:
    toolkits = COMPAT.accelerators[build.accelerator].toolkits
    drivers = [
        row[system]
        for row in TOOLKITS
        for toolkit in toolkits
        if f"{row['version']}.".startswith(f"{toolkit}.")
        or f"{toolkit}.".startswith(f"{row['version']}.")
    ]
    return min((one for one in drivers if one != "unknown"), key=_version, default=None)


def _code_row(build: Build) -> Mapping[str, Any]:
    """Return what the build holds; where there is no row, nobody looked yet."""
    rows = (
        one
        for one in GPUS["cuda"]
        if (one["on"], one["accelerator"]) == (build.platform, build.accelerator)
        and SpecifierSet(one["torch"]).contains(build.torch)
    )
    return next(rows, {"sm": "unknown", "ptx": "unknown"})


def _fits_rocm(row: Mapping[str, Any], build: Build) -> bool:
    accelerators = re.split(r"\s+", row.get("accelerators", "").strip())
    torch = row.get("torch", "")
    return SpecifierSet(torch).contains(build.torch) and (
        accelerators == [""] or build.accelerator in accelerators
    )
