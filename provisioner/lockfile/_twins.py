"""Files of one name on two indexes: where their hashes differ, nothing is chosen.

The first index that has a name is where a package comes from. When a later one offers a file of the
very same name with other bytes, one of the two is not what its publisher made, and the order of the
indexes must not decide which of them is run.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, VerificationError
from provisioner.network import NetworkError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from provisioner.lockfile._pages import Pages
    from provisioner.lockfile._sources import Index, LockSources
    from provisioner.lockfile._types import LockedPackage

_CONNECTIONS: Final = 8


def refuse_twins(
    packages: Iterable[LockedPackage],
    routed: Collection[str],
    sources: LockSources,
    pages: Pages,
) -> None:
    """Ask the other indexes for each file that is to be locked.

    What comes from the trio's index is left out: there it is the plan that says where it belongs.

    Raises:
        VerificationError: ``TE441`` for each file of which another index has other bytes.
    """
    questions = [
        (package, index)
        for package in packages
        if package.name not in routed
        for index in sources.general
        if index != sources.index_at(package.index or "")
    ]
    if not questions:
        return
    # The pool ends here: the engine must not be forked beside threads.
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        hashes = pool.map(lambda one: _hashes(one[0].name, one[1], pages), questions)
        found = [
            _twin(wheel.name, package, index)
            for (package, index), known in zip(questions, hashes, strict=True)
            for wheel in package.wheels
            if known.get(wheel.name, wheel.sha256) != wheel.sha256
        ]
    if found:
        raise VerificationError(found)


def _hashes(name: str, index: Index, pages: Pages) -> dict[str, str]:
    """Return file name to sha256 of a project's page; empty where the index has no such page."""
    with suppress(NetworkError):
        files = pages.of(index, name)
        return {file.name: file.sha256 for file in files if file.sha256 is not None}
    return {}


def _twin(file: str, package: LockedPackage, index: Index) -> Finding:
    return Finding(
        code="TE441",
        message=f"Two indexes offer different files of the name `{file}`.",
        why=f"{package.index} and {index.public} state different hashes for it. One of them is not "
        "what its publisher made, and the order of the indexes must not decide which is run.",
        do="Find out which one is right, and remove the other index or the file from it.",
    )
