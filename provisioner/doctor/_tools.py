"""Which pip and uv there are, and what the user site of a Python brings; read from files."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from provisioner.doctor._facts import Tool, UserSite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provisioner.doctor._facts import EnvironmentFacts

_FOLDERS: Final = (
    "lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages",
    "local/lib/python3*/dist-packages", "Lib/site-packages",
)  # fmt: skip
_INFO: Final = re.compile(
    r"^(?P<name>[A-Za-z0-9_.]+)-(?P<version>\d[^-]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info$"
)
_SHEBANG: Final = re.compile(rb"python(3\.\d+t?)")
_IMPORTED: Final = ("torch", "torchvision", "torchaudio", "numpy")


def collect_tools(
    environ: Mapping[str, str],
    environment: EnvironmentFacts | None,
    ask: Callable[[str], str | None],
) -> tuple[Tool, ...]:
    """Return pip and uv: those that the shell would start, and those of the environment.

    Args:
        environ: Whose ``PATH`` counts.
        environment: What was read of the environment, if any.
        ask: Returns the version of the uv at a path by starting it, None where that fails; only
            called for a uv outside of the environment whose version no file says.
    """
    found = []
    for name in ("pip", "uv"):
        path = shutil.which(name, path=environ.get("PATH", ""))
        if path is not None:
            version = _installed_version(name, Path(path))
            if version is None and name == "uv" and not _is_within(path, environment):
                version = ask(path)
            found.append(Tool(name=name, path=path, version=version, where="PATH"))
        for one in environment.find(name) if environment is not None else ():
            place = str(Path(environment.path) / one.folder) if environment else one.folder
            found.append(Tool(name=name, path=place, version=one.version, where="environment"))
    return tuple(found)


def _is_within(path: str, environment: EnvironmentFacts | None) -> bool:
    if environment is None:
        return False
    return Path(path).resolve().is_relative_to(Path(environment.path).resolve())


def _installed_version(name: str, program: Path) -> str | None:
    """Return the version that the packages beside a program say, None where they say several."""
    roots = {program.parent.parent, program.resolve().parent.parent}
    folders = [one for root in roots for pattern in _FOLDERS for one in root.glob(pattern)]
    python = _python_of(program)
    if python is not None:
        folders = [one for one in folders if one.parent.name in (f"python{python}", "python3")]
    versions = {
        version for one in folders for found, version in _distributions(one) if found == name
    }
    return versions.pop() if len(versions) == 1 else None


def _python_of(program: Path) -> str | None:
    """Return the minor version that a script's first line names, None where it names none."""
    try:
        with program.open("rb") as file:
            first = file.read(256).partition(b"\n")[0]
    except OSError:
        return None
    found = _SHEBANG.search(first) if first.startswith(b"#!") else None
    return found[1].decode() if found is not None else None


def _distributions(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of what is installed in a folder, by the names of its folders."""
    try:
        names = sorted(one.name for one in folder.iterdir())
    except OSError:
        return
    for one in names:
        found = _INFO.match(one)
        if found is not None:
            yield canonicalize_name(found["name"]), found["version"]


# -- user site


def collect_user_site(
    environ: Mapping[str, str],
    environment: EnvironmentFacts | None,
    platform: str = sys.platform,
) -> UserSite | None:
    """Return what the user site of an environment's Python brings of what torch needs.

    Python's ``site`` decides: with ``PYTHONNOUSERSITE`` set, and in a virtual environment that
    does not take the system's packages, there is no user site. Else it comes before the packages of
    the interpreter itself, and after those of a virtual environment.

    Args:
        environ: The caller's variables.
        environment: What was read of the environment, if any.
        platform: As ``sys.platform`` says: where the user site lies.

    Returns:
        None where there is no user site, or where nothing of interest lies in it.
    """
    if environment is None or environment.python is None or environment.kind == "none":
        return None
    is_venv = environment.kind == "venv"
    if environ.get("PYTHONNOUSERSITE") or (is_venv and not environment.uses_system_packages):
        return None
    for folder in _user_folders(environ, environment.python, platform):
        dists = tuple(one for one in _distributions(folder) if one[0] in _IMPORTED)
        if dists:
            return UserSite(path=str(folder), is_after_own=is_venv, dists=dists)
    return None


def _user_folders(environ: Mapping[str, str], python: str, platform: str) -> Iterator[Path]:
    """Yield where the user site of a Python may be (``site.getuserbase``, ``sysconfig``)."""
    base = environ.get("PYTHONUSERBASE")
    if platform == "win32":
        root = base or (environ.get("APPDATA") and str(Path(environ["APPDATA"]) / "Python"))
        if root:
            yield Path(root) / f"Python{python.replace('.', '')}" / "site-packages"
        return
    home = environ.get("HOME")
    if base or home:
        yield Path(base or f"{home}/.local") / "lib" / f"python{python}" / "site-packages"
    if platform == "darwin" and home and not base:  # a build as a framework has its own
        yield Path(home) / "Library" / "Python" / python / "lib" / "python" / "site-packages"
