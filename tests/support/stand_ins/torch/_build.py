"""What the build is: a sample, replaced in every wheel by ``tests.support.contents``."""

from __future__ import annotations

ARCHES: tuple[str, ...] = ("sm_50", "sm_60")
"""GPU architectures that the build has code for; empty for a build without CUDA."""
LIBRARIES: tuple[str, ...] = ("nvidia/cublas/lib/libcublas.so.11",)
"""Files of companions that torch loads, from the site-packages folder."""
