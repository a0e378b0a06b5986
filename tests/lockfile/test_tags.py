"""Which wheels a target can use, and in which order."""

from __future__ import annotations

import pytest

from provisioner.host import HostFacts
from provisioner.lockfile._tags import Floors, best_first, target_floors, target_tags
from provisioner.planner import Target
from provisioner.spec import TargetWish


def target(platform: str = "linux-x86_64", python: str = "3.11") -> Target:
    """Return a target for the CPU."""
    return Target(platform=platform, python=python, accelerator="cpu")


NAMES = [
    "a-1-cp311-cp311-manylinux_2_28_x86_64.whl",
    "a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "a-1-cp311-cp311-linux_x86_64.whl",
    "a-1-py3-none-any.whl",
]


def test_best_tag_first() -> None:
    """The newest manylinux comes before an older one, and pure Python last."""
    assert best_first(reversed(NAMES), target_tags(target(), Floors(glibc="2.28"))) == NAMES


def test_glibc_limits() -> None:
    """A wheel for a newer glibc than the target's is not usable."""
    usable = best_first(NAMES, target_tags(target(), Floors(glibc="2.17")))
    assert usable == NAMES[1:]


def test_higher_build_number_wins() -> None:
    """Among wheels with equal tags the higher build number is better (PEP 427)."""
    names = [f"a-1-{build}py3-none-any.whl" for build in ("", "2-", "10-")]
    assert best_first(names, target_tags(target(), Floors(glibc="2.28"))) == [
        names[2],
        names[1],
        names[0],
    ]


def test_other_names_are_left_out() -> None:
    """Archives and names that do not parse are never offered."""
    assert (
        best_first(["a-1.tar.gz", "x.whl", "nonsense"], target_tags(target(), Floors(glibc=None)))
        == []
    )


@pytest.mark.parametrize(
    ("platform", "python", "name"),
    [
        ("linux-aarch64", "3.11", "t-1-cp311-cp311-manylinux2014_aarch64.whl"),
        ("macos-arm64", "3.12", "t-1-cp312-none-macosx_11_0_arm64.whl"),
        ("macos-arm64", "3.13", "t-1-cp313-cp313-macosx_14_0_arm64.whl"),
        ("macos-x86_64", "3.10", "t-1-cp310-none-macosx_10_9_x86_64.whl"),
        ("windows-x86_64", "3.10", "t-1-cp310-cp310-win_amd64.whl"),
        ("windows-arm64", "3.12", "t-1-cp312-cp312-win_arm64.whl"),
        ("linux-x86_64", "3.13t", "t-1-cp313-cp313t-manylinux_2_28_x86_64.whl"),
        ("linux-x86_64", "3.10", "t-1-cp310-cp310-manylinux1_x86_64.whl"),
    ],
)
def test_every_platform_has_its_tags(platform: str, python: str, name: str) -> None:
    """Real file names of each platform are usable there, and nowhere else."""
    tags = target_tags(target(platform, python), Floors(glibc="2.28"))
    assert best_first([name], tags) == [name]
    other = "windows-x86_64" if platform.startswith("linux") else "linux-x86_64"
    assert best_first([name], target_tags(target(other, python), Floors(glibc="2.28"))) == []


def test_free_threaded_does_not_take_ordinary_wheels() -> None:
    """A free-threaded interpreter has another ABI; only its own and pure wheels fit."""
    names = ["t-1-cp313-cp313-manylinux_2_28_x86_64.whl", "t-1-cp313-cp313t-linux_x86_64.whl"]
    assert best_first(names, target_tags(target(python="3.13t"), Floors(glibc="2.28"))) == names[1:]


def machine(platform: str, version: str | None = None) -> HostFacts:
    """Return a machine with a version of glibc, or of macOS."""
    linux = platform.startswith("linux")
    return HostFacts(
        platform=platform,
        libc="glibc" if linux else "none",
        libc_version=version if linux else None,
        macos_version=None if linux else version,
    )


def wish(*, glibc: str | None = None, macos: str | None = None) -> TargetWish:
    """Return a target of the spec that says this of its machines."""
    return TargetWish(name="t", python="3.11", accelerator="cpu", glibc=glibc, macos=macos)


@pytest.mark.parametrize(
    ("trio", "host", "expected"),
    [
        (None, machine("linux-x86_64", "2.36"), "2.28"),
        ("2.17", machine("linux-x86_64", "2.36"), "2.28"),
        ("2.34", machine("linux-x86_64", "2.36"), "2.34"),
        ("2.17", machine("linux-x86_64", "2.17"), "2.17"),
        ("2.17", machine("macos-arm64"), "2.28"),
        ("2.28", machine("linux-aarch64", "2.5"), "2.28"),
    ],
)
def test_glibc_of_a_lock(trio: str | None, host: HostFacts, expected: str) -> None:
    """A lock is for glibc 2.28 wherever it is made, but for what the trio or this host needs."""
    floors = target_floors(target(), wish(), trio=trio, host=host)
    assert floors == Floors(glibc=expected)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (machine("linux-x86_64", "2.36"), "14.0"),
        (machine("macos-arm64", "15.1"), "14.0"),
        (machine("macos-arm64", "13.6"), "13.6"),
        (machine("macos-x86_64", "12.0"), "14.0"),
    ],
)
def test_macos_of_a_lock(host: HostFacts, expected: str) -> None:
    """A lock is for macOS 14, as torch's wheels are, unless this very Mac is older."""
    mac = target("macos-arm64")
    assert target_floors(mac, wish(), trio=None, host=host) == Floors(macos=expected)


def test_what_the_spec_says_of_its_machines_holds() -> None:
    """Whatever machine locks, and whatever the trio needs."""
    here = machine("linux-x86_64", "2.36")
    named = wish(glibc="2.41", macos="15")
    assert target_floors(target(), named, trio="2.28", host=here) == Floors(glibc="2.41")
    mac = target("macos-arm64")
    assert target_floors(mac, named, trio=None, host=here) == Floors(macos="15")
    usable = ["t-1-cp311-cp311-macosx_15_0_arm64.whl", "t-1-cp311-cp311-macosx_14_0_arm64.whl"]
    assert best_first(usable, target_tags(mac, Floors(macos="15"))) == usable
    assert best_first(usable, target_tags(mac, Floors(macos="14"))) == usable[1:]


def test_windows_has_neither() -> None:
    """Only Linux targets have a glibc, and only Macs a macOS."""
    windows = target("windows-x86_64")
    host = machine("linux-x86_64", "2.36")
    assert target_floors(windows, wish(), trio=None, host=host) == Floors()
