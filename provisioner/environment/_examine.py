"""Deciding whether an environment is what its spec and lock ask for. Reads, changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from typing_extensions import assert_never

from provisioner.environment._differences import difference_findings
from provisioner.environment._drift import Drift, find_drift
from provisioner.environment._owners import Difference, find_differences
from provisioner.environment._state import content_digest
from provisioner.environment._types import Absent, Blocked, Environment, Foreign, Ours
from provisioner.findings import Finding, Severity
from provisioner.host import Interpreter
from provisioner.paths import display

if TYPE_CHECKING:
    from provisioner.environment._state import State
    from provisioner.lockfile import Lock
    from provisioner.spec import TargetWish

Condition = Literal["current", "stale", "drifted", "damaged", "absent", "foreign"]
"""``stale``: made from another lock or for another Python; ``drifted``: files were added;
``damaged``: files are missing or changed, or the whole cannot be used; ``foreign``: not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What an environment is, and why; only ``current`` leaves an apply nothing to do."""

    condition: Condition
    findings: tuple[Finding, ...] = ()
    """Warnings; an error where nothing can be done at this path."""
    differences: tuple[Difference, ...] = ()
    """Files that are not as they were when the environment was complete."""


def examine(
    link: Path, environment: Environment, lock: Lock | None, wish: TargetWish | None
) -> Examination:
    """Compare what is at an environment's path with its lock, every file included.

    Args:
        link: The environment's path.
        environment: What :func:`inspect_environment` found there.
        lock: What it should be; None where that is not known, which leaves the comparison out.
        wish: What the spec asks for; None asks for the Python that it was made for.
    """
    found = examine_usable(link, environment, lock, wish)
    if found.condition != "current" or not isinstance(environment, Ours):
        return found
    try:
        drift = find_drift(environment.generation)
    except OSError as exc:
        finding = _cannot_be_used(link, f"its files cannot be read ({exc.strerror or exc})")
        return Examination(condition="damaged", findings=(finding,))
    if drift.is_empty:
        return found
    differences = _differences(environment, drift)
    return Examination(
        condition=_of_drift(drift),
        findings=difference_findings(link, differences),
        differences=differences,
    )


def _differences(ours: Ours, drift: Drift) -> tuple[Difference, ...]:
    packages = ours.state.packages if ours.state is not None else ()
    return find_differences(
        ours.generation,
        {(package.name, package.version) for package in packages},
        {"missing": drift.missing, "changed": drift.changed, "added": drift.added},
    )


def examine_usable(
    link: Path, environment: Environment, lock: Lock | None, wish: TargetWish | None
) -> Examination:
    """Compare as :func:`examine` does, without looking at the files."""
    match environment:
        case Absent():
            return Examination(condition="absent")
        case Blocked(finding=finding):
            return Examination(condition="foreign", findings=(finding,))
        case Foreign():
            return Examination(condition="foreign", findings=(_foreign(link),))
        case Ours():
            return _usable_ours(link, environment, lock, wish)
    assert_never(environment)


def _usable_ours(link: Path, ours: Ours, lock: Lock | None, wish: TargetWish | None) -> Examination:
    unusable = _unusable(ours)
    if unusable is not None or ours.state is None:
        finding = _cannot_be_used(link, unusable or "it is incomplete or was changed")
        return Examination(condition="damaged", findings=(finding,))
    if other := _other_than_asked(ours.state, lock, wish):
        return Examination(condition="stale", findings=(_stale(link, other),))
    return Examination(condition="current")


def _of_drift(drift: Drift) -> Condition:
    if drift.missing or drift.changed:
        return "damaged"
    return "drifted" if drift.added else "current"


def _unusable(ours: Ours) -> str | None:
    """Return why the environment as a whole does not work, None where it does."""
    if not ours.generation.folder.is_dir():
        return "the folder that it leads to is gone"
    if ours.state is None:
        return "it is incomplete, or made by another version of torchenv"
    if not _is_same_folder(Path(ours.state.path), ours.generation.folder):
        return f"it was moved or copied from `{ours.state.path}`, and its scripts still name that"
    if not ours.state.python.is_unchanged():
        return f"its base Python `{ours.state.python.path}` was upgraded or removed"
    return None


def _is_same_folder(recorded: Path, found: Path) -> bool:
    """Whether the recorded path still leads to the folder, be it by another way (links)."""
    try:
        return recorded.samefile(found)
    except OSError:
        return False


def _other_than_asked(state: State, lock: Lock | None, wish: TargetWish | None) -> str | None:
    """Return what the environment was made for where that is something else, else None."""
    base = Interpreter(
        path=Path(state.python.path),
        version=state.python.version,
        implementation="CPython",
        free_threaded=state.python.free_threaded,
        is_64bit=True,
    )
    chosen = state.target.python if lock is None else lock.target.python
    python = chosen if wish is None else wish.python_given(chosen)
    if not base.fits(python):
        return f"it has Python {base.version}, and the spec asks for {python}"
    if lock is not None and state.content != content_digest(lock):
        return "it was made from another lock"
    return None


def _foreign(link: Path) -> Finding:
    return Finding(
        code="TE605",
        severity=Severity.WARNING,
        message=f"What is at `{display(link)}` was not made by torchenv.",
        why="Nothing can be said about it.",
        do="`torchenv apply` keeps it aside and puts its own environment there.",
    )


def _cannot_be_used(link: Path, reason: str) -> Finding:
    return Finding(
        code="TE609",
        severity=Severity.WARNING,
        message=f"The environment `{display(link)}` cannot be used as it is.",
        why=f"Seen: {reason}.",
        do="`torchenv apply` builds it anew.",
    )


def _stale(link: Path, reason: str) -> Finding:
    return Finding(
        code="TE608",
        severity=Severity.WARNING,
        message=f"The environment `{display(link)}` is not what the lock says.",
        why=f"Seen: {reason}.",
        do="`torchenv apply` builds what the lock says and switches to it.",
    )
