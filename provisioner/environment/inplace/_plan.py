"""What is to be changed in place, and why; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provisioner.environment._changes import Change, Changes, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.environment.inplace._installed import Distribution
    from provisioner.lockfile import Lock

Kind = Literal["keep", "install", "replace", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What happens to one package."""

    kind: Kind
    name: str
    """Normalised."""
    before: str | None
    after: str | None
    cause: Reason
    """The kind of reason, in the words that every apply has."""
    reason: str
    """``the same version, and torch/version.py differs from the locked wheel``"""


def plan_actions(
    lock: Lock,
    installed: Iterable[Distribution],
    differences: Mapping[str, str],
    *,
    exact: bool,
) -> tuple[Action, ...]:
    """Compare what is installed with a lock.

    Args:
        lock: What must be there.
        installed: What is there, by its metadata.
        differences: Of packages with the locked version: what differs from the wheel, in words.
        exact: Whether packages that are not in the lock go.

    Returns:
        One action for each locked package, and for each other one that goes, sorted by name.
    """
    there: dict[str, list[Distribution]] = {}
    for one in installed:
        there.setdefault(one.name, []).append(one)
    actions = [
        _action(package.name, package.version, there.pop(package.name, []), differences)
        for package in lock.packages
    ]
    if exact:
        actions += [
            Action(
                kind="remove",
                name=name,
                before=found[0].version,
                after=None,
                cause="stray",
                reason="not in the lock",
            )
            for name, found in there.items()
        ]
    return tuple(sorted(actions, key=lambda action: action.name))


def changes_of(actions: Iterable[Action]) -> Changes:
    """Return actions in the form in which an apply tells its changes."""
    groups: dict[Kind, list[Change]] = {"keep": [], "install": [], "replace": [], "remove": []}
    for one in actions:
        detail = "" if one.cause in {"as locked", "not installed"} else one.reason
        groups[one.kind].append(
            Change(
                name=one.name,
                before=one.before,
                after=one.after,
                reason=one.cause,
                detail=detail,
            )
        )
    return Changes(
        added=tuple(groups["install"]),
        removed=tuple(groups["remove"]),
        changed=tuple(groups["replace"]),
        unchanged=tuple(groups["keep"]),
    )


def _action(
    name: str, version: str, found: list[Distribution], differences: Mapping[str, str]
) -> Action:
    before = found[0].version if found else None
    cause, reason = _why(version, found, differences.get(name))
    kind: Kind = "install" if not found else "keep" if cause == "as locked" else "replace"
    return Action(kind=kind, name=name, before=before, after=version, cause=cause, reason=reason)


def _why(version: str, found: list[Distribution], difference: str | None) -> tuple[Reason, str]:
    """Return why a locked package is to be installed, or that it is as locked."""
    if not found:
        return "not installed", "not installed"
    if len(found) > 1:
        return "half removed", "its metadata is there twice"
    if found[0].version != version:
        return "other version", "another version"
    if not found[0].has_record:
        return "half removed", "half removed: its RECORD is missing"
    return ("damaged", difference) if difference else ("as locked", "as locked")
