"""Which wheels a target can use, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.lockfile._tags import best_first, engine_platform, target_glibc, target_tags
from provisioner.planner import Target


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
    assert best_first(reversed(NAMES), target_tags(target(), glibc="2.28")) == NAMES


def test_glibc_limits() -> None:
    """A wheel for a newer glibc than the target's is not usable."""
    usable = best_first(NAMES, target_tags(target(), glibc="2.17"))
    assert usable == NAMES[1:]


def test_higher_build_number_wins() -> None:
    """Among wheels with equal tags the higher build number is better (PEP 427)."""
    names = [f"a-1-{build}py3-none-any.whl" for build in ("", "2-", "10-")]
    assert best_first(names, target_tags(target(), glibc="2.28")) == [names[2], names[1], names[0]]


def test_other_names_are_left_out() -> None:
    """Archives and names that do not parse are never offered."""
    assert best_first(["a-1.tar.gz", "x.whl", "nonsense"], target_tags(target(), glibc=None)) == []


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
    tags = target_tags(target(platform, python), glibc="2.28")
    assert best_first([name], tags) == [name]
    other = "windows-x86_64" if platform.startswith("linux") else "linux-x86_64"
    assert best_first([name], target_tags(target(other, python), glibc="2.28")) == []


def test_free_threaded_does_not_take_ordinary_wheels() -> None:
    """A free-threaded interpreter has another ABI; only its own and pure wheels fit."""
    names = ["t-1-cp313-cp313-manylinux_2_28_x86_64.whl", "t-1-cp313-cp313t-linux_x86_64.whl"]
    assert best_first(names, target_tags(target(python="3.13t"), glibc="2.28")) == names[1:]


@pytest.mark.parametrize(
    ("floor", "host", "expected"),
    [
        (None, ("linux-x86_64", "2.36"), "2.28"),
        ("2.17", ("linux-x86_64", "2.36"), "2.28"),
        ("2.34", ("linux-x86_64", "2.36"), "2.34"),
        ("2.17", ("linux-x86_64", "2.17"), "2.17"),
        ("2.17", ("macos-arm64", None), "2.28"),
        ("2.28", ("linux-aarch64", "2.5"), "2.28"),
    ],
)
def test_glibc_of_a_lock(floor: str | None, host: tuple[str, str | None], expected: str) -> None:
    """A lock is for glibc 2.28 wherever it is made, but for what the trio or this host needs."""
    assert target_glibc(target(), floor=floor, host=host) == expected


def test_no_glibc_elsewhere() -> None:
    """Only Linux targets have a glibc."""
    assert target_glibc(target("macos-arm64"), floor=None, host=("linux-x86_64", "2.36")) is None


@given(st.integers(min_value=17, max_value=60))
def test_engine_platform_is_never_newer(minor: int) -> None:
    """The engine is told a glibc that it knows and that is not newer than the target's."""
    word = engine_platform(target(), glibc=f"2.{minor}")
    assert word.startswith("x86_64-manylinux_2_")
    assert 17 <= int(word.rsplit("_", 1)[1]) <= minor


@pytest.mark.parametrize(
    ("platform", "word"),
    [
        ("macos-arm64", "aarch64-apple-darwin"),
        ("macos-x86_64", "x86_64-apple-darwin"),
        ("windows-x86_64", "x86_64-pc-windows-msvc"),
        ("windows-arm64", "aarch64-pc-windows-msvc"),
    ],
)
def test_engine_platform_elsewhere(platform: str, word: str) -> None:
    """MacOS and Windows have one word each."""
    assert engine_platform(target(platform), glibc=None) == word
