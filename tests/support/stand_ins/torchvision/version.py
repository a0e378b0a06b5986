"""Version and build: a sample, replaced in every wheel by ``tests.support.contents``."""

from __future__ import annotations

__version__ = "0.17.0+cu118"
git_version = "0" * 40
cuda: str | None = "11.8"
built_for = "2.2.0+cu118"
"""``torch.__version__`` of the torch that it was compiled against."""
