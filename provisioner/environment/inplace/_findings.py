"""What can be wrong with an environment that is to be changed in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.findings import Finding, Severity
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from provisioner.environment.inplace._site import Site
    from provisioner.environment.inplace._transaction import Recovered

_SHOWN = 10


def managed(site: Site) -> Finding:
    """Word that the system's package manager owns a Python."""
    return Finding(
        code="TE644",
        message=f"`{display(site.python)}` belongs to the system's package manager.",
        why=f"`{site.managed}` says so (PEP 668): programs of the system may need the packages "
        "that are there.",
        do="Use an environment of its own; where the whole system is made for this environment, "
        "as a container image is, say `--break-system-packages`.",
    )


def runs_here(site: Site) -> Finding:
    """Word that torchenv would replace packages that it runs with."""
    return Finding(
        code="TE645",
        message=f"torchenv itself is installed in `{display(site.prefix)}`.",
        why="It would replace packages that it is running with.",
        do="Install torchenv somewhere else, in a virtual environment of its own, and run it from "
        "there.",
    )


def conda(site: Site, names: Sequence[str]) -> Finding:
    """Word that packages to be changed are conda's."""
    listed = ", ".join(f"`{name}`" for name in names)
    return Finding(
        code="TE646",
        message=f"conda installed {listed} in `{display(site.prefix)}`, otherwise than locked.",
        why="conda would not know of the change, and its next update would undo half of it.",
        do=f"Remove them with conda first (`conda remove --force {' '.join(names)}`), or use an "
        "environment of torchenv's own.",
    )


def other_python(site: Site, python: str) -> Finding:
    """Word that an environment has another Python than the spec asks for."""
    return Finding(
        code="TE647",
        message=f"`{display(site.python)}` is Python {site.version}, and the spec asks for "
        f"{python}.",
        why="In place, the environment keeps its Python, and wheels are made for one version.",
        do="Choose an environment of that version, or change `environment.python` and lock again.",
    )


def clash(site: Site, clashes: Sequence[tuple[str, str]]) -> Finding:
    """Word that files of other packages are in the way."""
    lines = [f"{name}: {path}" for name, path in clashes[:_SHOWN]]
    if len(clashes) > _SHOWN:
        lines.append(f"and {len(clashes) - _SHOWN} more")
    return Finding(
        code="TE648",
        message=f"Packages that are not in the lock own files that it would replace, in "
        f"`{display(site.prefix)}`.",
        why="They would break, and are not torchenv's to change:\n" + "\n".join(lines),
        do="Uninstall these packages, or say `--exact`, with which all that is not in the lock "
        "goes.",
    )


def two_disks(site: Site, folder: Path) -> Finding:
    """Word that files cannot be moved in one step."""
    return Finding(
        code="TE603",
        message=f"`{display(folder)}` is on another file system than `{display(site.prefix)}`.",
        why="In place, files are moved in and out by renames, which work within one only.",
        do="Use an environment of torchenv's own.",
    )


def recovered(site: Site, how: Recovered) -> Finding:
    """Word what was done about an apply that was killed."""
    done = "moved back to what it was before" if how == "undone" else "completed"
    return Finding(
        code="TE649",
        severity=Severity.NOTE,
        message=f"An apply in place was killed in `{display(site.prefix)}`, and was {done}.",
        why="Its journal says which files it had moved.",
        do="Nothing.",
    )


def not_whole(wrong: Mapping[str, str]) -> Finding:
    """Word that the result is not what the wheels say."""
    lines = [f"{name}: {text}" for name, text in sorted(wrong.items())]
    return Finding(
        code="TE704",
        message="The environment is not whole after the change; it was moved back.",
        why="What was installed differs from the wheels:\n" + "\n".join(lines),
        do="Check the disk and the memory of this machine.",
    )
