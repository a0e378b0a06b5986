"""Tiny torchaudio: its library needs the torch that it was built for, as the real one's does."""

import os

import torch  # type: ignore[import-not-found,unused-ignore]  # the tiny torch

from . import transforms
from .version import __version__, built_for

__all__ = ["__version__", "transforms"]

if built_for is not None and torch.__version__ != built_for:
    library = os.path.join(os.path.dirname(__file__), "lib", "libtorchaudio.so")
    raise OSError(f"{library}: undefined symbol: _ZN3c104impl3cow23materialize_cow_storage")
