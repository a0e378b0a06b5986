"""Finding the Python that an environment is made from.

Candidates come in this order, and the first that fits is taken:

1. the Python that runs torchenv (its base interpreter, so that the new environment does not depend
   on torchenv's own);
2. what ``python-discovery`` finds: ``PATH``, and the Pythons that uv installed;
3. well-known folders that need not be on ``PATH``, newest first.

Every candidate is asked about itself in a child process and counts only if it answers. The folders
of shims that version managers put on ``PATH`` are left out: whether a shim answers depends on the
working folder, and what it would lead to is found in the manager's own folder anyway.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, Where, WorldError
from provisioner.foreign import contained
from provisioner.host._types import Interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FOLDERS: Final = (
    # Version managers, each with the variable that moves it.
    ("PYENV_ROOT", "~/.pyenv", "versions/*/bin/python3"),
    ("ASDF_DATA_DIR", "~/.asdf", "installs/python/*/bin/python3"),
    ("MISE_DATA_DIR", "~/.local/share/mise", "installs/python/*/bin/python3"),
    # Container images of the Python packaging authority, and sites that follow them.
    (None, "/opt/python", "*/bin/python3"),
    # python.org's installer for macOS, and Homebrew's "keg-only" versions.
    (None, "/Library/Frameworks/Python.framework/Versions", "*/bin/python3"),
    (None, "/opt/homebrew/opt", "python@3.*/bin/python3.[0-9]*[0-9t]"),
    (None, "/usr/local/opt", "python@3.*/bin/python3.[0-9]*[0-9t]"),
    # The system's own, for callers with a bare PATH (cron, service managers).
    (None, "/usr/local/bin", "python3.[0-9]*[0-9t]"),
    (None, "/usr/bin", "python3.[0-9]*[0-9t]"),
)
"""(variable, folder without it, pattern below the folder)"""

_QUESTION: Final = """
import json, sys, sysconfig
v = sys.version_info
print(json.dumps({
    "version": "%d.%d.%d" % v[:3],
    "pre": "" if v[3] == "final" else {"alpha": "a", "beta": "b"}.get(v[3], "rc") + str(v[4]),
    "implementation": sys.implementation.name,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "is_64bit": sys.maxsize > 2**32,
    "base": getattr(sys, "_base_executable", None) or sys.executable,
}))
"""
"""Runs on every Python 3 that may turn up."""
_NAMES: Final = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
_TIMEOUT_S: Final = 20.0


def find_interpreter(python: str, environ: Mapping[str, str]) -> Interpreter:
    """Return an interpreter for ``python``, the one that runs torchenv if it fits.

    Only 64-bit CPython counts: torch has wheels for nothing else.

    Args:
        python: Minor version or exact one, ``t`` appended for free-threaded: ``3.11``, ``3.13t``.
        environ: The caller's environment variables: ``PATH``, and those that move the folders of
            version managers.

    Raises:
        WorldError: None fits (``TE301``); names every interpreter that was found.
    """
    seen: dict[Path, Interpreter | None] = {}
    for found in _interpreters(python, environ, seen):
        if found.is_usable and found.fits(python):
            return found
    everything = [*_interpreters(None, environ, seen), *filter(None, seen.values())]
    raise WorldError(_nothing_fits(python, everything))


def list_interpreters(environ: Mapping[str, str]) -> tuple[Interpreter, ...]:
    """Return every interpreter that would be considered for an environment, newest first.

    Args:
        environ: As for :func:`find_interpreter`.
    """
    found = {(each.path, each.version): each for each in _interpreters(None, environ, {})}
    newest_first = sorted(found.items(), key=_by_version, reverse=True)
    return tuple(each for _, each in newest_first)


def ask_interpreter(path: Path, environ: Mapping[str, str]) -> Interpreter | None:
    """Ask an executable about itself; None where it is no Python 3 that runs.

    ``path`` of the answer is the base interpreter: the same executable, or the one that a virtual
    environment was made from.
    """
    # Imported late: `provisioner.host` is imported by commands that start no process.
    from provisioner.process import ProcessFailedError, run  # noqa: PLC0415

    try:
        done = run([path, "-I", "-S", "-c", _QUESTION], env=environ, timeout_s=_TIMEOUT_S)
        answer = json.loads(done.stdout)
        return Interpreter(
            path=Path(answer["base"]),
            version=answer["version"] + answer["pre"],
            implementation=_NAMES.get(answer["implementation"], answer["implementation"]),
            free_threaded=answer["free_threaded"],
            is_64bit=answer["is_64bit"],
        )
    except (ProcessFailedError, ValueError, KeyError, TypeError):
        return None


def _interpreters(
    python: str | None, environ: Mapping[str, str], seen: dict[Path, Interpreter | None]
) -> Iterator[Interpreter]:
    """Ask each candidate once; ``seen`` remembers the answers by resolved path."""
    for candidate in _candidates(python, environ):
        real = Path(os.path.realpath(candidate))
        if real in seen:
            continue
        seen[real] = ask_interpreter(candidate, environ)
        if (found := seen[real]) is not None:
            yield found


def _candidates(python: str | None, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield executables in order of preference; ``python`` None asks for all there are."""
    yield Path(getattr(sys, "_base_executable", None) or sys.executable)
    yield from _discovered(python, environ)
    yield from _in_folders(environ)


