"""Certain is only what the text proves: other causes print these lines as well."""

from __future__ import annotations

from typing import Final

import pytest

from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose

COMPAT: Final = load_compat()
UNPROVEN: Final = (
    "ERROR: No matching distribution found for torch==1.13.1+cu117",
    "RuntimeError: No CUDA GPUs are available",
    "RuntimeError: CUDA error: no kernel image is available for execution on the device",
    "RuntimeError: CUDA error: initialization error",
    "AttributeError: partially initialized module 'torch' has no attribute 'cuda'",
    "ImportError: cannot import name 'train' from 'utils' (/srv/project/utils.py)",
    "UserWarning: Failed to load image Python extension: libjpeg.so.8: cannot open shared object",
    "zipfile.BadZipFile: File is not a zip file",
    "UnsatisfiableError: The following specifications were found to be in conflict:",
    "The command '/bin/sh -c pip install torch' returned a non-zero code: 137",
    "OSError: [WinError 126] The specified module could not be found",
    "ValueError: numpy.dtype size changed, may indicate binary incompatibility.",
    "ImportError: /opt/venv/lib/python3.11/site-packages/cv2/cv2.so: undefined symbol: png_init",
)
PROVEN: Final = (
    "AssertionError: Torch not compiled with CUDA enabled",
    "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).",
    "OSError: [Errno 28] No space left on device",
    "error: externally-managed-environment",
)


@pytest.mark.parametrize("text", UNPROVEN)
def test_unproven(text: str) -> None:
    """Whatever is said of them is not said to be certain."""
    best = diagnose(text, COMPAT).best
    assert best is None or best.confidence != "certain"


@pytest.mark.parametrize("text", PROVEN)
def test_proven(text: str) -> None:
    """These say it themselves."""
    best = diagnose(text, COMPAT).best
    assert best is not None
    assert best.confidence == "certain"
