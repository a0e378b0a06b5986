"""Looking at an environment's path without changing anything."""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from provisioner.environment._layout import Layout
from provisioner.environment._state import read_state
from provisioner.environment._types import Absent, Blocked, Environment, Foreign, Installed, Ours
from provisioner.findings import Finding
from provisioner.paths import display

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.environment._state import State


_BUILD: Final = re.compile(r"^(cuda|hip|xpu)\b[^=\n]*= *['\"]([^'\"]+)['\"]", re.MULTILINE)
"""``cuda: Optional[str] = '12.1'``"""
_NO_CUDA: Final = re.compile(r"^cuda\b[^=\n]*= *None", re.MULTILINE)


def inspect_environment(path: Path) -> Environment:
    """Return what is at ``path``, the absolute path of an environment. Never raises."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return _link(Layout(link=path), str(path.readlink()))
        if stat.S_ISDIR(mode):
            return _folder(path)
    except FileNotFoundError:
        return Absent()
    except OSError as exc:
        return Blocked(finding=_unreadable(path, exc))
    return Blocked(finding=_file(path))


def installed_in(generation: Generation, state: State | None) -> tuple[Installed, ...]:
    """Return the packages in a generation by their ``.dist-info`` folders, sorted by name.

    The folder's name carries name and version (PyPA, "Recording installed projects"). A wheel's
    hash is known where the state names the same version.
    """
    known = {(each.name, each.version): each.sha256 for each in state.packages} if state else {}
    found = {
        name_and_version(folder): folder
        for site in generation.site_packages()
        for folder in site.glob("*.dist-info")
        if not folder.name.startswith("~")  # pip was killed while it removed this
    }
    return tuple(
        Installed(
            name=name,
            version=version,
            sha256=known.get((name, version)),
            has_record=(folder / "RECORD").is_file(),
            origin_sha256=_origin_sha256(folder),
            build=_build(folder.parent / name) if name == "torch" else None,
        )
        for (name, version), folder in sorted(found.items())
    )


def _origin_sha256(dist_info: Path) -> str | None:
    """Return the hash of the wheel that was installed from a URL or a file (PEP 610)."""
    try:
        text = (dist_info / "direct_url.json").read_text("utf-8")
        told = json.loads(text)["archive_info"]["hashes"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, str) else None


def _build(package: Path) -> str | None:
    """Return what torch's ``version.py`` says that it was compiled for."""
    try:
        text = (package / "version.py").read_text("utf-8", errors="replace")
    except OSError:
        return None
    told = [f"{kind} {value}" for kind, value in _BUILD.findall(text)]
    return told[0] if told else "cpu" if _NO_CUDA.search(text) else None


def name_and_version(folder: Path) -> tuple[str, str]:
    """Read the name of a ``.dist-info`` folder: ``typing_extensions-4.16.0.dist-info``."""
    name, _, version = folder.name.removesuffix(".dist-info").partition("-")
    return canonicalize_name(name), version


def _link(layout: Layout, target: str) -> Environment:
    number = layout.number_of(target)
    if number is None:
        return Foreign(kind="link", target=target)
    generation = layout.generation(number)
    state = read_state(generation.state_file) if generation.is_complete else None
    return Ours(generation=generation, state=state, installed=installed_in(generation, state))


def _folder(path: Path) -> Environment:
    names = {entry.name for entry in path.iterdir()}
    if path.is_mount():
        return Blocked(finding=_mount(path))
    if not names:
        return Absent(empty_folder=True)
    if "pyvenv.cfg" in names:
        return Foreign(kind="folder")
    return Blocked(finding=_other_folder(path))


def _file(path: Path) -> Finding:
    return Finding(
        code="TE601",
        message=f"`{display(path)}` is a file.",
        why="The environment's path becomes a link to the environment, and torchenv does not "
        "replace files that it did not make.",
        do="Move the file away, or choose another `environment.path` in the spec.",
    )


def _other_folder(path: Path) -> Finding:
    return Finding(
        code="TE602",
        message=f"`{display(path)}` is a folder that holds something other than an environment.",
        why="It has files but no `pyvenv.cfg`, and torchenv does not touch folders that it did not "
        "make.",
        do="Move the folder away, or choose another `environment.path` in the spec.",
    )


def _mount(path: Path) -> Finding:
    return Finding(
        code="TE602",
        message=f"`{display(path)}` is a mount point.",
        why="The environment's path becomes a link, and a mount point cannot be replaced by one.",
        do="Mount the folder above it instead, or choose another `environment.path` in the spec.",
    )


def _unreadable(path: Path, exc: OSError) -> Finding:
    return Finding(
        code="TE603",
        message=f"`{display(path)}` cannot be looked at.",
        why=f"The system said: {exc.strerror or exc}.",
        do="Check the permissions of the folders above it, or choose another `environment.path`.",
    )
