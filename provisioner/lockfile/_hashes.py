"""Hashes that no index states are learned by fetching the wheel, and those that change are refused.

A good part of PyTorch's index states no hash. Of some files the compat data knows it. Any other
wheel is downloaded once, which may be gigabytes, so a lock that is only to be written asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, Severity, VerificationError, WorldError
from provisioner.spec import Sources
from provisioner.store import WantedWheel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from provisioner.events import Reporter
    from provisioner.lockfile._keep import Upgrade
    from provisioner.lockfile._types import Lock, LockedPackage, LockedWheel
    from provisioner.network import Client, IndexFile
    from provisioner.store import Store

UNASKED_BYTES: Final = 20_000_000
"""What is fetched without being asked for: less than most indexes' pages and metadata together."""


def known_hashes(
    published: Mapping[str, Sequence[IndexFile]], hashes: Mapping[str, str], index: str
) -> dict[str, str]:
    """Return name and sha256 of those files that the compat data knows, and compare what is stated.

    The data is about PyTorch's own index; of any other, mirrors too, it says nothing.

    Args:
        published: What the trio's index has for the packages that are routed to it.
        hashes: The compat data's, by folder and file name.
        index: Public URL of the index.

    Raises:
        VerificationError: ``TE448``, the index states another hash.
    """
    base = f"{Sources().pytorch}/"
    if not index.startswith(base):
        return {}
    folder = index.removeprefix(base)
    found = {
        file: hashes[f"{folder}/{file.name}"]
        for files in published.values()
        for file in files
        if f"{folder}/{file.name}" in hashes
    }
    other = [(file, sha256) for file, sha256 in found.items() if file.sha256 not in {None, sha256}]
    if other:
        raise VerificationError(_other_than_known(*one, index) for one in other)
    return {file.name: sha256 for file, sha256 in found.items()}


def learn_hashes(  # noqa: PLR0913 - what learning needs
    published: Mapping[str, Sequence[IndexFile]],
    known: Mapping[str, str],
    store: Store,
    client: Client,
    reporter: Reporter,
    *,
    allowed: bool,
) -> dict[str, WantedWheel]:
    """Return the best wheel of each package whose index states no hash for it, with its hash.

    Args:
        published: What the trio's index has for the packages that are routed to it, best first.
        known: Name and sha256 of files that need not be fetched for it.
        store: Keeps the wheels, and remembers what was learned.
        client: Fetches.
        reporter: Hears of the progress.
        allowed: Whether any number of bytes may be fetched for it.

    Raises:
        WorldError: ``TE438``, more would have to be fetched than is done unasked; or the wheel
            cannot be had.
    """
    best = {name: files[0] for name, files in published.items() if files}
    hashless = {name: file for name, file in best.items() if file.sha256 is None}
    unknown = [
        file
        for file in hashless.values()
        if file.name not in known and store.learned(file.url) is None
    ]
    sizes = {file.name: client.size(file.url) for file in unknown}
    if sum(sizes.values()) > UNASKED_BYTES and not allowed:
        raise WorldError(_not_allowed(sizes))
    learned = {}
    for name, file in hashless.items():
        if file.name in known:
            size_bytes = client.size(file.url)
            learned[name] = WantedWheel(
                name=file.name, url=file.url, size=size_bytes, sha256=known[file.name]
            )
            continue
        if file.name in sizes:
            size = sizes[file.name] / 1e6
            reporter.step(f"No hash is stated for {file.name}; fetching {size:.1f} MB to learn it")
        learned[name] = store.learn(file.name, file.url, client, reporter)
    return learned


def learned_here(
    wheels: Iterable[WantedWheel], known: Collection[str], index: str
) -> tuple[Finding, ...]:
    """Return a note for each hash that ``index`` does not state; those ``known`` are the data's."""
    return tuple(
        _from_data(wheel, index)
        if wheel.name in known
        else Finding(
            code="TE432",
            severity=Severity.NOTE,
            message=f"The hash of `{wheel.name}` was learned by downloading it.",
            why=f"{index} states none. The lock names what arrived here first, and marks it; "
            "everybody who uses the lock gets just that.",
            do="Nothing; compare the hash with another source if you have one.",
        )
        for wheel in wheels
    )


def refuse_changed_hashes(
    before: Lock | None, packages: Iterable[LockedPackage], upgrade: Upgrade
) -> None:
    """Refuse a file that has another hash than in the lock before, at the same address.

    Published files do not change. Where one does, either it or the first one is not what its
    publisher meant.

    Raises:
        VerificationError: ``TE439`` for each such file of a package that is not to be upgraded.
    """
    if before is None or upgrade.everything:
        return
    known = {wheel.url: wheel.sha256 for package in before.packages for wheel in package.wheels}
    changed = [
        (wheel, known[wheel.url], package)
        for package in packages
        for wheel in package.wheels
        if known.get(wheel.url, wheel.sha256) != wheel.sha256 and package.name not in upgrade.names
    ]
    if changed:
        raise VerificationError(_changed(*one) for one in changed)


def _from_data(wheel: WantedWheel, index: str) -> Finding:
    return Finding(
        code="TE449",
        severity=Severity.NOTE,
        message=f"The hash of `{wheel.name}` is from the compat data.",
        why=f"{index} states none. The data has the one that others have locked; a file of other "
        "bytes is refused when it is fetched.",
        do="Nothing.",
    )


def _other_than_known(file: IndexFile, sha256: str, index: str) -> Finding:
    return Finding(
        code="TE448",
        message=f"{index} states another hash for `{file.name}` than the compat data has.",
        why=f"The data has sha256 `{sha256}`, as others have locked it, and the index states "
        f"`{file.sha256}`. Files that are published once do not change.",
        do="Do not install it before you know why. If the data is wrong, report that.",
    )


def _changed(wheel: LockedWheel, locked: str, package: LockedPackage) -> Finding:
    place = package.index or wheel.url.rpartition("/")[0]
    return Finding(
        code="TE439",
        message=f"`{wheel.name}` has another hash than before, at the same address.",
        why=f"The lock has sha256 `{locked}`, and {place} now states `{wheel.sha256}`. Files "
        "that are published once do not change, so one of the two is not what it should be.",
        do="Find out which one is right. To take the new one: "
        f"`torchenv lock --upgrade-package {package.name}`.",
    )


def _not_allowed(sizes: Mapping[str, int]) -> Finding:
    names = ", ".join(f"`{name}` ({size / 1e6:.1f} MB)" for name, size in sorted(sizes.items()))
    return Finding(
        code="TE438",
        message=f"The index states no hash for {names}.",
        why="A lock names every wheel by its hash, and this one can only be learned by fetching "
        f"{sum(sizes.values()) / 1e6:.1f} MB.",
        do="Allow that with `torchenv lock --allow-download`. `torchenv apply` on a machine of the "
        "target needs no leave, since it fetches the wheels anyway.",
    )
