"""The engine sees nothing of the user's settings, and is always our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.engine import Engine, clean_environ
from provisioner.process import ProcessFailedError

if TYPE_CHECKING:
    from pathlib import Path


def test_foreign_variables_are_removed() -> None:
    """Variables that change an installer or an interpreter do not reach the engine."""
    foreign = {
        "UV_INDEX_URL": "x",
        "PIP_INDEX_URL": "x",
        "PYTHONPATH": "x",
        "VIRTUAL_ENV": "x",
        "CONDA_PREFIX": "x",
    }
    kept = {"HOME": "/home/user", "HTTPS_PROXY": "http://proxy.example"}
    assert clean_environ({**foreign, **kept}) == kept


def test_own_engine_and_own_cache(tmp_path: Path) -> None:
    """The engine that torchenv depends on runs, with the cache that it is given."""
    fake = tmp_path / "bin" / "uv"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho wrong uv\n")
    fake.chmod(0o755)
    environ = {"PATH": str(fake.parent), "UV_CACHE_DIR": "/wrong", "HOME": str(tmp_path)}
    engine = Engine(cache=tmp_path / "cache", environ=environ)
    assert engine.run(["--version"]).stdout.startswith("uv 0.13.")
    assert engine.run(["cache", "dir"]).stdout.strip() == str(tmp_path / "cache")


def test_failure_is_told(tmp_path: Path) -> None:
    """What the engine refuses is a failed process with its words."""
    engine = Engine(cache=tmp_path, environ={"HOME": str(tmp_path)})
    with pytest.raises(ProcessFailedError) as caught:
        engine.run(["no-such-command"])
    assert "no-such-command" in caught.value.completed.stderr
