"""Environments made of files, as a collector finds them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from provisioner.doctor import Dist, EnvironmentFacts, Facts, SettingsFacts
from provisioner.host import HostFacts

if TYPE_CHECKING:
    from pathlib import Path

HOST = HostFacts(platform="linux-x86_64", libc="glibc", libc_version="2.36", macos_version=None)


def make_venv(folder: Path, python: str = "3.11") -> Path:
    """Make the files of a virtual environment and return its ``site-packages``."""
    site = folder / "lib" / f"python{python}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"home = {folder}\nversion = {python}.7\n")
    return site


def install(
    site: Path,
    name: str,
    version: str,
    files: dict[str, str] | None = None,
    requires: tuple[str, ...] = (),
) -> Path:
    """Install a distribution with a right RECORD and return its ``.dist-info``."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    rows = []
    for path, text in (files or {f"{name}/__init__.py": "x = 1\n"}).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows.append(f"{path},sha256={digest.rstrip(b'=').decode()},{len(text)}")
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n\n")
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("\n".join([*rows, f"{info.name}/RECORD,,"]) + "\n")
    return info


def dist(name: str, version: str, requires: tuple[str, ...] = ()) -> Dist:
    """Return a distribution that is well."""
    return Dist(
        name=name,
        version=version,
        folder=f"{name}-{version}.dist-info",
        installer="pip",
        requires=requires,
    )


def facts(
    *dists: Dist,
    host: HostFacts = HOST,
    settings: SettingsFacts | None = None,
    environment: EnvironmentFacts | None = None,
) -> Facts:
    """Return the facts of a machine with an environment that has these."""
    own = environment or EnvironmentFacts(path=".venv", kind="venv", python="3.11", dists=dists)
    return Facts(host=host, environment=own, settings=settings or SettingsFacts())
