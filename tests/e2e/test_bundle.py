"""A bundle is carried to a machine without a network, and the environment is made there."""

from __future__ import annotations

import io
import json
import shutil
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import HOST_PYTHON, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {"torch": "2.9.1", "torchvision": False, "torchaudio": False}


@pytest.fixture
def bundled(fresh_workspace: Workspace) -> Workspace:
    """A project with a lock, an empty store and no network, beside two bundles of it."""
    workspace = fresh_workspace
    workspace.write_spec(**CPU)
    workspace.torchenv("lock").check()
    workspace.torchenv("bundle", "out").check()
    workspace.torchenv("bundle", "out.tar").check()
    shutil.rmtree(workspace.store)
    workspace.index.close()
    return workspace


def _contents(folder: Path) -> dict[str, bytes]:
    files = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_bytes() for one in files}


@pytest.mark.parametrize("out", ["out", "out.tar"])
def test_bundle_is_applied_with_the_network_cut(bundled: Workspace, out: str) -> None:
    """Nothing listens any more where the index was, and the environment is made and proven."""
    failed = bundled.torchenv("apply").check(3)
    assert "TE401" in failed.stderr
    done = bundled.torchenv("apply", "--bundle", out).check()
    assert done.stdout.startswith("Applied .venv")
    assert bundled.torchenv("bundle", out, "--verify").check().stdout == f"{out} is whole.\n"


def test_the_python_of_a_bundle_must_be_there(bundled: Workspace) -> None:
    """Said before anything is taken from it, and without the advice to fetch one."""
    python = f"{HOST_PYTHON}.99"
    bundled.write_spec(**CPU, python=python)
    told = bundled.torchenv("apply", "--bundle", "out.tar", "--install-python").check(3).stderr
    assert f"TE301: No Python `{python}` was found" in told
    assert "a bundle and the store hold wheels only" in " ".join(told.split())
    assert not (bundled.store / "wheels").exists()


def test_pip_and_uv_install_from_a_bundle(bundled: Workspace, tmp_path: Path) -> None:
    """Other tools need no network either: one by requirements, one by a PEP 751 file."""
    out = bundled.root / "out"
    environ = {**bundled.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    uv: list[str | Path] = [BIN / "uv", "pip", "sync", "--offline", "--preview-features", "pylock"]
    for name in ("pip", "uv"):
        folder = tmp_path / name
        run([sys.executable, "-m", "virtualenv", "--no-seed", folder], environ=environ).check()
        python = folder / "bin" / "python"
        pip: list[str | Path] = ["-m", "pip", "--python", python, "install", "--require-hashes"]
        words: dict[str, list[str | Path]] = {
            "pip": [sys.executable, *pip, "-r", "requirements.torchenv.txt"],
            "uv": [*uv, "--python", python, "pylock.torchenv.toml"],
        }
        run(words[name], environ=environ, cwd=out).check()
        shown = run([python, "-c", "import torch; print(torch.__version__)"], environ=environ)
        assert shown.check().stdout.startswith("2.9.1")


def test_bundles_are_the_same_every_time(fresh_workspace: Workspace) -> None:
    """Neither time nor place shows in them, and what is there is kept."""
    workspace = fresh_workspace
    workspace.write_spec(**CPU)
    workspace.torchenv("lock").check()
    for number in (1, 2):
        workspace.torchenv("bundle", f"out{number}").check()
        workspace.torchenv("bundle", f"out{number}.tar").check()
    first = _contents(workspace.root / "out1")
    assert first == _contents(workspace.root / "out2")
    tars = [(workspace.root / f"out{number}.tar").read_bytes() for number in (1, 2)]
    assert tars[0] == tars[1]
    with tarfile.open(workspace.root / "out1.tar") as archive:
        assert set(archive.getnames()) == set(first)
    wheel = next((workspace.root / "out1" / "wheels").glob("torch-*.whl"))
    before = wheel.stat().st_mtime_ns
    next((workspace.root / "out1" / "wheels").glob("pip-*.whl")).unlink()
    workspace.torchenv("bundle", "out1", "--offline").check()
    assert _contents(workspace.root / "out1") == first
    assert wheel.stat().st_mtime_ns == before


def test_bundle_of_another_lock_is_refused(bundled: Workspace) -> None:
    """What is installed is decided by the committed lock alone."""
    copy = bundled.root / "out" / "locks" / "pylock.torchenv.toml"
    copy.write_bytes(copy.read_bytes() + b"\n")
    done = bundled.torchenv("apply", "--bundle", "out").check(4)
    assert "TE514" in done.stderr
    assert not bundled.environment.exists()
    assert "TE515" in bundled.torchenv("bundle", "out", "--verify").check(1).stderr


def test_damaged_wheel_of_a_bundle_is_refused(bundled: Workspace) -> None:
    """Its hash in the lock decides, whatever the bundle's list says."""
    wheel = next((bundled.root / "out" / "wheels").glob("torch-*.whl"))
    wheel.write_bytes(bytes(wheel.stat().st_size))
    told = bundled.torchenv("apply", "--bundle", "out").check(4).stderr
    assert "TE501" in told
    assert "the copy in `" in told
    assert "proxy" not in told
    assert "is damaged" in bundled.torchenv("bundle", "out", "--verify").check(1).stderr
    wheel.unlink()
    assert "TE511" in bundled.torchenv("apply", "--bundle", "out").check(3).stderr
    assert "is missing" in bundled.torchenv("bundle", "out", "--verify").check(1).stderr


def test_members_that_lead_elsewhere_are_not_touched(bundled: Workspace) -> None:
    """Members are read by name; a link or a path that leads out is neither followed nor made."""
    evil = bundled.root / "evil.tar"
    secret = bundled.root / "secret"
    secret.write_bytes(b"secret")
    listed = {"format": 1, "files": [{"path": "../secret", "size": 6, "sha256": "0"}]}
    text = json.dumps(listed).encode()
    with tarfile.open(evil, "w") as archive:
        for name, content in (("bundle.json", text), ("../../written", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("locks/pylock.torchenv.toml")
        link.type, link.linkname = tarfile.SYMTYPE, str(bundled.root / "pylock.torchenv.toml")
        archive.addfile(link)
    assert "TE514" in bundled.torchenv("apply", "--bundle", "evil.tar").check(4).stderr
    assert list(bundled.root.parent.rglob("written")) == []


@pytest.mark.parametrize("name", ["missing", "torchenv.toml", "."])
def test_what_is_no_bundle_is_said_so(bundled: Workspace, name: str) -> None:
    """A typing error or a file that was cut short."""
    assert "TE515" in bundled.torchenv("bundle", name, "--verify").check(3).stderr
