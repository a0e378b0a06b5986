"""Tiny ``torch._C``: the few names that tools ask the compiled module for."""

from . import _build

if _build.ARCHES:

    def _cuda_getArchFlags() -> str:  # noqa: N802  # torch's own name
        """Return the architectures of a CUDA build; a CPU build has no such function."""
        return " ".join(_build.ARCHES)
