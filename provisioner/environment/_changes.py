"""What an apply would change, and why, as a value; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.environment._owners import Difference
    from provisioner.environment._types import Environment, Installed
    from provisioner.lockfile import Lock, LockedPackage, LockedSource

Reason = Literal[
    "as locked",
    "not installed",
    "other version",
    "other build",
    "unknown wheel",
    "damaged",
    "half removed",
    "foreign files",
    "stray",
    "not locked",
]
"""``other build``: of the same version, compiled for something else; ``unknown wheel``: installed
by something else; ``foreign files``: files of no package lie in its folders; ``stray``: not locked,
and installed by something else; ``not locked``: installed by torchenv from another lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One package, before and after."""

    name: str
    before: str | None
    """Installed version, None where it is not installed."""
    after: str | None
    """Locked version, None where it is not in the lock. Equal to ``before`` where another wheel of
    the same version takes its place."""
    reason: Reason = "as locked"
    detail: str = ""
    """What was seen: ``torch/version.py says cuda 12.1``; empty where the versions say it all."""
    size_bytes: int | None = None
    """Of the locked wheel."""
    startup: tuple[str, ...] = ()
    """Files of the locked wheel that Python runs at every start, as far as the store knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between what is installed and a lock; each part sorted by name."""

    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.removed or self.changed)


def plan_changes(
    environment: Environment, lock: Lock, differences: Iterable[Difference] = ()
) -> Changes:
    """Compare what is installed with what is locked.

    The same version counts as unchanged only where it came from the same wheel, since another build
    of one version is another thing. Where the wheel of an installed package is not known (somebody
    else installed it), it is replaced.

    Args:
        environment: What was found.
        lock: What is to be there.
        differences: Files that are not as they were when torchenv installed them.
    """
    installed: dict[str, list[Installed]] = {}
    for each in environment.installed:
        installed.setdefault(each.name, []).append(each)
    seen = _details(differences)
    both = [
        _compare(installed[package.name], package, lock, seen)
        for package in lock.packages
        if package.name in installed
    ]
    new = [
        Change(
            name=package.name,
            before=None,
            after=package.version,
            reason="not installed",
            size_bytes=package.wheel.size,
        )
        for package in lock.packages
        if package.name not in installed
    ]
    to_build = [_of_source(source, installed) for source in lock.unbuilt]
    new += [change for change in to_build if change.reason == "not installed"]
    both += [change for change in to_build if change.reason != "not installed"]
    both.sort(key=lambda change: change.name)
    return Changes(
        added=tuple(sorted(new, key=lambda change: change.name)),
        removed=tuple(
            Change(
                name=name,
                before=those[-1].version,
                after=None,
                reason="stray" if those[-1].sha256 is None else "not locked",
            )
            for name, those in sorted(installed.items())
            if name not in lock.names
        ),
        changed=tuple(change for change in both if change.reason != "as locked"),
        unchanged=tuple(change for change in both if change.reason == "as locked"),
    )


def _of_source(source: LockedSource, installed: Mapping[str, list[Installed]]) -> Change:
    """Return what becomes of a package that is still to be built; nobody knows its version."""
    found = installed.get(source.name)
    if found is None:
        return Change(name=source.name, before=None, after=str(source), reason="not installed")
    return Change(name=source.name, before=found[-1].version, after=found[-1].version)


def _compare(
    found: list[Installed],
    locked: LockedPackage,
    lock: Lock,
    seen: Mapping[str, tuple[Reason, str]],
) -> Change:
    one = found[-1]
    reason, detail = (
        _of_folders(found)
        or _of_version(one, locked)
        or _of_wheel(one, locked, lock)
        or seen.get(one.name, ("as locked", ""))
    )
    return Change(
        name=locked.name,
        before=one.version,
        after=locked.version,
        reason=reason,
        detail=detail,
        size_bytes=locked.wheel.size,
    )


def _of_folders(found: list[Installed]) -> tuple[Reason, str] | None:
    if len(found) > 1:
        versions = " and ".join(each.version for each in found)
        return "half removed", f"two of it are installed, {versions}"
    if not found[0].has_record:
        return "half removed", "its `.dist-info` has no RECORD"
    return None


def _of_version(one: Installed, locked: LockedPackage) -> tuple[Reason, str] | None:
    if one.version == locked.version:
        return None
    is_build = one.version.partition("+")[0] == locked.version.partition("+")[0]
    return ("other build" if is_build else "other version"), _build_seen(one)


def _of_wheel(one: Installed, locked: LockedPackage, lock: Lock) -> tuple[Reason, str] | None:
    if contradiction := _other_build(one, locked, lock):
        return "other build", contradiction
    if one.sha256 is None:
        return "unknown wheel", "it was not installed by torchenv"
    if one.sha256 != locked.wheel.sha256:
        return "other build", f"it came from the wheel {one.sha256[:12]}…"
    return None


def _other_build(one: Installed, locked: LockedPackage, lock: Lock) -> str:
    """Return what tells that an installed package of the locked version is another build."""
    if one.origin_sha256 is not None and one.origin_sha256 != locked.wheel.sha256:
        return f"`direct_url.json` names the wheel {one.origin_sha256[:12]}…"
    accelerators = {build.name: build.accelerator for build in lock.trio}
    if one.build is not None and one.name in accelerators:
        wanted = accelerators[one.name]
        if not is_build_of(one.build, wanted):
            return f"{_build_seen(one)}, and {wanted} is locked"
    return ""


def is_build_of(told: str, accelerator: str) -> bool:
    """Whether what ``torch/version.py`` says is that of an accelerator.

    Args:
        told: ``cpu``, ``cuda 12.1``, ``hip 6.4.43482``, ``xpu 20250101``.
        accelerator: ``cpu``, ``cu121``, ``rocm6.4``, ``xpu``; what is not known is believed.
    """
    kind, _, version = told.partition(" ")
    if accelerator.startswith("cu") and accelerator[2:].isdigit():
        digits = accelerator[2:]
        return kind == "cuda" and f"{version}.".startswith(f"{digits[:-1]}.{digits[-1]}.")
    if accelerator.startswith("rocm"):
        minor = ".".join(accelerator[4:].split(".")[:2])
        return kind == "hip" and f"{version}.".startswith(f"{minor}.")
    return kind == accelerator or accelerator not in {"cpu", "xpu"}


def _build_seen(one: Installed) -> str:
    return "" if one.build is None else f"`{one.name}/version.py` says {one.build}"


def _details(differences: Iterable[Difference]) -> dict[str, tuple[Reason, str]]:
    """Return what is wrong with the files of each package that torchenv installed."""
    counts: dict[str, Counter[str]] = {}
    for one in differences:
        if one.owner is not None and not one.owner.is_stray:
            counts.setdefault(one.owner.name, Counter())[one.kind] += 1
    return {name: _of_files(kinds) for name, kinds in counts.items()}


def _of_files(kinds: Counter[str]) -> tuple[Reason, str]:
    text = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    is_damage = kinds["missing"] or kinds["changed"] or kinds["byte code"]
    return ("damaged" if is_damage else "foreign files"), text
