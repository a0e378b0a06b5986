"""Fixtures: a project to apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.environment.kit import Project, make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return make_project(tmp_path)
