"""The facts of this machine that decide which wheels it can use, and all facts together.

A fact is "how to read" (the ``_read_`` functions, which touch the machine) plus "how to
understand" (:func:`host_facts`, which is pure), so that every kind of machine can be tested on any
other.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from provisioner.host._machine import ThisMachine
from provisioner.host._surroundings import probe_container, probe_rosetta, probe_wsl
from provisioner.host._types import HostFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.host._machine import Machine
    from provisioner.host._types import Libc

_SYSTEMS: Final = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES: Final = {"amd64": "x86_64", "x64": "x86_64"}
"""Other spellings of a machine: Windows says ``AMD64``."""
_MAX_32: Final = 2**32
_OLD_SDK_MACOS: Final = "10.16"
"""What macOS 11 and newer tell a program that was built with an older SDK."""


class Reading(NamedTuple):
    """What the machine said, before anything is made of it."""

    system: str
    """``sys.platform``: ``linux``, ``darwin``, ``win32``."""
    machine: str
    """``platform.machine()``: ``x86_64``, ``AMD64``, ``arm64``."""
    gnu_libc: str | None = None
    """``glibc 2.36``, None where this Python does not run on glibc."""
    musl_loader: str | None = None
    """What musl's loader prints about itself, None where there is none."""
    macos: str | None = None
    """``14.5``, None where it cannot be told."""
    bits: Literal[32, 64] | None = None
    """Width of a pointer of this Python."""


def probe_host(environ: Mapping[str, str], *, gpus: bool = False) -> HostFacts:
    """Read the facts of this machine; never fails, unknown facts are None.

    The platform is that of the Python that runs this: under Rosetta an x86_64 Python on an ARM Mac
    is ``macos-x86_64``, which is what that Python's wheels need.

    Args:
        environ: The caller's environment variables, for the programs that are asked.
        gpus: Whether to look for GPUs, too. That takes no time where there is no driver, and up to
            a second where one has to be asked. Without it their state is ``unknown``.
    """
    machine = ThisMachine(environ=environ)
    facts = host_facts(
        Reading(
            system=sys.platform,
            machine=platform.machine(),
            gnu_libc=_read_gnu_libc(),
            musl_loader=_read_musl_loader(environ) if sys.platform == "linux" else None,
            macos=_read_macos(environ) if sys.platform == "darwin" else None,
            bits=64 if sys.maxsize > _MAX_32 else 32,
        )
    )
    facts = _with_surroundings(facts, machine, platform.machine())
    return with_gpus(facts, machine) if gpus else facts


def with_gpus(facts: HostFacts, machine: Machine) -> HostFacts:
    """Add what the drivers of GPUs say."""
    # Imported late: a plan for the CPU does not look for GPUs.
    from provisioner.host._amd import probe_amd  # noqa: PLC0415
    from provisioner.host._intel import probe_intel  # noqa: PLC0415
    from provisioner.host._nvidia import probe_nvidia  # noqa: PLC0415

    return replace(
        facts,
        nvidia=probe_nvidia(machine),
        amd=probe_amd(machine),
        intel=probe_intel(machine),
    )


def _with_surroundings(facts: HostFacts, machine: Machine, processor: str) -> HostFacts:
    """Add what the machine runs inside of, with where that was read."""
    container, container_evidence = probe_container(machine)
    wsl, wsl_evidence = probe_wsl(machine)
    rosetta, rosetta_evidence = probe_rosetta(machine, processor)
    told = {
        "container": container_evidence,
        "wsl": wsl_evidence,
        "rosetta": rosetta_evidence,
    }
    return replace(
        facts,
        container=container,
        wsl=wsl,
        rosetta=rosetta,
        evidence=(*facts.evidence, *told.items()),
    )


def host_facts(reading: Reading) -> HostFacts:
    """Make host facts of what a machine said; pure."""
    libc, libc_version = _libc(reading)
    return HostFacts(
        platform=platform_name(reading.system, reading.machine),
        libc=libc,
        libc_version=libc_version,
        macos_version=reading.macos,
        bits=reading.bits,
        evidence=tuple(_evidence(reading, libc).items()),
    )


def _evidence(reading: Reading, libc: Libc) -> dict[str, str]:
    """Return where each fact was read."""
    told = {
        "platform": f"Python says `{reading.system}` on `{reading.machine}`",
        "bits": "the size of Python's pointers",
    }
    match libc:
        case "glibc":
            told["libc"] = "the C library says `{}`".format(
                " ".join((reading.gnu_libc or "").split())
            )
        case "musl":
            told["libc"] = "this Python does not run on glibc; the version is that of musl's loader"
        case "none":
            told["libc"] = "only Linux has several"
    if reading.macos is not None:
        told["macos_version"] = "the system's own version"
    return told


def platform_name(system: str, machine: str) -> str:
    """Return torchenv's name of a platform: ``linux``, ``AMD64`` -> ``linux-x86_64``."""
    kind = _SYSTEMS.get(system, system.lower())
    return f"{kind}-{_MACHINES.get(machine.lower(), machine.lower())}"


def _libc(reading: Reading) -> tuple[Libc, str | None]:
    """Decide between glibc and musl.

    glibc wins: a Debian can have musl installed beside it, but the Python that runs this answered
    for glibc, and new environments are made from Pythons like it.
    """
    if reading.system != "linux":
        return "none", None
    if reading.gnu_libc is not None:
        found = re.fullmatch(r"glibc (\d+\.\d+)\S*", reading.gnu_libc.strip())
        return "glibc", found[1] if found else None
    found = re.search(r"^Version (\d+\.\d+)", reading.musl_loader or "", re.MULTILINE)
    return "musl", found[1] if found else None


def _read_gnu_libc() -> str | None:
    """Ask the C library itself (``confstr(3)``); musl does not know the question."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None


def _read_musl_loader(environ: Mapping[str, str]) -> str | None:
    """Run musl's loader without arguments: it prints its version and ends with 1.

    ``/lib/ld-musl-<machine>.so.1`` is where musl's own build puts it.
    """
    loaders = sorted(Path("/lib").glob("ld-musl-*.so.1"))
    if not loaders or _read_gnu_libc() is not None:
        return None
    return _ask([str(loaders[0])], environ)


def _read_macos(environ: Mapping[str, str]) -> str | None:
    """Return the macOS version, also to a Python that macOS tells an old one."""
    version = platform.mac_ver()[0]
    if version == _OLD_SDK_MACOS:
        version = (_ask(["/usr/bin/sw_vers", "-productVersion"], environ) or version).strip()
    return version or None


def _ask(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return all that a program prints, None where it cannot be run."""
    # Imported late: most machines answer without a child process.
    from provisioner.process import ProcessFailedError, run  # noqa: PLC0415

    try:
        done = run(argv, env=environ, timeout_s=10)
    except ProcessFailedError as exc:
        done = exc.completed
    return done.stdout + done.stderr or None
