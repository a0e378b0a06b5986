"""Version and build: a sample, replaced in every wheel by ``tests.support.contents``."""

from __future__ import annotations

__version__ = "2.2.0+cu118"
built_for: str | None = "2.2.0+cu118"
"""``torch.__version__`` of the torch that it needs; None from 2.11.0 on: any torch will do."""
