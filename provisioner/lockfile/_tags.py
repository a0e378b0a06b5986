"""Wheel tags of a target: which wheels it can use, best first (PEP 425, PEP 600)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.tags import Tag

    from provisioner.host import HostFacts
    from provisioner.planner import Target
    from provisioner.spec import TargetWish

BASELINE_GLIBC: Final = "2.28"
"""Locks are made for this glibc where the trio itself does not need a newer one: what RHEL 8 and
Debian 10 have, so that a lock does not depend on which newer Linux it was made on."""
BASELINE_MACOS: Final = "14.0"
"""The floor of torch's own macOS wheels since 2.12 (tag ``macosx_14_0_arm64``)."""

# PEP 513, 571, 599: the names that three glibc versions had before PEP 600.
_LEGACY: Final = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The oldest systems that a lock is for; what a platform does not have is None."""

    glibc: str | None = None
    macos: str | None = None


def target_floors(target: Target, wish: TargetWish, *, trio: str | None, host: HostFacts) -> Floors:
    """Return what to lock for.

    What the spec says holds. Else it is the baseline, the same on every machine, but that the trio
    may need a newer glibc, and that an older host lowers it where the host is itself the target.

    Args:
        target: What is locked.
        wish: What the spec says of the target's machines.
        trio: Lowest glibc that the trio's wheels run on.
        host: This machine.
    """
    is_here = host.platform == target.platform
    match target.platform.partition("-")[0]:
        case "linux":
            baseline = max(BASELINE_GLIBC, trio or BASELINE_GLIBC, key=_release)
            here = host.libc_version if is_here and host.libc == "glibc" else None
            return Floors(glibc=wish.glibc or _older(baseline, here))
        case "macos":
            here = host.macos_version if is_here else None
            return Floors(macos=wish.macos or _older(BASELINE_MACOS, here))
        case _:
            return Floors()


def _older(baseline: str, here: str | None) -> str:
    return min(baseline, here or baseline, key=_release)


def target_tags(target: Target, floors: Floors) -> tuple[Tag, ...]:
    """Return every tag that an interpreter of the target accepts, best first."""
    python = target.python.removesuffix("t")
    version = (int(python.split(".")[0]), int(python.split(".")[1]))
    interpreter = f"cp{version[0]}{version[1]}"
    free_threaded = target.python.endswith("t")
    platforms = list(_platforms(target.platform, floors))
    abis = [f"{interpreter}t"] if free_threaded else None
    return (
        *cpython_tags(python_version=version, abis=abis, platforms=platforms),
        *compatible_tags(python_version=version, interpreter=interpreter, platforms=platforms),
    )


def best_first(names: Iterable[str], tags: tuple[Tag, ...]) -> list[str]:
    """Return the wheel file names that ``tags`` accept, best first.

    As installers do, the better tag wins, and among equal tags the higher build number (PEP 427).
    Names that are no wheel names are left out.
    """
    rank = {tag: position for position, tag in enumerate(tags)}
    usable = []
    for name in names:
        try:
            _, _, build, wheel_tags = parse_wheel_filename(name)
        except ValueError:
            continue
        ranks = [rank[tag] for tag in wheel_tags if tag in rank]
        if ranks:
            usable.append((min(ranks), -build[0] if build else 0, name))
    return [name for *_, name in sorted(usable)]


def _platforms(platform: str, floors: Floors) -> Iterator[str]:
    """Yield the platform tags of a target, most specific first."""
    system, machine = platform.split("-", 1)
    match system:
        case "linux":
            yield from _manylinux(machine, floors.glibc or BASELINE_GLIBC)
            yield f"linux_{machine}"
        case "macos":
            yield from mac_platforms(_release(floors.macos or BASELINE_MACOS), machine)
        case _:
            yield {"x86_64": "win_amd64", "arm64": "win_arm64"}[machine]


def _manylinux(machine: str, glibc: str) -> Iterator[str]:
    lowest = 5 if machine == "x86_64" else 17
    for minor in range(_release(glibc)[1], lowest - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if (2, minor) in _LEGACY:
            yield f"{_LEGACY[2, minor]}_{machine}"


def _release(version: str) -> tuple[int, int]:
    """Return ``2.28`` as numbers, so that 2.5 is older than 2.17; ``14`` is ``14.0``."""
    major, minor = f"{version}.0".split(".")[:2]
    return int(major), int(minor)
