"""Fixtures: a project to apply, with an engine cache that all tests of a session share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.environment.kit import Project, make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def engine_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache of the engine for tests that do not damage it."""
    return tmp_path_factory.mktemp("engine-cache")


@pytest.fixture
def project(tmp_path: Path, engine_cache: Path) -> Project:
    """Return an empty project."""
    return make_project(tmp_path, engine_cache)


@pytest.fixture
def own_cache_project(tmp_path: Path) -> Project:
    """Return an empty project whose engine has a cache of its own."""
    return make_project(tmp_path)
