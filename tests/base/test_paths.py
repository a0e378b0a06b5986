"""Own files: where the store lies, how paths are shown, and files that are never half written."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from provisioner.paths import display, remove_left_over, store_root, write_atomic, write_together


def test_store_of_the_variable(tmp_path: Path) -> None:
    """``TORCHENV_STORE`` names the store; without it, it is in the user's cache folder."""
    assert store_root({"TORCHENV_STORE": str(tmp_path)}) == tmp_path
    assert store_root({}).name == "torchenv"
    assert store_root({"TORCHENV_STORE": ""}) == store_root({})


def test_paths_as_a_user_types_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path below the working folder is shown relative to it, any other whole."""
    monkeypatch.chdir(tmp_path)
    assert display(tmp_path / "a" / "b") == str(Path("a/b"))
    assert display(Path("/somewhere")) == "/somewhere"


def test_written_whole(tmp_path: Path) -> None:
    """The file has its content and usual permissions, and nothing else is left."""
    path = tmp_path / "new" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["file"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_permissions_are_kept(tmp_path: Path) -> None:
    """Writing again keeps the permissions that somebody gave the file."""
    path = tmp_path / "file"
    path.write_bytes(b"one")
    path.chmod(0o640)
    write_atomic(path, b"two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """Where the new file cannot take its place, the old one stays and no litter is left."""
    path = tmp_path / "folder"
    (path / "precious").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_atomic(path, b"x")
    assert (path / "precious").is_dir()
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_several_files_or_none(tmp_path: Path) -> None:
    """Where one of several files cannot be written, none of them is changed."""
    first = tmp_path / "first"
    first.write_bytes(b"old")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OSError, match="file"):
        write_together({first: b"new", tmp_path / "file" / "second": b"new"})
    assert first.read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "first"]
    write_together({first: b"new", tmp_path / "second": b"new"})
    assert (first.read_bytes(), (tmp_path / "second").read_bytes()) == (b"new", b"new")


def test_left_over_of_a_killed_writer(tmp_path: Path) -> None:
    """Only what was begun of the very file goes, and not what may still be written."""
    gone, young = tmp_path / ".file.toml.ab_cd123.tmp", tmp_path / ".file.toml.k9_cd123.tmp"
    others = [tmp_path / name for name in (".file.toml.x.ab_cd123.tmp", ".file.toml", "file.toml")]
    for path in (gone, young, *others):
        path.write_bytes(b"x")
        then = time.time() - (7200 if path != young else 60)
        os.utime(path, (then, then))
    remove_left_over(tmp_path / "file.toml")
    assert sorted(tmp_path.iterdir()) == sorted([young, *others])
    remove_left_over(tmp_path / "none" / "file.toml")
