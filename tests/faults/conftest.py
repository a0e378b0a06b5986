"""Fixtures: a folder on a fast disk, since much is written and thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[Path]:
    """Return an empty folder, in memory where the system has such a place."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="torchenv-faults-", dir=MEMORY) as name:
        yield Path(name)
