"""Host facts: what machines say about themselves, and what is made of it."""

from __future__ import annotations

import os
import platform
import sys

import pytest

from provisioner.host import HostFacts, probe_host
from provisioner.host._platform import Reading, host_facts, platform_name

MUSL = "musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader\nUsage: /lib/ld-musl [...]\n"


def facts(name: str, libc: str, version: str | None = None, macos: str | None = None) -> HostFacts:
    """Return host facts."""
    return HostFacts(platform=name, libc=libc, libc_version=version, macos_version=macos)  # type: ignore[arg-type]  # one of the three


CASES = [
    (
        "Debian",
        Reading(system="linux", machine="x86_64", gnu_libc="glibc 2.36"),
        facts("linux-x86_64", "glibc", "2.36"),
    ),
    (
        "a glibc with a suffix",
        Reading(system="linux", machine="aarch64", gnu_libc="glibc 2.35-0ubuntu3\n"),
        facts("linux-aarch64", "glibc", "2.35"),
    ),
    (
        "a glibc that is not understood",
        Reading(system="linux", machine="x86_64", gnu_libc="NPTL"),
        facts("linux-x86_64", "glibc", None),
    ),
    (
        "Alpine",
        Reading(system="linux", machine="x86_64", musl_loader=MUSL),
        facts("linux-x86_64", "musl", "1.2"),
    ),
    (
        "musl beside glibc",
        Reading(system="linux", machine="x86_64", gnu_libc="glibc 2.31", musl_loader=MUSL),
        facts("linux-x86_64", "glibc", "2.31"),
    ),
    (
        "no glibc and a loader that says nothing",
        Reading(system="linux", machine="x86_64", musl_loader=""),
        facts("linux-x86_64", "musl", None),
    ),
    (
        "an ARM Mac",
        Reading(system="darwin", machine="arm64", macos="14.5"),
        facts("macos-arm64", "none", None, "14.5"),
    ),
    (
        "an Intel Mac",
        Reading(system="darwin", machine="x86_64", macos="12.7.6"),
        facts("macos-x86_64", "none", None, "12.7.6"),
    ),
    (
        "Windows",
        Reading(system="win32", machine="AMD64"),
        facts("windows-x86_64", "none"),
    ),
    (
        "something that no build exists for",
        Reading(system="FreeBSD14", machine="RISCV64"),
        facts("freebsd14-riscv64", "none"),
    ),
]


@pytest.mark.parametrize(("reading", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_machines_are_understood(reading: Reading, expected: HostFacts) -> None:
    """Each kind of machine gives its facts, and what is not understood is None."""
    assert host_facts(reading) == expected


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x86_64"),
        ("linux", "ppc64le", "linux-ppc64le"),
        ("win32", "ARM64", "windows-arm64"),
        ("darwin", "arm64", "macos-arm64"),
    ],
)
def test_platforms_have_one_name(system: str, machine: str, name: str) -> None:
    """Names are lower case and the same for every spelling of a machine."""
    assert platform_name(system, machine) == name


def test_this_machine_has_facts() -> None:
    """The probe agrees with what Python says about the machine that runs the tests."""
    found = probe_host(dict(os.environ))
    assert found.platform.endswith(platform.machine().lower())
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        assert (found.libc, found.libc_version) == platform.libc_ver()
    assert (found.macos_version is None) == (sys.platform != "darwin")


def test_a_bare_environment_is_enough() -> None:
    """The probe needs no variable."""
    assert probe_host({}) == probe_host(dict(os.environ))
