"""Questions to the compat data."""

from __future__ import annotations

from typing import Final

import pytest

from provisioner.compat import Build, Compat, Kind, TrioName, kind_of, load_compat

TRIO: Final[tuple[TrioName, ...]] = ("torch", "torchvision", "torchaudio")


@pytest.fixture
def compat() -> Compat:
    """Return the data that ships."""
    return load_compat()


def a_build(compat: Compat, torch: str, accelerator: str, platform: str, index: str) -> Build:
    """Return one build of the data."""
    builds = compat.builds(torch, platform=platform, accelerator=accelerator)
    return next(build for build in builds if build.index == index)


@pytest.mark.parametrize(
    ("accelerator", "kind"),
    [("cpu", "cpu"), ("cu118", "cuda"), ("cu999", "cuda"), ("rocm6.4", "rocm"), ("xpu", "xpu")],
)
def test_kinds(accelerator: str, kind: Kind) -> None:
    """Every accelerator is of one kind, also one that does not exist."""
    assert kind_of(accelerator) == kind


def test_releases_by_name(compat: Compat) -> None:
    """A release that the data does not have is None, not an error."""
    release = compat.release("2.1.0")
    assert release is not None
    assert release.members("torchvision") == ("0.16.0",)
    assert compat.release("2.1.9") is None
    assert compat.pairs("2.1.9", "torchaudio") == ()
    assert compat.member("torchvision", "0.16.0") is not None
    assert compat.member("torchvision", "9") is None


def test_builds_come_with_the_default_index_first(compat: Compat) -> None:
    """The planner prefers the default index, so that its builds come first."""
    builds = compat.builds("2.9.1", platform="linux-x86_64", accelerator="cu128")
    assert [build.index for build in builds] == ["default", "pytorch"]
    assert compat.builds("2.9.1", platform="linux-x86_64", accelerator="cu118") == ()
    assert compat.builds("9.9.9") == ()


def test_builds_of_all_platforms(compat: Compat) -> None:
    """Without a platform all of them are meant."""
    there = {build.platform for build in compat.builds("2.2.2")}
    assert there == {
        "linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64", "macos-x86_64",
    }  # fmt: skip
    assert compat.torch_with("cpu", "macos-x86_64")[-1] == "2.2.2"
    assert compat.torch_with("cu118", "macos-arm64") == ()


def test_how_far_a_python_is_known(compat: Compat) -> None:
    """A listed Python is known as the row is, an unsure one is unknown, others are not there."""
    build = a_build(compat, "2.6.0", "cu118", "linux-x86_64", "pytorch")
    assert build.known_for("3.13") == "listed"
    assert build.known_for("3.13t") == "unknown"
    assert build.known_for("3.14") is None


@pytest.mark.parametrize(
    "row",
    [
        "torchvision 0.14.1 beside 1.13.1 cu117 linux-x86_64 default 3.10: listed",
        "torchvision 0.14.1 beside 1.13.1 cu117 linux-x86_64 default 3.11: None",
        "torchvision 0.14.1 beside 1.13.1 cu116 linux-x86_64 pytorch 3.10: inferred",
        "torchvision 0.14.1 beside 1.13.1 cpu macos-arm64 default 3.7: None",
        "torchvision 0.25.0 beside 2.10.0 cpu windows-arm64 pytorch 3.12: None",
        "torchvision 0.21.0 beside 2.6.0 cpu linux-x86_64 pytorch 3.13t: unknown",
        "torchvision 0.29.2 beside 2.14.1 cu126 linux-x86_64 pytorch 3.12: unknown",
        "torchvision 0.29.1 beside 2.14.1 rocm7.14 linux-x86_64 pytorch 3.12: announced",
        "torchaudio 2.11.0 beside 2.13.0 cu126 linux-x86_64 pytorch 3.12: inferred",
        "torchaudio 2.11.0 beside 2.13.0 cu132 linux-x86_64 pytorch 3.12: sighted",
        "torchaudio 2.11.0 beside 2.13.0 cu132 linux-aarch64 pytorch 3.12: unknown",
        "torchaudio 2.11.0 beside 2.14.1 rocm7.14 linux-x86_64 pytorch 3.12: unknown",
        "torchaudio 2.11.0 beside 2.13.0 cu130 linux-x86_64 pytorch 3.15: None",
    ],
)
def test_how_far_a_member_is_known(compat: Compat, row: str) -> None:
    """Members are known from the default index, and inferred for PyTorch's."""
    words, _, known = row.partition(": ")
    name, version, _, *build, python = words.split()
    member = compat.members[name, version]
    assert str(compat.member_known(member, a_build(compat, *build), python)) == known


