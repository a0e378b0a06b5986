"""Telling the engine what to resolve for, whatever machine it runs on.

Its options know the usual targets: a Python version, and platforms with some versions of glibc.
For a free-threaded Python and every other glibc it is given an interpreter that says of itself what
the target is. The macOS that wheels may need is a variable of the engine's, which is always set:
its own default is older than torch's wheels, and the user's would change what is locked.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.paths import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.lockfile._tags import Floors
    from provisioner.planner import Target

_KNOWN_GLIBC: Final = frozenset({"2.17", "2.28", *(f"2.{minor}" for minor in range(31, 41))})
"""Versions that ``--python-platform`` of the engine has words for (uv 0.13.9, its help)."""
_SCRIPT: Final = Path(__file__).with_name("_interpreter.py")
_RUST_MACHINE: Final = {"arm64": "aarch64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTarget:
    """How the engine is told of a target."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


def engine_target(target: Target, floors: Floors, folder: Path) -> EngineTarget:
    """Return the engine's arguments and variables for a target.

    Args:
        target: What is locked.
        floors: The oldest systems that it must run on.
        folder: Where an interpreter is put if one is needed; it is kept, since the engine remembers
            the answers of an interpreter by its path.

    Raises:
        OSError: The folder cannot be written.
    """
    python = target.python.removesuffix("t")
    answers: dict[str, Any] = {}
    arguments: list[str] = []
    if target.python.endswith("t"):
        answers |= _free_threaded(python)
    else:
        arguments += ["--python-version", python]
    platform = _platform(target, floors)
    if platform is not None:
        arguments += ["--python-platform", platform]
    else:
        answers = {**answers, **_linux(target, floors)}
        answers["markers"] = {**_linux_markers(target), **answers.get("markers", {})}
    interpreter = _stand_in(folder, answers) if answers else Path(sys.executable)
    environ = {"MACOSX_DEPLOYMENT_TARGET": floors.macos} if floors.macos is not None else {}
    return EngineTarget(arguments=("--python", str(interpreter), *arguments), environ=environ)


def _platform(target: Target, floors: Floors) -> str | None:
    """Return the engine's word for a platform, None where it has none."""
    system, machine = target.platform.split("-", 1)
    rust_machine = _RUST_MACHINE.get(machine, machine)
    match system:
        case "linux":
            if floors.glibc not in _KNOWN_GLIBC:
                return None
            return f"{rust_machine}-manylinux_{floors.glibc.replace('.', '_')}"
        case "macos":
            return f"{rust_machine}-apple-darwin"
        case _:
            return f"{rust_machine}-pc-windows-msvc"


def _free_threaded(python: str) -> dict[str, Any]:
    """Return what a free-threaded Python says of itself, the oldest one of its minor version."""
    markers = {
        "implementation_version": f"{python}.0",
        "python_full_version": f"{python}.0",
        "python_version": python,
    }
    return {"gil_disabled": True, "markers": markers}


def _linux(target: Target, floors: Floors) -> dict[str, Any]:
    major, minor = map(int, str(floors.glibc).split(".")[:2])
    return {
        "os": {"name": "manylinux", "major": major, "minor": minor},
        "arch": target.platform.partition("-")[2],
        "manylinux_compatible": True,
    }


def _linux_markers(target: Target) -> dict[str, str]:
    return {
        "os_name": "posix",
        "platform_machine": target.platform.partition("-")[2],
        "platform_system": "Linux",
        "sys_platform": "linux",
    }


def _stand_in(folder: Path, answers: Mapping[str, Any]) -> Path:
    """Write an interpreter that gives these answers, unless it is there, and return its path."""
    text = json.dumps(answers, sort_keys=True)
    stamp = f"{sys.executable}\n{text}\n{_SCRIPT.read_text(encoding='utf-8')}"
    place = folder / hashlib.sha256(stamp.encode()).hexdigest()[:16]
    program = place / "python"
    if not program.exists():
        script = place / "interpreter.py"
        write_atomic(place / "answers.json", text.encode())
        write_atomic(script, _SCRIPT.read_bytes())
        words = [sys.executable, "-I", "-B", str(script), str(place / "answers.json")]
        # Executable before it has its name: another run may take it from then on.
        unnamed = place / f"python-{os.getpid()}"
        write_atomic(unnamed, f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'.encode())
        unnamed.chmod(0o755)
        unnamed.replace(program)
    return program
