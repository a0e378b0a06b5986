"""GPU drivers of recorded machines: what they say, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.host._amd import parse_enumerator, parse_properties, probe_amd
from provisioner.host._intel import probe_intel
from provisioner.host._machine import Answer
from provisioner.host._nvidia import parse_kernel_module, parse_nvml, parse_smi, probe_nvidia
from provisioner.host._platform import with_gpus
from provisioner.host._surroundings import probe_container, probe_rosetta, probe_wsl
from provisioner.host._types import GpuStack, HostFacts
from tests.host.recorded_machine import RecordedMachine, cases, machine_of, stack_of

if TYPE_CHECKING:
    from collections.abc import Callable

PROBES = {"nvidia.toml": probe_nvidia, "amd.toml": probe_amd, "intel.toml": probe_intel}
RECORDED = [(file, case) for file in PROBES for case in cases(file)]


@pytest.mark.parametrize(
    ("file", "case"), RECORDED, ids=[f"{file}: {case['name']}" for file, case in RECORDED]
)
def test_a_recorded_driver_is_understood(file: str, case: dict[str, Any]) -> None:
    """Each recorded machine has the driver and the GPUs that its case states."""
    assert PROBES[file](machine_of(case)) == stack_of(case["expect"])


@pytest.mark.parametrize(
    "case", cases("surroundings.toml"), ids=[case["name"] for case in cases("surroundings.toml")]
)
def test_surroundings_are_understood(case: dict[str, Any]) -> None:
    """Containers, WSL and Rosetta are told from one another, and from "not known"."""
    machine = machine_of(case)
    found = {
        "container": probe_container(machine),
        "wsl": probe_wsl(machine),
        "rosetta": probe_rosetta(machine, case.get("processor", "x86_64")),
    }
    expected = {
        name: (None if told == "unknown" else told, evidence)
        for name, (told, evidence) in case["expect"].items()
    }
    assert found == expected


def test_all_makers_are_asked() -> None:
    """A machine without any GPU has three absent drivers, none that is merely not known."""
    facts = HostFacts(
        platform="linux-x86_64", libc="glibc", libc_version="2.36", macos_version=None
    )
    found = with_gpus(facts, RecordedMachine())
    assert {one.state for one in (found.nvidia, found.amd, found.intel)} == {"absent"}


ANSWERS = st.builds(
    Answer,
    exit_code=st.integers(-15, 255),
    stdout=st.one_of(
        st.text(max_size=80),
        st.sampled_from(["{}", "[]", "null", '{"driver": 1, "gpus": [{}], "error": ""}', "1, 2"]),
    ),
    stderr=st.text(max_size=20),
    problem=st.sampled_from(["", "exit code 9", "no end after 20 s"]),
)


@pytest.mark.parametrize("parse", [parse_nvml, parse_smi, parse_enumerator])
@given(answer=ANSWERS)
def test_no_answer_raises(parse: Callable[[Answer], GpuStack], answer: Answer) -> None:
    """Whatever a program prints, it is understood or unreadable, and there is evidence."""
    stack = parse(answer)
    assert stack.state in {"present", "unreadable"}
    assert stack.evidence


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15))
def test_every_gfx_has_one_name(major: int, minor: int, step: int) -> None:
    """The kernel's number and the name's digits say the same."""
    number = major * 10000 + minor * 100 + step
    expected = f"gfx{major}{minor:x}{step:x}" if number else None
    assert parse_properties(f"simd_count 8\ngfx_target_version {number}\n") == expected


@given(st.lists(st.integers(0, 999), min_size=2, max_size=4), st.booleans())
def test_both_kernel_modules_name_their_version(numbers: list[int], is_open: bool) -> None:  # noqa: FBT001
    """The closed and the open kernel module are read alike."""
    version = ".".join(map(str, numbers))
    kind = "Open Kernel Module for x86_64" if is_open else "x86_64 Kernel Module"
    text = f"NVRM version: NVIDIA UNIX {kind}  {version}  Release Build\n"
    assert parse_kernel_module(text) == version
