"""Tiny torch: reports its build as the real one does, and computes small things in pure Python."""

import os as _os
import sys as _sys

from . import _build, cuda, version, xpu
from ._tensor import (
    Tensor,
    allclose,
    arange,
    device,
    dtype,
    equal,
    float32,
    float64,
    full,
    int64,
    matmul,
    mm,
    ones,
    rand,
    tensor,
    zeros,
)
from .version import __version__

__all__ = [
    "Tensor",
    "__version__",
    "allclose",
    "arange",
    "cuda",
    "device",
    "dtype",
    "equal",
    "float32",
    "float64",
    "full",
    "int64",
    "matmul",
    "mm",
    "ones",
    "rand",
    "tensor",
    "version",
    "xpu",
    "zeros",
]


def _load_libraries() -> None:
    """Fail as the loader does when a companion is not there.

    The real torch finds them by ``$ORIGIN/../../nvidia``: beside the folder where its own files
    really lie, links resolved.
    """
    origin = _os.path.dirname(_os.path.dirname(_os.path.realpath(__file__)))
    for library in _build.LIBRARIES:
        if not _os.path.exists(_os.path.join(origin, *library.split("/"))):
            name = library.rpartition("/")[2]
            message = f"{name}: cannot open shared object file: No such file or directory"
            raise ImportError(message)


if _sys.platform == "linux":
    _load_libraries()
