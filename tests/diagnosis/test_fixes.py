"""Fixes name versions, indexes and Pythons that exist and suit what the text is about."""

from __future__ import annotations

import re

import pytest

from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose

COMPAT = load_compat()


def _fix(text: str) -> str:
    best = diagnose(text, COMPAT).best
    assert best is not None
    return best.fix


@pytest.mark.parametrize(
    ("gpu", "python"), [("sm_120", "3.12"), ("sm_86", "3.8"), ("sm_61", "3.11"), ("sm_37", "3.9")]
)
def test_build_for_a_gpu(gpu: str, python: str) -> None:
    """The build exists, for the Python of the text, with code for the GPU's generation."""
    fix = _fix(
        f"/opt/v/lib/python{python}/site-packages/torch/cuda/__init__.py:209: UserWarning: A GPU "
        f"with CUDA capability {gpu} is not compatible with the current PyTorch installation."
    )
    found = re.search(r'"torch==([\d.]+)" --index-url \S+/whl/(cu\d+)`', fix)
    assert found is not None
    (build,) = COMPAT.builds(found[1], platform="linux-x86_64", accelerator=found[2])[-1:]
    assert build.known_for(python) is not None
    code = COMPAT.hardware.cuda_code(build.torch, build.platform, build.accelerator)
    assert code is not None
    assert any(one.partition(".")[0] == gpu[3:-1] for one in code.sm or ())


@pytest.mark.parametrize(
    ("found", "said"),
    [("12020", "/whl/cu12"), ("11040", "/whl/cu118`"), ("9000", "knows CUDA 9.0 at most")],
)
def test_build_for_a_driver(found: str, said: str) -> None:
    """A driver runs its whole series of CUDA; for ancient ones there is nothing."""
    text = f"RuntimeError: The NVIDIA driver on your system is too old (found version {found})."
    assert said in _fix(text)


def test_python_for_a_release() -> None:
    """The Python that is named has a wheel of the release that was wanted."""
    fix = _fix("  Unable to find installation candidates for torch (1.12.1)")
    assert "uv venv --python 3.10" in fix


def test_torch_for_a_c_library() -> None:
    """The torch that is named runs with the C library of the text."""
    fix = _fix(
        "error: Distribution `torch==2.8.0 @ registry+https://registry.example/simple` can't be "
        "installed because it doesn't have a source distribution or wheel for the current platform"
        "\n\nhint: You're on Linux (`manylinux_2_17_x86_64`), but `torch` (v2.8.0) only has wheels "
        "for the following platforms: `manylinux_2_28_x86_64`"
    )
    found = re.search(r'"torch==([\d.]+)"', fix)
    assert found is not None
    assert found[1] in {release.torch for release in COMPAT.releases}
    assert "glibc 2.17" in fix


def test_mac_without_cuda() -> None:
    """Nobody is sent after a CUDA build for a Mac."""
    fix = _fix(
        '  File "/Users/user/v/lib/python3.11/site-packages/torch/cuda/__init__.py", line 310\n'
        "AssertionError: Torch not compiled with CUDA enabled"
    )
    assert "mps" in fix
    assert "whl/cu" not in fix


def test_page_of_old_builds() -> None:
    """Builds from before the data are on PyTorch's page of links."""
    fix = _fix(
        "ERROR: Could not find a version that satisfies the requirement torch==1.9.0+cu102 "
        "(from versions: 1.4.0, 1.5.0, 1.9.0, 1.10.0, 1.11.0)\n"
        "ERROR: No matching distribution found for torch==1.9.0+cu102"
    )
    assert '"torch==1.9.0+cu102" -f https://download.pytorch.org/whl/torch_stable.html' in fix
