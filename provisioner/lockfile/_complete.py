"""Completing the engine's answer: every wheel gets its name, its size and a hash.

The engine leaves out ``name`` always, ``size`` for an HTML index, and the hash where the index
states none (a good part of PyTorch's index).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import parse_wheel_filename

from provisioner.findings import Finding, WorldError
from provisioner.lockfile._resolve import only_here
from provisioner.lockfile._tags import best_first
from provisioner.lockfile._types import LockedPackage, LockedWheel
from provisioner.urls import file_name, local_path, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.tags import Tag

    from provisioner.lockfile._origins import Origins
    from provisioner.lockfile._pages import Pages
    from provisioner.lockfile._trio import LocalWheel
    from provisioner.network import IndexFile
    from provisioner.store import WantedWheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the engine answered, with what is needed to complete it."""

    packages: tuple[Mapping[str, Any], ...]
    """The ``packages`` of the engine's pylock."""
    origins: Origins
    local: tuple[LocalWheel, ...]
    """The trio's wheels, where they came from local sources."""
    published: Mapping[str, Sequence[IndexFile]]
    """What the trio's index has for the packages that are routed to it, best first."""
    learned: Mapping[str, WantedWheel]
    """The best wheel of those packages for which the index states no hash."""
    tags: tuple[Tag, ...]
    """What the target accepts, best first."""
    unindexed: frozenset[str] = frozenset()
    """Names of packages that come from a page of links, which is no index that a lock can name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One wheel as far as the engine and the local sources know it."""

    name: str
    url: str
    size: int | None
    sha256: str | None
    confirmed: bool = True


def complete(answer: Answer, pages: Pages) -> tuple[LockedPackage, ...]:
    """Return the packages as they are locked, sorted by name.

    Sizes that are not known are asked from the file servers.

    Raises:
        WorldError: A wheel has no hash (``TE404``) or exists only on this machine (``TE430``), or
            its server cannot be asked.
    """
    found = {str(package["name"]): _wheels(package, answer) for package in answer.packages}
    found |= {
        name: _from_index(files, answer.learned.get(name))
        for name, files in answer.published.items()
    }
    local = sorted(name for name, wheels in found.items() if not wheels)
    findings = [only_here(local)] if local else []
    wheels = [wheel for several in found.values() for wheel in several]
    findings += [_no_hash(wheel) for wheel in wheels if wheel.sha256 is None]
    if findings:
        raise WorldError(findings)
    sizes = _sizes(wheels, pages)
    return tuple(
        LockedPackage(
            name=name,
            version=str(parse_wheel_filename(found[name][0].name)[1]),
            wheels=tuple(_locked(wheel, sizes[wheel.url]) for wheel in found[name]),
            index=None
            if name in answer.unindexed
            else _index(answer.origins.get(name), found[name][0]),
        )
        for name in sorted(found)
    )


def _wheels(package: Mapping[str, Any], answer: Answer) -> list[_Found]:
    """Return the wheels of one package that the target can use and everybody can reach."""
    local = [_from_local(one) for one in answer.local if one.project == package["name"]]
    if local:
        return local
    public = {
        file_name(wheel["url"]): wheel
        for wheel in package.get("wheels", ())
        if not wheel.get("url", "file:").startswith("file:")
    }
    return [
        _Found(
            name=name,
            url=strip_credentials(public[name]["url"]),
            size=public[name].get("size"),
            sha256=public[name].get("hashes", {}).get("sha256"),
        )
        for name in best_first(public, answer.tags)
    ]


def _from_index(files: Sequence[IndexFile], learned: WantedWheel | None) -> list[_Found]:
    """Return the wheels of one package that have a hash: the index's, or one learned here."""
    found = [
        _Found(name=file.name, url=strip_credentials(file.url), size=file.size, sha256=file.sha256)
        for file in files
    ]
    if learned is not None:
        found[0] = replace(found[0], size=learned.size, sha256=learned.sha256, confirmed=False)
    return [wheel for wheel in found if wheel.sha256 is not None]


def _from_local(wheel: LocalWheel) -> _Found:
    return _Found(
        name=wheel.name,
        url=wheel.public_url,
        size=wheel.size,
        sha256=wheel.sha256,
        confirmed=False,
    )


def _locked(wheel: _Found, size: int) -> LockedWheel:
    return LockedWheel(
        name=wheel.name,
        url=wheel.url,
        size=size,
        sha256=wheel.sha256 or "",
        confirmed=wheel.confirmed,
    )


def _sizes(wheels: Sequence[_Found], pages: Pages) -> dict[str, int]:
    """Return the size of each wheel by URL, asking the servers for those that are not known."""
    known = {wheel.url: wheel.size for wheel in wheels if wheel.size is not None}
    return known | pages.sizes(wheel.url for wheel in wheels if wheel.size is None)


def _index(origin: tuple[str, str | None] | None, wheel: _Found) -> str | None:
    """Return the public URL of the index; for a local wheel, of the index it stands in for.

    None for a page of links that lies on this machine.
    """
    if origin is not None and origin[1] is not None and local_path(origin[1]) is None:
        return strip_credentials(origin[1]).rstrip("/")
    return None if wheel.confirmed else wheel.url.rsplit("/", 1)[0]


def _no_hash(wheel: _Found) -> Finding:
    return Finding(
        code="TE404",
        message=f"The index states no sha256 for `{wheel.name}`.",
        why="A lock names every wheel by its hash; without one a damaged or exchanged file "
        "goes unnoticed.",
        do="Use another index or mirror for it, or a release whose wheels have hashes.",
    )
