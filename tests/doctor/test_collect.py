"""Collectors: what is read of an environment and of the machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provisioner.doctor import (
    Shadow,
    TorchFile,
    collect_disks,
    collect_environment,
    collect_settings,
    collect_shadows,
    collect_toolkits,
)
from tests.doctor.kit import install, make_venv

if TYPE_CHECKING:
    from pathlib import Path


def test_environment(tmp_path: Path) -> None:
    """Packages, Python, torch's own version file and requirements are read from files."""
    site = make_venv(tmp_path)
    version = "__version__ = '2.2.0+cu118'\ncuda: Optional[str] = '11.8'\nhip = None\n"
    install(site, "torch", "2.2.0+cu118", {"torch/version.py": version}, ("sympy",))
    found = collect_environment(tmp_path)
    assert (found.kind, found.python) == ("venv", "3.11")
    (torch,) = found.dists
    assert (torch.name, torch.version, torch.local) == ("torch", "2.2.0+cu118", "cu118")
    assert torch.requires == ("sympy",)
    assert torch.installer == "pip"
    assert found.torch_file == TorchFile(version="2.2.0+cu118", cuda="11.8", hip=None)
    assert (torch.missing, torch.resized, torch.damaged) == ((), (), ())


def test_missing_resized_and_damaged(tmp_path: Path) -> None:
    """Files that are gone or have another size are seen; another content only when asked."""
    site = make_venv(tmp_path)
    install(site, "torch", "2.2.0", {"torch/a": "aa", "torch/b": "bb", "torch/c": "cc"})
    (site / "torch/a").unlink()
    (site / "torch/b").write_text("bbb")
    (site / "torch/c").write_text("CC")
    (quick,) = collect_environment(tmp_path).dists
    assert (quick.missing, quick.missing_count) == (("torch/a",), 1)
    assert (quick.resized, quick.damaged) == (("torch/b",), ())
    (deep,) = collect_environment(tmp_path, deep=True).dists
    assert deep.damaged == ("torch/c",)


def test_what_published_records_have_wrong_is_no_damage(tmp_path: Path) -> None:
    """Another size of METADATA (torch 1.12.0) and backslashes (torchvision 0.13.0), for Windows."""
    record = install(make_venv(tmp_path), "torch", "2.2.0", {"torch/a": "aa"}) / "RECORD"
    rows = f"{record.read_text()}{record.parent.name}/METADATA,sha256=x,1\n"
    record.write_text(rows.replace("torch/", "torch\\").replace("info/", "info\\"))
    (torch,) = collect_environment(tmp_path, deep=True).dists
    assert (torch.missing, torch.resized, torch.damaged) == ((), (), ())


def test_left_overs_and_record(tmp_path: Path) -> None:
    """Folders with a tilde and a missing RECORD are seen."""
    site = make_venv(tmp_path)
    (install(site, "torch", "2.2.0") / "RECORD").unlink()
    (site / "~orch").mkdir()
    found = collect_environment(tmp_path)
    assert found.leftovers == (str(site / "~orch"),)
    assert not found.dists[0].has_record


def test_conda(tmp_path: Path) -> None:
    """An environment of conda has its packages and the OpenMP runtimes among its files."""
    make_venv(tmp_path)
    (tmp_path / "pyvenv.cfg").unlink()
    (tmp_path / "conda-meta").mkdir()
    assert collect_environment(tmp_path).python == "3.11"
    (tmp_path / "conda-meta" / "mkl.json").write_text('{"name": "mkl", "version": "2023.1"}')
    (tmp_path / "conda-meta" / "bad.json").write_text("{")
    (tmp_path / "lib" / "libiomp5.so").touch()
    found = collect_environment(tmp_path)
    assert found.kind == "conda"
    assert found.conda_packages == (("mkl", "2023.1"),)
    assert found.openmp == ("lib/libiomp5.so",)


def test_conda_on_windows(tmp_path: Path) -> None:
    """There conda's own records say which Python it is, and packages lie in ``Lib``."""
    site = tmp_path / "Lib" / "site-packages"
    site.mkdir(parents=True)
    install(site, "torch", "2.2.0")
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta" / "python.json").write_text('{"name": "python", "version": "3.12.4"}')
    (tmp_path / "Library" / "bin").mkdir(parents=True)
    (tmp_path / "Library" / "bin" / "libiomp5md.dll").touch()
    found = collect_environment(tmp_path)
    assert (found.kind, found.python) == ("conda", "3.12")
    assert [one.name for one in found.dists] == ["torch"]
    assert found.openmp == ("Library/bin/libiomp5md.dll",)


def test_no_environment(tmp_path: Path) -> None:
    """A missing or empty folder is none."""
    assert collect_environment(tmp_path).kind == "none"
    assert collect_environment(tmp_path / "missing").kind == "none"


def test_base_that_is_gone(tmp_path: Path) -> None:
    """A virtual environment whose Python was removed is seen."""
    make_venv(tmp_path)
    (tmp_path / "pyvenv.cfg").write_text("home = /nowhere/at/all\nversion = 3.11.7\n")
    assert collect_environment(tmp_path).base_is_missing


def test_shadows(tmp_path: Path) -> None:
    """Files in the working folder and in PYTHONPATH hide modules; site-packages do not."""
    site = make_venv(tmp_path / "v")
    install(site, "torch", "2.2.0")
    here = tmp_path / "here"
    here.mkdir()
    (here / "torch.py").touch()
    (here / "mine.py").touch()
    there = tmp_path / "there" / "numpy"
    there.mkdir(parents=True)
    (there / "__init__.py").touch()
    environ = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "there"), str(site)])}
    assert collect_shadows(here, environ, (str(site),)) == (
        Shadow(module="torch", path=str(here / "torch.py"), where="working folder"),
        Shadow(module="numpy", path=str(there / "__init__.py"), where="PYTHONPATH"),
    )


def test_settings(tmp_path: Path) -> None:
    """Variables and pip's configuration are read, with credentials masked."""
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nextra-index-url = https://me:pw@a.example/simple\n")
    environ = {
        "PIP_CONFIG_FILE": str(config),
        "HTTPS_PROXY": "http://me:pw@proxy.example:3128",
        "SSL_CERT_FILE": str(tmp_path / "none.pem"),
        "PIP_TARGET": "/t",
        "PATH": os.defpath,
    }
    found = collect_settings(environ)
    assert found.extra_indexes == ("https://****@a.example/simple",)
    assert found.variable("HTTPS_PROXY") == "http://****@proxy.example:3128"
    assert found.missing_certificates == (str(tmp_path / "none.pem"),)
    assert found.pip_targets == (("target", "/t"),)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    """A broken configuration is a fact, not a failure."""
    config = tmp_path / "pip.conf"
    config.write_text("no section\n")
    found = collect_settings({"PIP_CONFIG_FILE": str(config), "PATH": os.defpath})
    assert found.unreadable is not None


def test_disks_and_toolkits(tmp_path: Path) -> None:
    """Free space is that of the nearest folder that exists; a toolkit has a compiler's parts."""
    (disk,) = collect_disks({"here": tmp_path / "not" / "yet"})
    assert disk.free_bytes > 0
    (tmp_path / "cuda" / "nvvm").mkdir(parents=True)
    assert str(tmp_path / "cuda") in collect_toolkits({"CUDA_HOME": str(tmp_path / "cuda")})
