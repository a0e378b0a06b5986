"""Projects that are built: with a build backend of their own, so that no build needs an index."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from tests.support.command import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_BACKEND = '''\
"""A build backend (PEP 517, PEP 660) that needs nothing."""

import os
import zipfile

NAME, VERSION, REQUIRES = {name!r}, {version!r}, {requires!r}


def _wheel(folder, members):
    info = f"{{NAME}}-{{VERSION}}.dist-info"
    metadata = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n"
    metadata += "".join(f"Requires-Dist: {{one}}\\n" for one in REQUIRES)
    members = {{
        **members,
        f"{{info}}/METADATA": metadata,
        f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    record = "".join(f"{{path}},,\\n" for path in members) + f"{{info}}/RECORD,,\\n"
    file = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as archive:
        for path, text in {{**members, f"{{info}}/RECORD": record}}.items():
            archive.writestr(path, text)
    return file


def build_wheel(folder, config_settings=None, metadata_directory=None):
    with open(os.path.join(NAME, "__init__.py")) as file:
        return _wheel(folder, {{f"{{NAME}}/__init__.py": file.read()}})


def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {{f"_{{NAME}}.pth": os.getcwd() + "\\n"}})
'''


def write_project(
    folder: Path, *, name: str = "mypkg", version: str = "0.1.0", requires: Iterable[str] = ()
) -> Path:
    """Write a project that can be built, and return its folder.

    Importing it gives ``VALUE``, which is its version.
    """
    for path, text in _members(name, version, tuple(requires)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def sdist(*, name: str, version: str) -> bytes:
    """Return a source distribution of such a project."""
    members = _members(name, version, ())
    members["PKG-INFO"] = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    received = io.BytesIO()
    with tarfile.open(fileobj=received, mode="w:gz") as archive:
        for path, text in members.items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return received.getvalue()


def commit(folder: Path, environ: Mapping[str, str]) -> str:
    """Commit everything in a folder, which becomes a repository; returns the commit's id.

    The repository can be served by any file server (git's "dumb" protocol), from ``.git``.
    """
    if not (folder / ".git").exists():
        _git(folder, environ, "init", "--quiet", "--initial-branch=main")
    _git(folder, environ, "add", "--all")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    _git(folder, environ, *who, "commit", "--quiet", "--message=x")
    _git(folder, environ, "update-server-info")
    return _git(folder, environ, "rev-parse", "HEAD").strip()


def _git(folder: Path, environ: Mapping[str, str], *words: str) -> str:
    return run(["git", "-C", folder, *words], environ=environ).check().stdout


def _members(name: str, version: str, requires: tuple[str, ...]) -> dict[str, str]:
    listed = ", ".join(f'"{one}"' for one in requires)
    return {
        "pyproject.toml": f'[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        f'backend-path = ["."]\n\n[project]\nname = "{name}"\nversion = "{version}"\n'
        f"dependencies = [{listed}]\n",
        "backend.py": _BACKEND.format(name=name, version=version, requires=requires),
        f"{name}/__init__.py": f'VALUE = "{version}"\n',
    }
