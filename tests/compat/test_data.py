"""The data that ships: sound, compiled, and true where it is easily checked by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest

from provisioner.compat import load_compat
from provisioner.compat._hardware import load_hardware
from provisioner.compat._load import COMPILED
from provisioner.compat.compile import compile_data, main

COMPAT = load_compat()
TORCH: Final = [
    "1.12.0", "1.12.1", "1.13.0", "1.13.1", "2.0.0", "2.0.1", "2.1.0", "2.1.1",
    "2.1.2", "2.2.0", "2.2.1", "2.2.2", "2.3.0", "2.3.1", "2.4.0", "2.4.1",
    "2.5.0", "2.5.1", "2.6.0", "2.7.0", "2.7.1", "2.8.0", "2.9.0", "2.9.1",
    "2.10.0", "2.11.0", "2.12.0", "2.12.1", "2.13.0", "2.14.0", "2.14.1", "2.15.0",
]  # fmt: skip


def test_the_readable_files_are_sound_and_the_compiled_ones_current() -> None:
    """Every row has a known source, nothing contradicts itself, and compiling changes nothing."""
    for file, text in compile_data().items():
        assert file.read_text(encoding="utf-8") == text, (
            f"{file.name} is stale: run `python -m provisioner.compat.compile`"
        )
    assert main(["--check"]) == 0


def test_compiling_is_deterministic() -> None:
    """The same readable files give the same bytes."""
    assert compile_data() == compile_data()


def test_loading_needs_nothing_but_json() -> None:
    """The fast path imports no model library and no version parser."""
    code = (
        "import sys; from provisioner.compat import load_compat; load_compat(); "
        "print(sorted({'pydantic', 'packaging', 'tomllib', 'tomli'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_data_is_read_once() -> None:
    """Every caller gets the same value."""
    assert load_compat() is COMPAT


def test_the_version_is_that_of_the_compiled_file() -> None:
    """Locks record the version of the data, which is a date."""
    version = json.loads(COMPILED.read_text(encoding="utf-8"))["version"]
    assert COMPAT.version == version
    assert version[:4].isdigit()


def test_all_releases_are_there_oldest_first() -> None:
    """The data has every release of torch from 1.12.0 to 2.15.0, and those that came later."""
    assert [release.torch for release in COMPAT.releases][: len(TORCH)] == TORCH
    assert COMPAT.newest is COMPAT.releases[-1]
    dates = [release.date for release in COMPAT.releases]
    assert dates == sorted(dates)


@pytest.mark.parametrize(
    ("torch", "torchvision", "torchaudio"),
    [
        ("1.12.0", "0.13.0", "0.12.0"),
        ("1.13.1", "0.14.1", "0.13.1"),
        ("2.0.0", "0.15.1", "2.0.1"),
        ("2.0.1", "0.15.2", "2.0.2"),
        ("2.1.0", "0.16.0", "2.1.0"),
        ("2.6.0", "0.21.0", "2.6.0"),
        ("2.11.0", "0.26.0", "2.11.0"),
        ("2.12.1", "0.27.1", "2.11.0"),
        ("2.14.0", "0.29.0", "2.11.0"),
        ("2.14.1", "0.29.1", "2.11.0"),
        ("2.15.0", "0.29.2", "2.11.0"),
    ],
)
def test_pairs(torch: str, torchvision: str, torchaudio: str) -> None:
    """The first of the releases that go with a torch is its pair."""
    assert COMPAT.pairs(torch, "torchvision")[0].version == torchvision
    assert COMPAT.pairs(torch, "torchaudio")[0].version == torchaudio


@pytest.mark.parametrize(
    ("accelerator", "first", "last", "count"),
    [
        ("cu102", "1.12.0", "1.12.1", 2),
        ("cu113", "1.12.0", "1.12.1", 2),
        ("cu116", "1.12.0", "1.13.1", 4),
        ("cu117", "1.13.0", "2.0.1", 4),
        ("cu118", "2.0.0", "2.7.1", 17),
        ("cu121", "2.1.0", "2.5.1", 12),
        ("cu124", "2.4.0", "2.6.0", 5),
        ("cu126", "2.6.0", "2.14.1", 13),
        ("cu128", "2.7.0", "2.11.0", 7),
        ("cu129", "2.8.0", "2.13.0", 7),
        ("rocm6.1", "2.4.0", "2.6.0", 5),
    ],
)
def test_spans_of_accelerators(accelerator: str, first: str, last: str, count: int) -> None:
    """An accelerator that ended has builds from its first to its last torch, gaps counted out."""
    releases = COMPAT.torch_with(accelerator)
    assert (releases[0], releases[-1], len(releases)) == (first, last, count)


@pytest.mark.parametrize(
    ("accelerator", "first", "through_2_15"),
    [("cu130", "2.9.0", 10), ("cu132", "2.12.0", 6), ("xpu", "2.6.0", 14), ("cpu", "1.12.0", 32)],
)
def test_accelerators_that_go_on(accelerator: str, first: str, through_2_15: int) -> None:
    """One that newer releases have too has builds from its first torch on."""
    releases = [one for one in COMPAT.torch_with(accelerator) if one in TORCH]
    assert (releases[0], releases[-1], len(releases)) == (first, TORCH[-1], through_2_15)


@pytest.mark.parametrize(
    ("torch", "linux", "aarch64"),
    [
        ("1.12.1", "cu102", "cpu"),
        ("2.0.1", "cu117", "cpu"),
        ("2.4.1", "cu121", "cpu"),
        ("2.6.0", "cu124", "cpu"),
        ("2.7.1", "cu126", "cpu"),
        ("2.10.0", "cu128", "cpu"),
        ("2.11.0", "cu130", "cu130"),
        ("2.15.0", "cu132", "cu132"),
    ],
)
def test_builds_of_the_default_index(torch: str, linux: str, aarch64: str) -> None:
    """What plain `pip install torch` gives, per platform."""
    own = {one.platform: one.accelerator for one in COMPAT.builds(torch) if one.index == "default"}
    assert (own["linux-x86_64"], own["linux-aarch64"]) == (linux, aarch64)
    assert (own["windows-x86_64"], own["macos-arm64"]) == ("cpu", "cpu")


def test_every_fact_about_the_unlisted_release_is_unknown() -> None:
    """Nothing on PyTorch's index is claimed for torch 2.15.0."""
    listed = [one for one in COMPAT.builds("2.15.0") if one.index == "pytorch"]
    assert {one.known for one in listed} == {"unknown"}
    assert not any(one.pythons for one in listed)


def test_every_row_can_be_cited() -> None:
    """The sources of a build are full citations, not codes."""
    for release in COMPAT.releases:
        for build in COMPAT.builds(release.torch):
            assert len(COMPAT.cite(build.sources)) > len(" ".join(build.sources))


def test_hardware_says_unknown_instead_of_guessing() -> None:
    """A list that nobody has read is None, an empty one says that there is nothing."""
    codes = {
        (one.platform, one.accelerator, one.torch[-1]): one for one in load_hardware().cuda_codes
    }
    assert codes["linux-x86_64", "cu132", "2.15.0"].sm is None
    assert codes["linux-x86_64", "cu118", "2.7.1"].ptx == ()
    assert codes["linux-x86_64", "cu128", "2.7.1"].ptx == ("12.0",)
    minimums = {one.cuda: one for one in load_hardware().driver_minimums}
    assert (minimums["12"].linux, minimums["12"].windows) == ("525.60.13", "528.33")
    assert (minimums["13"].linux, minimums["13"].windows) == ("580.65.06", "580")
