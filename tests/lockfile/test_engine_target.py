"""The engine resolves for the target, also for targets that its options have no words for."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.engine import Engine
from provisioner.lockfile._engine_target import engine_target
from provisioner.lockfile._tags import Floors, best_first, target_tags
from provisioner.planner import Target
from tests.support import Wheel, build_wheel

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = {
    # The newest that each target can use, and newer ones that are for others.
    "1": "py3-none-any",
    "2": "cp313-cp313t-manylinux_2_28_x86_64",
    "3": "cp313-cp313-manylinux_2_28_x86_64",
    "4": "cp313-cp313-manylinux_2_30_x86_64",
    "5": "cp313-cp313-manylinux_2_41_x86_64",
    "6": "cp313-cp313-manylinux_2_42_x86_64",
    "7": "cp313-cp313t-macosx_13_0_arm64",
    "8": "cp313-cp313-macosx_14_0_arm64",
    "9": "cp313-cp313-macosx_15_0_arm64",
    "10": "cp313-cp313-win_amd64",
    "11": "cp313-cp313-manylinux_2_28_aarch64",
    "12": "cp314-cp314t-manylinux_2_28_x86_64",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one wheel per version of a package, each for another target."""
    folder = tmp_path_factory.mktemp("wheels")
    for version, tag in VERSIONS.items():
        wheel = Wheel(project="thing", version=version, tag=tag)
        (folder / wheel.file_name).write_bytes(build_wheel(wheel))
    return folder


def chosen(folder: Path, store: Path, target: Target, floors: Floors, **environ: str) -> str:
    """Return the version of the package that the engine chooses for a target."""
    told = engine_target(target, floors, store / "interpreters")
    engine = Engine(cache=store / "cache", environ={**os.environ, **environ})
    request = store / "request.in"
    request.write_text("thing")
    words = ["pip", "compile", "--no-build", "--no-header", "--no-annotate", "--no-index"]
    links = {"UV_FIND_LINKS": str(folder)}
    done = engine.run(
        [*words, *told.arguments, request], extra_environ={**links, **told.environ}, cwd=store
    )
    return done.stdout.strip().removeprefix("thing==")


@pytest.mark.parametrize(
    ("kind", "floors", "version"),
    [
        pytest.param("linux-x86_64 3.13", {"glibc": "2.28"}, "3", id="usual"),
        pytest.param("linux-x86_64 3.13t", {"glibc": "2.28"}, "2", id="free-threaded"),
        pytest.param("linux-x86_64 3.14t", {"glibc": "2.28"}, "12", id="free-threaded 3.14"),
        pytest.param("linux-x86_64 3.13", {"glibc": "2.30"}, "4", id="glibc between"),
        pytest.param("linux-x86_64 3.13", {"glibc": "2.41"}, "5", id="newest glibc"),
        pytest.param("linux-x86_64 3.13t", {"glibc": "2.41"}, "2", id="both"),
        pytest.param("linux-x86_64 3.13", {"glibc": "2.26"}, "1", id="old glibc"),
        pytest.param("linux-aarch64 3.13", {"glibc": "2.41"}, "11", id="other machine"),
        pytest.param("macos-arm64 3.13", {"macos": "14.0"}, "8", id="macOS 14"),
        pytest.param("macos-arm64 3.13", {"macos": "15.2"}, "9", id="macOS 15"),
        pytest.param("macos-arm64 3.13", {"macos": "13.0"}, "1", id="macOS 13"),
        pytest.param("macos-arm64 3.13t", {"macos": "14.0"}, "7", id="free-threaded Mac"),
        pytest.param("windows-x86_64 3.13", {}, "10", id="Windows"),
    ],
)
def test_the_engine_chooses_for_the_target(
    folder: Path, tmp_path: Path, kind: str, floors: dict[str, Any], version: str
) -> None:
    """It takes the newest version that the target can use, whatever machine it runs on."""
    platform, python = kind.split()
    target = Target(platform=platform, python=python, accelerator="cpu")
    lowest = Floors(**floors)
    # The user's own variable must not change what is locked.
    assert chosen(folder, tmp_path, target, lowest, MACOSX_DEPLOYMENT_TARGET="11.0") == version
    names = [path.name for path in folder.iterdir()]
    usable = {name.split("-")[1] for name in best_first(names, target_tags(target, lowest))}
    assert version == max(usable, key=int)


def test_an_interpreter_is_made_once(tmp_path: Path) -> None:
    """The same target gets the same program, which the engine then need not ask again."""
    target = Target(platform="linux-x86_64", python="3.13t", accelerator="cpu")
    first = engine_target(target, Floors(glibc="2.28"), tmp_path)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert engine_target(target, Floors(glibc="2.28"), tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == made
    assert engine_target(target, Floors(glibc="2.41"), tmp_path) != first


def test_what_is_not_asked_about_stays(tmp_path: Path) -> None:
    """Only the named values are changed in what an interpreter says of itself."""
    target = Target(platform="linux-x86_64", python="3.13t", accelerator="cpu")
    told = engine_target(target, Floors(glibc="2.28"), tmp_path)
    program = told.arguments[told.arguments.index("--python") + 1]
    code = "import json, sys; print(json.dumps({'markers': {'a': sys.argv[1]}, 'gil_disabled': 0}))"
    done = subprocess.run(
        [program, "-I", "-c", code, "x"], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        '{"markers": {"a": "x", "implementation_version": "3.13.0", "python_full_version": '
        '"3.13.0", "python_version": "3.13"}, "gil_disabled": true}'
    )


def test_the_usual_target_needs_no_stand_in(tmp_path: Path) -> None:
    """What the engine's options can say is said with them."""
    target = Target(platform="linux-x86_64", python="3.11", accelerator="cpu")
    told = engine_target(target, Floors(glibc="2.28"), tmp_path)
    assert told.arguments[2:] == (
        *("--python-version", "3.11"),
        *("--python-platform", "x86_64-manylinux_2_28"),
    )
    assert not list(tmp_path.iterdir())
