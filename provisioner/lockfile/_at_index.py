"""Whether the indexes still have what a lock names: withdrawn files, and files of other bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, Where
from provisioner.lockfile._types import Archive
from provisioner.lockfile._yanked import yanked
from provisioner.network import parse_index_page
from provisioner.paths import display
from provisioner.urls import project_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provisioner.lockfile._types import Lock, LockedPackage
    from provisioner.network import Client, IndexFile

_CONNECTIONS: Final = 4


def index_findings(lock: Lock, client: Client) -> tuple[Finding, ...]:
    """Ask the index of each package of a lock, and return what is no longer as it is locked.

    Raises:
        WorldError: An index cannot be asked, or does not know a project any more.
    """
    archives = tuple(one for one in lock.sources if isinstance(one, Archive))
    asked = [
        (one, project_url(one.index, one.name))
        for one in lock.packages + archives
        if one.index is not None
    ]
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        pages = pool.map(lambda one: parse_index_page(client.get(one[1])), asked)
        found = zip([one for one, _ in asked], list(pages), strict=True)
    return tuple(
        finding for package, files in found for finding in _findings_of(lock, package, files)
    )


def _findings_of(
    lock: Lock, package: LockedPackage | Archive, files: Iterable[IndexFile]
) -> Iterator[Finding]:
    offered = {file.name: file for file in files}
    reasons = []
    for name, sha256 in _locked_files(package).items():
        file = offered.get(name)
        if file is None:
            yield _withdrawn(lock, package, name)
        elif file.sha256 not in {None, sha256}:
            yield _changed(lock, package, name, sha256, str(file.sha256))
        elif file.yanked is not None:
            reasons.append(file.yanked)
    if reasons:
        yield yanked(package.name, package.version, reasons[0])


def _locked_files(package: LockedPackage | Archive) -> Mapping[str, str]:
    """Return name and sha256 of each file of a package."""
    if isinstance(package, Archive):
        return {package.file: package.sha256}
    return {wheel.name: wheel.sha256 for wheel in package.wheels}


def _withdrawn(lock: Lock, package: LockedPackage | Archive, name: str) -> Finding:
    return Finding(
        code="TE467",
        message=f"`{name}` is no longer on {package.index}.",
        why="The lock names it, so who does not have it yet cannot install the lock.",
        do=f"Take another release: `torchenv lock --upgrade-package {package.name}`; or bring the "
        "file back, as from somebody's store.",
        where=Where(file=display(lock.file)),
    )


def _changed(
    lock: Lock, package: LockedPackage | Archive, name: str, locked: str, stated: str
) -> Finding:
    return Finding(
        code="TE468",
        message=f"{package.index} states another hash for `{name}` than the lock has.",
        why=f"The lock has sha256 `{locked}`, the index `{stated}`. Files that are published once "
        "do not change, so one of the two is not what it should be.",
        do="Find out which one is right. To take the new one: "
        f"`torchenv lock --upgrade-package {package.name}`.",
        where=Where(file=display(lock.file)),
    )
