"""NVML itself: a library with its interface, loaded as the driver's would be."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from provisioner.host import Gpu, GpuStack, probe_host
from provisioner.host._machine import ThisMachine, find_library
from provisioner.host._nvidia import NVML, probe_nvidia

COMPILER: Final = shutil.which("cc") or shutil.which("gcc")
SOURCE: Final = Path(__file__).with_name("stub_nvml.c")
H100: Final = Gpu(name="NVIDIA H100 PCIe", arch="sm_90")
ADA: Final = Gpu(name="NVIDIA GeForce RTX 4090", arch="sm_89")

pytestmark = pytest.mark.skipif(
    COMPILER is None,
    reason="no C compiler; the answers of NVML are covered by recorded/nvidia.toml",
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a driver's library, named as NVIDIA's installer does."""
    assert COMPILER is not None
    folder = tmp_path_factory.mktemp("driver")
    library = folder / "libnvidia-ml.so.550.54.15"
    subprocess.run(  # tests may compile
        [COMPILER, "-shared", "-fPIC", "-o", library, SOURCE], check=True, timeout=60
    )
    (folder / NVML).symlink_to(library.name)
    return folder


def machine(driver: Path, mode: str, *, time_limit_s: float = 20.0) -> ThisMachine:
    """Return this machine with that driver's library, and no `nvidia-smi`."""
    variables = {"LD_LIBRARY_PATH": str(driver), "STUB_NVML": mode, "PATH": str(driver)}
    return ThisMachine(environ=variables, system="linux", time_limit_s=time_limit_s)


def test_nvml_names_driver_and_gpus(driver: Path) -> None:
    """Version, names and capabilities come through `nvidia-ml-py`, and so does MIG."""
    assert probe_nvidia(machine(driver, "ok")) == GpuStack(
        state="present",
        driver="550.54.15",
        gpus=(H100, ADA),
        evidence="NVML; at least one GPU is divided (MIG)",
    )


def test_a_lost_gpu_keeps_its_place(driver: Path) -> None:
    """A GPU that does not answer is one that nothing is known of."""
    found = probe_nvidia(machine(driver, "lost"))
    assert found.gpus == (Gpu(name=None, arch=None), ADA)


def test_a_mismatch_is_told_with_the_library(driver: Path) -> None:
    """A driver that was updated under a running kernel is unreadable, in NVML's own words."""
    found = probe_nvidia(machine(driver, "mismatch"))
    assert found == GpuStack(
        state="unreadable",
        evidence="NVML (library 550.54.15) says `RM has detected an NVML/RM version mismatch.`",
    )


def test_a_crash_is_survived(driver: Path) -> None:
    """A library that ends its process ends only the process that asked it."""
    found = probe_nvidia(machine(driver, "crash"))
    assert found == GpuStack(state="unreadable", evidence="asking NVML failed: ended by signal 6")


def test_a_library_that_never_answers_is_left(driver: Path) -> None:
    """A library that waits for ever costs no more than the time limit."""
    found = probe_nvidia(machine(driver, "hang", time_limit_s=0.5))
    assert found == GpuStack(state="unreadable", evidence="asking NVML failed: no end after 0.5 s")


def test_gpus_are_read_when_asked_for(driver: Path) -> None:
    """The quick probe leaves GPUs unknown; the whole one finds the driver of the environment."""
    environ = {**os.environ, "LD_LIBRARY_PATH": str(driver), "STUB_NVML": "ok"}
    assert probe_host(environ).nvidia == GpuStack()
    assert probe_host(environ, gpus=True).nvidia.gpus == (H100, ADA)


def test_libraries_of_this_machine_are_found() -> None:
    """What the loader's cache names is found, and what nobody has is not."""
    here = ThisMachine(environ={})
    assert find_library(here, "libnobody-has-this.so.1") is None
    if Path("/etc/ld.so.cache").exists():
        assert find_library(here, "libc.so.6") is not None
