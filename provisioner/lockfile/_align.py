"""Versions that are the same for every target: the first target's lead, and what differs says why.

The first target is resolved as if it were alone. Its versions are preferences for the others, so
that they differ only where a target cannot have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from provisioner.findings import Finding, Severity, WorldError
from provisioner.lockfile._tags import best_first
from provisioner.network import parse_index_page
from provisioner.urls import project_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from packaging.tags import Tag

    from provisioner.lockfile._types import Lock, LockedPackage
    from provisioner.network import Client

_TRIO: Final = ("torch", "torchvision", "torchaudio")


def leading(
    own: tuple[tuple[str, str], ...], first: Lock | None, is_companion: Callable[[str], bool]
) -> tuple[tuple[str, str], ...]:
    """Return (name, version) that a target starts from: the first target's before its own.

    The trio and its companions belong to a build, so they are no example for another one.

    Args:
        own: What the target's earlier lock has.
        first: The lock that the first target has just got; None for the first target itself.
        is_companion: Whether a name travels with torch.
    """
    if first is None:
        return own
    led = {
        package.name: package.version
        for package in first.packages
        if package.name not in _TRIO and not is_companion(package.name)
    }
    return tuple(sorted({**dict(own), **led}.items()))


def version_notes(
    locks: Sequence[Lock], tags: Mapping[str, tuple[Tag, ...]], client: Client
) -> tuple[Finding, ...]:
    """Return a note for each package of which a target has another version than the first has.

    Args:
        locks: Of all targets, the leading one first.
        tags: What each target accepts, by its name.
        client: Asks the index of such a package for what it has, where the plan does not say why.
    """
    first, *others = locks
    versions = {package.name: package for package in first.packages}
    notes = []
    for lock in others:
        for package in lock.packages:
            lead = versions.get(package.name)
            if lead is not None and _public(lead) != _public(package):
                reason = _reason(lock, lead, package, tags[str(lock.target.name)], client)
                notes.append(_note(first, lock, lead, package, reason))
    return tuple(notes)


def _public(package: LockedPackage) -> str:
    return Version(package.version).public


def _reason(
    lock: Lock, lead: LockedPackage, package: LockedPackage, tags: tuple[Tag, ...], client: Client
) -> str:
    version = Version(lead.version)
    for constraint in lock.constraints:
        wanted = Requirement(constraint.requirement)
        if wanted.name == package.name and not wanted.specifier.contains(version, prereleases=True):
            return f"There `{constraint.requirement}` holds: {constraint.why}"
    if package.name in _TRIO:
        return "It belongs to the torch that is planned for that target."
    if package.index is not None and not _has_wheel(package, version, tags, client):
        return f"`{package.index}` has no wheel of {version.public} that this target can use."
    return "What else is locked for that target does not admit the version of the first."


def _has_wheel(
    package: LockedPackage, version: Version, tags: tuple[Tag, ...], client: Client
) -> bool:
    """Whether the index has a usable wheel of a version; yes where that cannot be found out."""
    try:
        page = client.get(project_url(str(package.index), package.name))
    except WorldError:
        return True
    names = (file.name for file in parse_index_page(page))
    return any(version == found for found in _versions(best_first(names, tags)))


def _versions(names: list[str]) -> Iterator[Version]:
    for name in names:
        yield parse_wheel_filename(name)[1]


def _note(
    first: Lock, lock: Lock, lead: LockedPackage, package: LockedPackage, reason: str
) -> Finding:
    return Finding(
        code="TE464",
        severity=Severity.NOTE,
        message=f"`{package.name}` is {package.version} for `{lock.target.name}` and "
        f"{lead.version} for `{first.target.name}`.",
        why=reason,
        do="Nothing, if that is well; else ask for a version that every target can have.",
    )
