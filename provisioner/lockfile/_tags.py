"""Wheel tags of a target: which wheels it can use, best first (PEP 425, PEP 600)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.tags import Tag

    from provisioner.planner import Target

BASELINE_GLIBC: Final = "2.28"
"""Locks are made for this glibc where the trio itself does not need a newer one: what RHEL 8 and
Debian 10 have, so that a lock does not depend on which newer Linux it was made on."""
BASELINE_MACOS: Final = "14.0"
"""The floor of torch's own macOS wheels since 2.12 (tag ``macosx_14_0_arm64``)."""

# PEP 513, 571, 599: the names that three glibc versions had before PEP 600.
_LEGACY: Final = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}


def target_glibc(target: Target, *, floor: str | None, host: tuple[str, str | None]) -> str | None:
    """Return the glibc to lock for, or None where the target is not Linux.

    Args:
        target: What is locked.
        floor: Lowest glibc that the trio's wheels run on.
        host: Platform and glibc version of this machine; an older host lowers the baseline when
            it is itself the target.
    """
    if not target.platform.startswith("linux-"):
        return None
    glibc = max(BASELINE_GLIBC, floor or BASELINE_GLIBC, key=_release)
    platform, host_glibc = host
    if platform == target.platform and host_glibc is not None:
        glibc = min(glibc, host_glibc, key=_release)
    return glibc


def target_tags(target: Target, *, glibc: str | None) -> tuple[Tag, ...]:
    """Return every tag that an interpreter of the target accepts, best first."""
    python = target.python.removesuffix("t")
    version = (int(python.split(".")[0]), int(python.split(".")[1]))
    interpreter = f"cp{version[0]}{version[1]}"
    free_threaded = target.python.endswith("t")
    platforms = list(_platforms(target.platform, glibc or BASELINE_GLIBC))
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


def engine_platform(target: Target, *, glibc: str | None) -> str:
    """Return the engine's word for the target (``--python-platform``)."""
    system, machine = target.platform.split("-", 1)
    match system:
        case "linux":
            known = ["2.17", "2.28", *(f"2.{minor}" for minor in range(31, 41))]
            fits = [one for one in known if _release(one) <= _release(glibc or BASELINE_GLIBC)]
            return (
                f"{machine}-manylinux_{fits[-1].replace('.', '_')}"
                if fits
                else f"{machine}-unknown-linux-gnu"
            )
        case "macos":
            return f"{'aarch64' if machine == 'arm64' else machine}-apple-darwin"
        case _:
            return f"{'aarch64' if machine == 'arm64' else machine}-pc-windows-msvc"


def _platforms(platform: str, glibc: str) -> Iterator[str]:
    """Yield the platform tags of a target, most specific first."""
    system, machine = platform.split("-", 1)
    match system:
        case "linux":
            yield from _manylinux(machine, glibc)
            yield f"linux_{machine}"
        case "macos":
            yield from mac_platforms(_release(BASELINE_MACOS), machine)
        case _:
            yield {"x86_64": "win_amd64", "arm64": "win_arm64"}[machine]


def _manylinux(machine: str, glibc: str) -> Iterator[str]:
    lowest = 5 if machine == "x86_64" else 17
    for minor in range(_release(glibc)[1], lowest - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if (2, minor) in _LEGACY:
            yield f"{_LEGACY[2, minor]}_{machine}"


def _release(version: str) -> tuple[int, int]:
    """Return ``2.28`` as numbers, so that 2.5 is older than 2.17."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
