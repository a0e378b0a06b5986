"""Packages that are built where the environment is made: their entries in a lock (PEP 751).

A source distribution is named by its hash, a repository by its commit, a folder by its path only.
What a build makes of them nobody knows beforehand, so a lock marks all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from provisioner.findings import Finding, WorldError
from provisioner.lockfile._types import Archive, Checkout, Folder, LockedSource
from provisioner.spec import Project, Repository
from provisioner.urls import file_name, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.lockfile._keep import Upgrade
    from provisioner.lockfile._types import Lock
    from provisioner.network import Client
    from provisioner.spec import Dependency, Spec


def locked_sources(
    packages: Iterable[Mapping[str, Any]], spec: Spec, index_of: Mapping[str, str | None]
) -> tuple[LockedSource, ...]:
    """Return those of the engine's packages that are to be built, sorted by name.

    Args:
        packages: The ``packages`` of the engine's pylock.
        spec: What the lock is made from.
        index_of: Where the engine found each package.

    Raises:
        WorldError: ``TE404``, the index states no hash for a source distribution.
    """
    wanted = {str(one.name): one for one in spec.dependencies if one.origin is not None}
    found = []
    for package in packages:
        name = str(package["name"])
        if name in wanted:
            found.append(_of_dependency(wanted[name], package))
        elif name in spec.sources.allow_sdist and not package.get("wheels"):
            found.append(_archive(package, index_of.get(name)))
    return tuple(sorted(found, key=lambda source: source.name))


def sized(sources: Iterable[LockedSource], client: Client) -> tuple[LockedSource, ...]:
    """Return sources with the sizes that the index does not state.

    Raises:
        WorldError: A server cannot be asked.
    """
    return tuple(
        replace(one, size=client.size(one.url))
        if isinstance(one, Archive) and not one.size
        else one
        for one in sources
    )


def kept_commits(previous: Lock | None, spec: Spec, upgrade: Upgrade) -> dict[str, str]:
    """Return the commit that each repository of the spec stays at, by name.

    A branch moves on; what is locked stays, unless the spec names another state or the package is
    to be upgraded.
    """
    if previous is None or upgrade.everything:
        return {}
    wanted = {str(one.name): one.origin for one in spec.dependencies}
    return {
        one.name: one.commit
        for one in previous.sources
        if isinstance(one, Checkout)
        and one.name not in upgrade.names
        and wanted.get(one.name) == one.repository
    }


def entry(source: LockedSource) -> dict[str, Any]:
    """Return the table of a source in ``packages``.

    A folder has whatever version it has when it is built, so none is named (PEP 751).
    """
    match source:
        case Archive():
            table: dict[str, Any] = {"name": source.name, "version": source.version}
            if source.index is not None:
                table["index"] = source.index
            hashes = {"sha256": source.sha256}
            file = {"name": source.file, "url": source.url, "size": source.size, "hashes": hashes}
            return {**table, "sdist": file}
        case Checkout(repository=repository):
            vcs = {
                "type": "git",
                "url": repository.url,
                "requested-revision": repository.rev,
                "commit-id": source.commit,
                "subdirectory": repository.subdirectory,
            }
            said = {key: value for key, value in vcs.items() if value is not None}
            return {"name": source.name, "vcs": said}
        case Folder():
            folder = {"path": source.path, "editable": source.editable}
            return {"name": source.name, "directory": folder}


def read_entry(package: Mapping[str, Any]) -> LockedSource | None:
    """Return the source that a table of ``packages`` is, None where it has wheels.

    Raises:
        KeyError: Something is missing.
    """
    name = package["name"]
    if "directory" in package:
        folder = package["directory"]
        return Folder(name=name, path=folder["path"], editable=folder["editable"])
    if "vcs" in package:
        vcs = package["vcs"]
        repository = Repository(
            url=vcs["url"],
            rev=vcs.get("requested-revision"),
            subdirectory=vcs.get("subdirectory"),
        )
        return Checkout(name=name, repository=repository, commit=vcs["commit-id"])
    if "sdist" in package:
        sdist = package["sdist"]
        return Archive(
            name=name,
            version=package["version"],
            index=package.get("index"),
            file=sdist["name"],
            url=sdist["url"],
            size=sdist["size"],
            sha256=sdist["hashes"]["sha256"],
        )
    return None


def _of_dependency(dependency: Dependency, package: Mapping[str, Any]) -> LockedSource:
    match dependency.origin:
        case Repository() as repository:
            commit = package["vcs"]["commit-id"]
            return Checkout(name=dependency.name, repository=repository, commit=commit)
        case origin:
            project = cast("Project", origin)
            return Folder(name=dependency.name, path=project.path, editable=project.editable)


def _archive(package: Mapping[str, Any], index: str | None) -> Archive:
    sdist = package["sdist"]
    name = file_name(sdist["url"])
    sha256 = sdist.get("hashes", {}).get("sha256")
    if sha256 is None:
        raise WorldError(_no_hash(name))
    return Archive(
        name=str(package["name"]),
        version=str(package["version"]),
        index=None if index is None else strip_credentials(index).rstrip("/"),
        file=name,
        url=strip_credentials(sdist["url"]),
        size=sdist.get("size", 0),
        sha256=sha256,
    )


def _no_hash(name: str) -> Finding:
    return Finding(
        code="TE404",
        message=f"The index states no sha256 for `{name}`.",
        why="A lock names every file by its hash; without one a damaged or exchanged file goes "
        "unnoticed.",
        do="Use another index or mirror for it, or a release that has a wheel.",
    )
