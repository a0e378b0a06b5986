"""Bundles hold every wheel that a lock names, and are the same whatever was there before."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.events import Reporter
from provisioner.lockfile import (
    Lock,
    LockedPackage,
    all_wheels,
    installed_wheels,
    verify_bundle,
    write_bundle,
)
from tests.environment.kit import make_project, put_wheel, stored, tiny
from tests.support.wheels import build_wheel

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "torch-2.2.0+cpu-py2.py3-none-any.whl"
"""A second wheel of torch, which the lock names behind the first."""


@pytest.fixture
def locked(tmp_path: Path) -> tuple[Lock, dict[str, Path]]:
    """Return a lock that names two wheels of torch, and the wheels by sha256."""
    project = make_project(tmp_path)
    first = tiny("torch", "2.2.0+cpu", accelerator="cpu")
    second = build_wheel(replace(first, tag="py2.py3-none-any"))
    wheels = (
        put_wheel(project.store, first.file_name, build_wheel(first)),
        put_wheel(project.store, OTHER, second),
    )
    package = LockedPackage(name="torch", version="2.2.0+cpu", wheels=wheels, index=None)
    return project.lock_of([package]), {one.sha256: stored(project.store, one) for one in wheels}


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    files = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_bytes() for one in files}


def test_all_wheels_of_a_package_are_in_it(
    tmp_path: Path, locked: tuple[Lock, dict[str, Path]]
) -> None:
    """Other tools may choose another one; what torchenv installs is the first."""
    lock, wheels = locked
    assert [one.name for one in installed_wheels([lock])] == ["torch-2.2.0+cpu-py3-none-any.whl"]
    assert len(all_wheels([lock])) == 2
    write_bundle(tmp_path / "out", [lock], wheels)
    names = {path.name for path in (tmp_path / "out" / "wheels").glob("*.whl")}
    assert names == {one.name for one in lock.packages[0].wheels}
    for name in ("requirements.torchenv.txt", "pylock.torchenv.toml", "wheels/index.html"):
        text = (tmp_path / "out" / name).read_text()
        assert all(one.sha256 in text for one in lock.packages[0].wheels)


@pytest.mark.parametrize("out", ["out", "out.tar"])
def test_what_a_killed_run_left_is_overwritten(
    tmp_path: Path, locked: tuple[Lock, dict[str, Path]], out: str
) -> None:
    """Half a wheel, and a file that was being written: the next run ends in the same bytes."""
    lock, wheels = locked
    write_bundle(tmp_path / "first" / out, [lock], wheels)
    again = tmp_path / "again" / out
    (tmp_path / "again" / "out" / "wheels").mkdir(parents=True)
    again.with_name(f".{out}.part").write_bytes(b"half")
    (tmp_path / "again" / "out" / "wheels" / OTHER).write_bytes(b"half")
    (tmp_path / "again" / "out" / "wheels" / f".{OTHER}.part").write_bytes(b"half")
    write_bundle(again, [lock], wheels)
    if out == "out":
        again.with_name(f".{out}.part").unlink()
        assert contents(again) == contents(tmp_path / "first" / out)
    else:
        assert again.read_bytes() == (tmp_path / "first" / out).read_bytes()
        assert [path.name for path in again.parent.iterdir() if path.is_file()] == [out]
        with tarfile.open(again) as archive:
            assert f"wheels/{OTHER}" in archive.getnames()
    assert verify_bundle(again, Reporter()) == []
