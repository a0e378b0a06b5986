"""Fetching a Python: what the engine is asked, and what it means when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.findings import WorldError
from provisioner.host import install_python

if TYPE_CHECKING:
    from pathlib import Path


def engine(folder: Path, script: str) -> Path:
    """Write a stand-in for the engine."""
    path = folder / "uv"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_what_the_engine_is_asked(tmp_path: Path) -> None:
    """The version, nothing on PATH, the mirror that is named, and none of the user's variables."""
    log = tmp_path / "log"
    uv = engine(tmp_path, f'echo "$@ [$UV_OFFLINE] [$UV_PYTHON_INSTALL_DIR]" > {log}')
    environ = {
        "PATH": "/usr/bin:/bin",
        "UV_OFFLINE": "1",
        "UV_PYTHON_INSTALL_DIR": "/pythons",
        "TORCHENV_PYTHON_MIRROR": "https://mirror.example/builds",
    }
    install_python("3.13t", environ, uv=uv)
    asked = "python install --no-bin 3.13t --mirror https://mirror.example/builds [] [/pythons]\n"
    assert log.read_text() == asked


def test_the_engine_cannot(tmp_path: Path) -> None:
    """Its own last words are in the finding, and how to name a mirror."""
    uv = engine(tmp_path, "echo 'error: no network here' >&2; exit 2")
    with pytest.raises(WorldError) as caught:
        install_python("3.11", {"PATH": "/usr/bin:/bin"}, uv=uv)
    (finding,) = caught.value.findings
    assert finding.code == "TE650"
    assert finding.message == "Python `3.11` cannot be fetched."
    assert "error: no network here" in finding.why
    assert "TORCHENV_PYTHON_MIRROR" in finding.do


def test_the_real_engine_without_a_network(tmp_path: Path) -> None:
    """A mirror that does not answer is told, and nothing is left."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"),
        "TORCHENV_PYTHON_MIRROR": (tmp_path / "nowhere").as_uri(),
    }
    with pytest.raises(WorldError) as caught:
        install_python("3.12", environ)
    assert caught.value.findings[0].code == "TE650"
    assert not list((tmp_path / "pythons").glob("cpython-*"))
