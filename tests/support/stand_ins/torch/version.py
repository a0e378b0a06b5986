"""Version and build: a sample, replaced in every wheel by ``tests.support.contents``."""

from __future__ import annotations

__version__ = "2.2.0+cu118"
debug = False
cuda: str | None = "11.8"
git_version = "0" * 40
hip: str | None = None
xpu: str | None = None
