"""A Python and where its packages are, asked of the interpreter itself."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, WorldError
from provisioner.host import Interpreter
from provisioner.paths import display
from provisioner.process import ProcessFailedError, run

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUESTION: Final = """
import json, os, sys, sysconfig
paths = sysconfig.get_paths()
managed = os.path.join(paths["stdlib"], "EXTERNALLY-MANAGED")
print(json.dumps({
    "executable": sys.executable,
    "prefix": sys.prefix,
    "purelib": paths["purelib"],
    "platlib": paths["platlib"],
    "scripts": paths["scripts"],
    "version": "%d.%d.%d" % sys.version_info[:3],
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "managed": managed if sys.prefix == sys.base_prefix and os.path.exists(managed) else None,
}))
"""
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One Python with its folders; all paths are absolute and real."""

    python: Path
    """The executable, as it was named; following its links would leave a virtual environment."""
    prefix: Path
    purelib: Path
    """Where pure packages go; ``platlib`` is nearly always the same folder."""
    platlib: Path
    scripts: Path
    version: str
    """``3.11.7``"""
    free_threaded: bool
    managed: str | None
    """The ``EXTERNALLY-MANAGED`` file of the system's package manager (PEP 668), None without."""

    @property
    def interpreter(self) -> Interpreter:
        """The same in the form that others take."""
        return Interpreter(
            path=self.python,
            version=self.version,
            implementation="CPython",
            free_threaded=self.free_threaded,
            is_64bit=True,
        )

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where packages are, each folder once."""
        return tuple(dict.fromkeys((self.purelib, self.platlib)))

    @property
    def notes(self) -> Path:
        """The file with what torchenv applied here last."""
        return self.purelib / "torchenv-in-place.json"


def find_python(environment: Path) -> Path:
    """Return the interpreter of an environment that is named by its folder, or by its Python.

    Raises:
        WorldError: There is none (``TE643``).
    """
    path = Path(os.path.abspath(environment))  # noqa: PTH100 - resolve() would leave the environment
    if path.is_file():
        return path
    for name in ("python", "python3"):
        if (path / "bin" / name).is_file():
            return path / "bin" / name
    raise WorldError(_no_python(environment))


def ask_site(python: Path, environ: Mapping[str, str]) -> Site:
    """Ask an interpreter where its packages are.

    Raises:
        WorldError: It does not run (``TE643``).
    """
    try:
        done = run([python, "-I", "-c", _QUESTION], env=environ, timeout_s=_TIMEOUT_S)
        answer = json.loads(done.stdout)
        return Site(
            python=python,
            prefix=Path(os.path.realpath(answer["prefix"])),
            purelib=Path(os.path.realpath(answer["purelib"])),
            platlib=Path(os.path.realpath(answer["platlib"])),
            scripts=Path(os.path.realpath(answer["scripts"])),
            version=answer["version"],
            free_threaded=answer["free_threaded"],
            managed=answer["managed"],
        )
    except (ProcessFailedError, ValueError, KeyError, TypeError) as exc:
        raise WorldError(_does_not_run(python, exc)) from exc


def runs_torchenv(site: Site) -> bool:
    """Whether torchenv itself is installed there."""
    return Path(os.path.realpath(sys.prefix)) == site.prefix


def _no_python(environment: Path) -> Finding:
    return Finding(
        code="TE643",
        message=f"There is no Python at `{display(environment)}`.",
        why="An environment is changed in place through its own interpreter, and this folder has "
        "no `bin/python`.",
        do="Name the environment's folder, or its Python, with `--env`. For an environment of "
        "torchenv's own, leave `--in-place` and `--env` out: `environment.path` in the spec says "
        "where that is.",
    )


def _does_not_run(python: Path, exc: Exception) -> Finding:
    return Finding(
        code="TE643",
        message=f"`{display(python)}` does not answer as a Python does.",
        why=f"Seen: {exc}.",
        do="Name the environment's folder, or its Python, with `--env`.",
    )
