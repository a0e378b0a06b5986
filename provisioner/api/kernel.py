"""``torchenv kernel``: a Jupyter kernel that runs in the environment of a spec.

Jupyter finds kernels as folders with a ``kernel.json`` below ``kernels/`` of its data folders
(jupyter-client, "Kernel specs"). The kernel is started through ``torchenv run``, so that restarting
it meets the current environment.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name

from provisioner.api.run import present
from provisioner.findings import Finding, WorldError
from provisioner.paths import display, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.spec import Spec

_MARK: Final = "torchenv"
"""Key in the kernel's ``metadata`` by which torchenv knows its own."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
"""What Jupyter accepts as the name of a kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A kernel that Jupyter offers."""

    name: str
    folder: Path
    display_name: str
    written: bool
    """False where it was there like this already, or was removed."""


def install_kernel(spec: Spec, *, name: str | None = None) -> Kernel:
    """Offer the spec's environment to Jupyter, for this user.

    Args:
        spec: Names the environment, which must be there and have ``ipykernel``.
        name: Name of the kernel; by default the name of the project's folder.

    Raises:
        WorldError: There is no environment (``TE635``), it has no ``ipykernel`` (``TE641``), the
            name is taken by a kernel of somebody else or is none (``TE640``), or the folder cannot
            be written (``TE603``).
    """
    from provisioner.environment import Ours, inspect_environment
    from provisioner.environment import os_errors_as_findings as told

    present(spec)
    found = inspect_environment(spec.path)
    installed = found.installed if isinstance(found, Ours) else ()
    if "ipykernel" not in {each.name for each in installed}:
        raise WorldError(_no_ipykernel(spec))
    name = _checked_name(name or _default_name(spec))
    folder = kernels_folder(os.environ) / name
    content = json.dumps(_kernel_json(spec), indent=1).encode() + b"\n"
    file = folder / "kernel.json"
    present_ = _read(folder)
    if present_ is not None and _MARK not in present_.get("metadata", {}):
        raise WorldError(_foreign_kernel(folder))
    is_same = file.is_file() and file.read_bytes() == content
    if not is_same:
        with told(folder):
            write_atomic(file, content)
    return Kernel(name=name, folder=folder, display_name=_display_name(spec), written=not is_same)


def remove_kernel(spec: Spec, *, name: str | None = None) -> Kernel:
    """Remove the kernel that :func:`install_kernel` made.

    Raises:
        WorldError: There is none, or it is somebody else's (``TE640``), or it cannot be removed.
    """
    from provisioner.environment import os_errors_as_findings as told

    name = _checked_name(name or _default_name(spec))
    folder = kernels_folder(os.environ) / name
    there = _read(folder)
    if there is None or _MARK not in there.get("metadata", {}):
        raise WorldError(_foreign_kernel(folder))
    with told(folder):
        shutil.rmtree(folder)
    return Kernel(name=name, folder=folder, display_name=_display_name(spec), written=False)


def kernels_folder(environ: Mapping[str, str]) -> Path:
    """Return where Jupyter looks for this user's kernels (jupyter-core, ``jupyter_data_dir``)."""
    if chosen := environ.get("JUPYTER_DATA_DIR"):
        return Path(chosen) / "kernels"
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Jupyter" / "kernels"
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else home / ".local" / "share") / "jupyter" / "kernels"


def _kernel_json(spec: Spec) -> dict[str, Any]:
    starter = Path(sys.executable).parent / "torchenv"
    torchenv = [str(starter)] if starter.is_file() else [sys.executable, "-m", "provisioner"]
    program = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return {
        # Jupyter shows nothing of an apply, so a kernel never starts one.
        "argv": [*torchenv, "run", "--no-apply", "--spec", str(spec.file), "--", *program],
        "display_name": _display_name(spec),
        "language": "python",
        "metadata": {"debugger": True, _MARK: {"spec": str(spec.file)}},
    }


def _display_name(spec: Spec) -> str:
    accelerators = dict.fromkeys(target.accelerator for target in spec.targets)
    return f"{spec.file.parent.name} (torchenv, {' or '.join(accelerators)})"


def _default_name(spec: Spec) -> str:
    stem = "" if spec.stem == "torchenv" else f"-{spec.stem}"
    return canonicalize_name(re.sub(r"[^A-Za-z0-9._-]+", "-", f"{spec.file.parent.name}{stem}"))


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) and name.strip("."):
        return name
    raise WorldError(
        Finding(
            code="TE640",
            message=f"`{name}` cannot be the name of a Jupyter kernel.",
            why="Jupyter takes ASCII letters, digits, `.`, `_` and `-`.",
            do="Choose another with `--name`.",
        )
    )


def _read(folder: Path) -> dict[str, Any] | None:
    """Return a kernel's description, None where there is none; empty where it cannot be read."""
    if not os.path.lexists(folder):
        return None
    try:
        content = json.loads((folder / "kernel.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _no_ipykernel(spec: Spec) -> Finding:
    return Finding(
        code="TE641",
        message=f"The environment `{display(spec.path)}` has no `ipykernel`.",
        why="Jupyter starts that in the environment that a notebook runs in.",
        do="Run `torchenv add ipykernel`, and then this again.",
    )


def _foreign_kernel(folder: Path) -> Finding:
    return Finding(
        code="TE640",
        message=f"There is no kernel of torchenv at `{display(folder)}`.",
        why="Nothing is there, or another tool made what is, and torchenv leaves that alone.",
        do="Choose another name with `--name`.",
    )
