"""GPUs by name: what people type, what drivers print, and names that nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.compat._hardware import load_hardware

HARDWARE = load_hardware()

NAMES = [
    # as people type them
    ("RTX 4090", "sm_89"),
    ("rtx 4090", "sm_89"),
    ("GTX 1080 Ti", "sm_61"),
    ("Tesla K80", "sm_37"),
    ("H100", "sm_90"),
    ("MI300X", "gfx942"),
    ("RX 7900 XTX", "gfx1100"),
    # as drivers print them
    ("NVIDIA GeForce RTX 5090", "sm_120"),
    ("NVIDIA GeForce RTX 3070 Laptop GPU", "sm_86"),
    ("NVIDIA GeForce RTX 4070 Ti SUPER", "sm_89"),
    ("NVIDIA GeForce RTX 3050 6GB Laptop GPU", "sm_86"),
    ("NVIDIA GeForce GTX 1650 with Max-Q Design", "sm_75"),
    ("NVIDIA GeForce RTX 4090 D", "sm_89"),
    ("NVIDIA A100-SXM4-40GB", "sm_80"),
    ("NVIDIA H100 80GB HBM3", "sm_90"),
    ("NVIDIA GH200 480GB", "sm_90"),
    ("NVIDIA H800 80GB HBM3", "sm_90"),
    ("NVIDIA A800-SXM4-80GB", "sm_80"),
    ("NVIDIA L20", "sm_89"),
    ("NVIDIA RTX A4500", "sm_86"),
    ("NVIDIA RTX A5500 Laptop GPU", "sm_86"),
    ("NVIDIA GeForce GTX 1660 SUPER", "sm_75"),
    ("NVIDIA T1000 8GB", "sm_75"),
    ("NVIDIA GB300", "sm_103"),
    ("Tesla V100-SXM2-32GB", "sm_70"),
    ("NVIDIA RTX 6000 Ada Generation", "sm_89"),
    ("Quadro RTX 6000", "sm_75"),
    ("Quadro RTX 4000", "sm_75"),
    ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "sm_120"),
    ("NVIDIA TITAN X (Pascal)", "sm_61"),
    ("GeForce GTX TITAN X", "sm_52"),
    ("NVIDIA A40-8Q", "sm_86"),
    ("GRID T4-16Q", "sm_75"),
    ("AMD Instinct MI250X", "gfx90a"),
    ("AMD Radeon(TM) RX 6800 XT", "gfx1030"),
    ("8086:56a0", "dg2"),
    # architectures
    ("sm_89", "sm_89"),
    ("SM_120", "sm_120"),
    ("8.9", "sm_89"),
    ("12.0", "sm_120"),
    ("compute_90", "sm_90"),
    ("sm_90a", "sm_90"),
    ("gfx90a", "gfx90a"),
    ("GFX1100", "gfx1100"),
    ("bmg", "bmg"),
]


@pytest.mark.parametrize(("name", "arch"), NAMES)
def test_a_gpu_has_its_architecture(name: str, arch: str) -> None:
    """Names lead to one architecture, however they are written."""
    assert HARDWARE.arch_of(name) == arch


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "RTX",
        "4090",
        "RTX 4090 XT",
        "Voodoo 2",
        "GeForce GTX 860M",
        "laptop gpu",
        "sm_",
        "gfx",
        "8",
    ],
)
def test_a_name_that_is_not_known_has_none(name: str) -> None:
    """Nothing is guessed from half a name, nor from one that stands for two chips."""
    assert HARDWARE.arch_of(name) is None


def test_near_names_are_offered() -> None:
    """A slip of the finger leads to the name that was meant."""
    assert HARDWARE.near_gpus("RTX 4900")[0] == "GeForce RTX 4090"
    assert HARDWARE.near_gpus("something else entirely") == ()


def test_every_name_of_the_data_finds_itself() -> None:
    """No name of the data is hidden by another one."""
    for row in HARDWARE.gpu_names:
        for name in row.names:
            found = HARDWARE.gpu(name)
            assert found is not None
            assert found.arch == row.arch, name


def test_every_nvidia_gpu_belongs_to_a_generation() -> None:
    """From Kepler to Blackwell each has a generation, but for Jetsons, 3.0 and the newest."""
    without = {
        row.arch
        for row in HARDWARE.gpu_names
        if row.arch.startswith("sm_")
        and HARDWARE.generation(f"{row.arch[3:-1]}.{row.arch[-1]}") is None
    }
    assert without == {"sm_30", "sm_62", "sm_72", "sm_87", "sm_103", "sm_110", "sm_121"}


@given(st.text())
def test_any_text_is_a_gpu_or_none(text: str) -> None:
    """No text makes the lookup fail."""
    assert HARDWARE.arch_of(text) is None or HARDWARE.arch_of(text) == HARDWARE.arch_of(
        f" {text.upper()} "
    )


def test_xpu_builds_name_intels_generations() -> None:
    """Panther Lake came later; a release without XPU builds serves none."""
    old, new = HARDWARE.xpu_code("2.7.1"), HARDWARE.xpu_code("2.13.0")
    assert old is not None
    assert new is not None
    assert set(new.archs) - set(old.archs) == {"ptl"}
    assert HARDWARE.xpu_code("2.1.0") is None