def _discovered(python: str | None, environ: Mapping[str, str]) -> list[Path]:
    """Return what ``python-discovery`` finds on ``PATH`` and among uv's Pythons."""
    clean = {**environ, "PATH": _without_shims(environ.get("PATH", os.defpath))}
    with contained("python_discovery"):
        from python_discovery import iter_interpreters  # noqa: PLC0415 - 60 ms, seldom needed

        found = list(iter_interpreters(python, env=clean))
    return [Path(info.system_executable or info.executable) for info in found]


def _without_shims(search_path: str) -> str:
    """Leave out the folders of shims; pyenv, asdf and mise all call them that."""
    folders = search_path.split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder).name != "shims")


def _in_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the executables of the well-known folders, newest version first in each."""
    home = environ.get("HOME", "")
    for variable, default, pattern in _FOLDERS:
        folder = (environ.get(variable) if variable else None) or default.replace("~", home, 1)
        if Path(folder).is_absolute():
            yield from sorted(Path(folder).glob(pattern), key=_newest_first)


def _newest_first(path: Path) -> tuple[tuple[int, ...], str]:
    """Sort key by the numbers in a path: ``versions/3.10.13`` before ``versions/3.9.18``."""
    digits = "".join(char if char.isdigit() else " " for char in str(path))
    return tuple(-int(number) for number in digits.split()), str(path)


def _nothing_fits(python: str, found: list[Interpreter]) -> Finding:
    """Word the refusal: what was wanted, everything that is there, how to get the wanted one."""
    unique = {(each.path, each.version): each for each in found}
    listed = "; ".join(_describe(each) for _, each in sorted(unique.items(), key=_by_version))
    return Finding(
        code="TE301",
        message=f"No Python `{python}` was found on this machine.",
        why=f"The environment needs a 64-bit CPython {python}. Found: {listed or 'none at all'}.",
        do=(
            "Let `torchenv apply --install-python` fetch it; install it yourself, for instance "
            f"with `pyenv install {python}` or your system's packages; or ask for one that is "
            "there with `environment.python`."
        ),
        where=Where(key="environment.python"),
    )


def _by_version(item: tuple[tuple[Path, str], Interpreter]) -> tuple[list[int], str]:
    (path, version), _ = item
    numbers = "".join(char if char.isdigit() else " " for char in version).split()
    return [int(number) for number in numbers], str(path)


def _describe(interpreter: Interpreter) -> str:
    """``3.11.7 (`/usr/bin/python3.11`)``, with what makes it unusual."""
    kind = "" if interpreter.implementation == "CPython" else f"{interpreter.implementation} "
    threads = " free-threaded" if interpreter.free_threaded else ""
    bits = "" if interpreter.is_64bit else " 32-bit"
    return f"{kind}{interpreter.version}{threads}{bits} (`{interpreter.path}`)"