@pytest.mark.parametrize(
    "row",
    [
        "torch 2.2.0 cu118 linux-x86_64 pytorch 3.10: local linux_x86_64 2.17",
        "torch 2.6.0 cu124 linux-x86_64 pytorch 3.10: local linux_x86_64 2.17",
        "torch 2.6.0 cu126 linux-x86_64 pytorch 3.10: local manylinux_2_28_x86_64 2.28",
        "torch 2.6.0 xpu linux-x86_64 pytorch 3.10: local linux_x86_64 2.28",
        "torch 2.6.0 cu124 linux-x86_64 default 3.10: public manylinux1_x86_64 2.17",
        "torch 2.5.1 cu124 linux-aarch64 pytorch 3.12: public linux_aarch64 2.17",
        "torch 2.9.1 cu130 linux-aarch64 pytorch 3.12: local manylinux_2_28_aarch64 2.28",
        "torchvision 2.9.1 cu130 linux-aarch64 pytorch 3.12: public manylinux_2_28_aarch64 2.28",
        "torchaudio 2.10.0 cu130 linux-aarch64 pytorch 3.12: public manylinux_2_28_aarch64 2.28",
        "torch 2.9.1 cpu macos-arm64 pytorch 3.12: public macosx_11_0_arm64 11.0",
        "torch 2.7.0 cpu macos-arm64 default 3.13t: public macosx_14_0_arm64 14.0",
        "torchvision 2.7.0 cpu macos-arm64 default 3.13t: public macosx_11_0_arm64 11.0",
        "torch 2.9.1 cu126 windows-x86_64 pytorch 3.12: local win_amd64 None",
        "torch 2.10.0 cpu linux-s390x pytorch 3.12: local linux_s390x None",
    ],
)
def test_file_names(compat: Compat, row: str) -> None:
    """The first row of wheels.toml that fits says how a file is named and what it runs on."""
    words, _, expected = row.partition(": ")
    name, *build, python = words.split()
    (trio_name,) = (one for one in TRIO if one == name)
    wheel = compat.wheel(trio_name, a_build(compat, *build), python)
    assert wheel is not None
    local = "local" if wheel.local else "public"
    assert f"{local} {wheel.tag} {wheel.glibc or wheel.macos}" == expected


def test_ceilings(compat: Compat) -> None:
    """A ceiling holds for some releases, on some platforms and Pythons."""

    def requirements(torch: str, platform: str, python: str = "3.11") -> set[str]:
        return {one.requirement for one in compat.ceilings_for(torch, platform, python)}

    assert requirements("2.2.2", "linux-x86_64") == {"numpy<2"}
    assert requirements("2.3.0", "linux-x86_64") == set()
    assert requirements("2.4.0", "windows-x86_64") == {"numpy<2"}
    assert requirements("2.4.1", "windows-x86_64", "3.10") == {"numpy>=1.23.0"}
    assert requirements("2.12.0", "linux-x86_64") == {"setuptools<82"}


@pytest.mark.parametrize(
    "name",
    ["triton", "nvidia-cublas-cu12", "nvidia-nccl-cu13", "cuda-toolkit", "pytorch-triton-rocm",
     "intel-sycl-rt", "onemkl-sycl-blas", "oneccl-devel", "rocm", "rocm-sdk-core", "triton-xpu"],
)  # fmt: skip
def test_companions(compat: Compat, name: str) -> None:
    """What torch requires of the accelerator's maker travels with it."""
    assert compat.is_companion(name)


@pytest.mark.parametrize("name", ["numpy", "sympy", "torch", "nvidia", "rocmlib", "tritonclient"])
def test_others_are_no_companions(compat: Compat, name: str) -> None:
    """Other packages come from where everything else comes from."""
    assert not compat.is_companion(name)


def test_companions_of_one_accelerator(compat: Compat) -> None:
    """Whose trio brings a package matters: mkl comes with Intel's builds, not with CUDA's."""
    assert compat.is_companion("mkl", "xpu")
    assert not compat.is_companion("mkl", "cu118")
    assert not compat.is_companion("nvidia-cublas-cu12", "cpu")
    assert compat.is_companion("triton", "rocm6.4")


def test_citations(compat: Compat) -> None:
    """A thread keeps its number in a citation, a code does not appear."""
    assert compat.cite(["pytorch/pytorch#107302"]) == "pytorch/pytorch#107302: numpy 2 support"
    assert compat.cite(["NV-MVC", "GAP"]).startswith("docs.nvidia.com/deploy")


@pytest.mark.parametrize(
    ("torch", "python", "wanted"),
    [
        ("2.4.1", "3.8", []),
        ("2.5.1", "3.8", ["sympy==1.12.1"]),
        ("2.5.1", "3.13t", ["sympy==1.13.1"]),
        ("2.6.0", "3.9", ["sympy==1.13.1"]),
        ("2.7.0", "3.9", []),
    ],
)
def test_the_exact_sympy_depends_on_the_python(
    compat: Compat, torch: str, python: str, wanted: list[str]
) -> None:
    """As the metadata of torch 2.5 and 2.6 says it."""
    found = compat.ceilings_for(torch, "linux-x86_64", python)
    assert [one.requirement for one in found if one.package == "sympy"] == wanted
