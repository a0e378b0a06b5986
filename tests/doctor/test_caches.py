"""The caches of pip and uv, as doctor sees them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from provisioner.compat import load_compat
from provisioner.doctor import CacheFacts, collect_pip_cache, collect_uv_cache, judge
from provisioner.findings import Severity
from provisioner.paths import uv_cache
from tests.doctor.kit import facts, install


def wheel(text: str = "x = 1\n") -> bytes:
    """Return a small archive with a ``.dist-info``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("torch/__init__.py", text)
        file.writestr("torch-2.2.0.dist-info/METADATA", "Name: torch\n")
    return buffer.getvalue()


def body(root: Path, content: bytes) -> Path:
    """Lay what was fetched into pip's cache."""
    path = root / "http-v2" / "a" / "b" / "c" / "d" / "e" / "abcde.body"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def pip_cache(root: Path, *, deep: bool = False) -> CacheFacts:
    """Return how a cache of pip that is there is."""
    found = collect_pip_cache(root, deep=deep)
    assert found is not None
    return found


def uv_cache_at(root: Path, *, deep: bool = False) -> CacheFacts:
    """Return how a cache of uv that is there is."""
    found = collect_uv_cache(root, root, deep=deep)
    assert found is not None
    return found


def test_no_cache(tmp_path: Path) -> None:
    """Where no cache is, nothing is said of one."""
    assert collect_pip_cache(tmp_path / "none") is None
    assert collect_uv_cache(tmp_path / "none", tmp_path) is None


@pytest.mark.parametrize("deep", [False, True])
def test_whole_caches(tmp_path: Path, deep: bool) -> None:  # noqa: FBT001
    """Whole wheels, pages and other files have nothing against them."""
    body(tmp_path / "pip", wheel())
    (tmp_path / "pip" / "http-v2" / "page.body").write_bytes(b"<html>")
    site = tmp_path / "uv" / "archive-v0" / "x1"
    site.mkdir(parents=True)
    install(site, "torch", "2.2.0")
    assert pip_cache(tmp_path / "pip", deep=deep).damaged == ()
    assert uv_cache_at(tmp_path / "uv", deep=deep).damaged == ()


def test_cut_wheel_in_pips_cache(tmp_path: Path) -> None:
    """A body that begins as a wheel and has no end is damaged; so is a wheel that pip built."""
    path = body(tmp_path, wheel()[:-30])
    built = tmp_path / "wheels" / "00" / "a-1-py3-none-any.whl"
    built.parent.mkdir(parents=True)
    built.write_bytes(b"")
    found = pip_cache(tmp_path)
    assert found.damaged_count == 2
    assert [one.partition(" is no whole archive")[0] for one in found.damaged] == [
        str(built), str(path),
    ]  # fmt: skip


def test_changed_byte_in_pips_cache(tmp_path: Path) -> None:
    """A changed byte within a wheel shows when it is read."""
    path = body(tmp_path, wheel("x = 1\n").replace(b"x = 1\n", b"x = 2\n"))
    assert pip_cache(tmp_path).damaged == ()
    found = pip_cache(tmp_path, deep=True)
    assert found.damaged == (f"{path} (torch-2.2.0): torch/__init__.py is damaged",)


def test_damaged_package_in_uvs_cache(tmp_path: Path) -> None:
    """A missing or cut file of torch is seen at once, a changed one by its hash."""
    site = tmp_path / "archive-v0" / "x1"
    site.mkdir(parents=True)
    install(site, "torch", "2.2.0", {"torch/a.so": "1234", "torch/b.so": "1234"})
    (site / "torch" / "a.so").write_text("4321")
    assert uv_cache_at(tmp_path).damaged == ()
    changed = uv_cache_at(tmp_path, deep=True)
    assert changed.damaged == (f"{site} (torch 2.2.0): torch/a.so has another hash",)
    (site / "torch" / "b.so").write_text("12")
    assert uv_cache_at(tmp_path).damaged == (f"{site} (torch 2.2.0): torch/b.so has another size",)
    (site / "torch" / "b.so").unlink()
    assert uv_cache_at(tmp_path).damaged == (f"{site} (torch 2.2.0): torch/b.so is missing",)


def test_small_packages_are_looked_at_when_asked(tmp_path: Path) -> None:
    """What is not torch's is left out, unless deep is asked for."""
    site = tmp_path / "archive-v0" / "x1"
    site.mkdir(parents=True)
    install(site, "requests", "2.0")
    (site / "requests" / "__init__.py").unlink()
    assert uv_cache_at(tmp_path).damaged == ()
    assert uv_cache_at(tmp_path, deep=True).damaged_count == 1


def test_cache_that_is_refused(tmp_path: Path) -> None:
    """A cache that this user may not use says so."""
    found = collect_pip_cache(tmp_path, access=lambda _path, _mode: False)
    assert found is not None
    assert found.refused == "this user cannot read and write it"


def test_cache_on_another_file_system(tmp_path: Path) -> None:
    """It is seen by the numbers of the devices, also for an environment that is not there yet."""
    assert not uv_cache_at(tmp_path).is_elsewhere
    shm = Path("/dev/shm")  # noqa: S108
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system; test_caches_are_judged covers the finding")
    with TemporaryDirectory(dir=shm) as folder:
        found = collect_uv_cache(tmp_path, Path(folder) / "project" / ".venv")
    assert found is not None
    assert found.is_elsewhere


def test_place_of_uvs_cache(tmp_path: Path) -> None:
    """It is where uv says: its variable, else below the user's caches."""
    assert uv_cache({"UV_CACHE_DIR": str(tmp_path)}) == tmp_path
    assert uv_cache({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "uv"


def test_caches_are_judged() -> None:
    """Damage and refusal are warnings with what to do, another file system is a note."""
    caches = (
        CacheFacts(tool="pip", path="p", refused="it is locked", damaged=("a",), damaged_count=3),
        CacheFacts(tool="uv", path="u", damaged=("b",), damaged_count=1, is_elsewhere=True),
    )
    found = judge(replace(facts(), caches=caches), load_compat())
    assert [(one.finding.severity, one.finding.message, one.evidence) for one in found] == [
        (Severity.WARNING, "Packages in pip's cache are damaged.", ("a", "… and 2 more")),
        (Severity.WARNING, "pip cannot use its cache.", ("p",)),
        (Severity.WARNING, "Packages in uv's cache are damaged.", ("b",)),
        (
            Severity.NOTE,
            "uv's cache lies on another file system than the environment.",
            ("u",),
        ),
    ]
    assert {one.finding.code for one in found} == {"TE859"}
    assert "`uv cache clean`" in found[2].finding.do
