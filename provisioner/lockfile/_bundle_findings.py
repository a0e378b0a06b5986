"""What can be wrong with a bundle, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.findings import Finding
from provisioner.paths import display

if TYPE_CHECKING:
    from pathlib import Path


def other_lock(out: Path, lock: Path, *, missing: bool) -> Finding:
    """Word a bundle that was made from another lock."""
    seen = "has no lock of this name" if missing else "was made from another one"
    return Finding(
        code="TE514",
        message=f"The bundle `{display(out)}` is not of the lock `{display(lock)}`.",
        why=f"It {seen}. What is installed is what the committed lock names; a bundle only carries "
        "the files.",
        do="Make the bundle anew from this lock with `torchenv bundle`, or check out the lock that "
        "it was made from.",
    )


def no_bundle(out: Path, reason: str) -> Finding:
    """Word what is no bundle."""
    return Finding(
        code="TE515",
        message=f"`{display(out)}` is no bundle.",
        why=f"It is neither a folder nor a `.tar` that `torchenv bundle` made ({reason}).",
        do="Check the path; a file that was cut short on the way must be copied anew.",
    )


def incomplete(out: Path, path: str) -> Finding:
    """Word a file that a bundle lists and does not have."""
    return Finding(
        code="TE515",
        message=f"`{path}` is missing in the bundle `{display(out)}`.",
        why="Its list names the file; without it the environment cannot be made.",
        do="Copy the bundle anew, or run `torchenv bundle` again: it writes what is missing only.",
    )


def damaged(out: Path, path: str, listed: int, size: int) -> Finding:
    """Word a file of a bundle that has another hash than its list says."""
    return Finding(
        code="TE515",
        message=f"`{path}` in the bundle `{display(out)}` is damaged.",
        why=f"The bundle's list names {listed} bytes and a hash; it has {size} bytes and another "
        "hash.",
        do="Copy the bundle anew, or run `torchenv bundle` again: it writes what is missing only.",
    )
