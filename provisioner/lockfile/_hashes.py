"""Hashes that no index states are learned by fetching the wheel, and those that change are refused.

A good part of PyTorch's index states no hash. A wheel of it is downloaded once, which may be
gigabytes, so a lock that is only to be written asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, Severity, VerificationError, WorldError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provisioner.events import Reporter
    from provisioner.lockfile._keep import Upgrade
    from provisioner.lockfile._types import Lock, LockedPackage
    from provisioner.network import Client, IndexFile
    from provisioner.store import Store, WantedWheel

UNASKED_BYTES: Final = 20_000_000
"""What is fetched without being asked for: less than most indexes' pages and metadata together."""


def learn_hashes(
    published: Mapping[str, Sequence[IndexFile]],
    store: Store,
    client: Client,
    reporter: Reporter,
    *,
    allowed: bool,
) -> dict[str, WantedWheel]:
    """Return the best wheel of each package whose index states no hash for it, with its hash.

    Args:
        published: What the trio's index has for the packages that are routed to it, best first.
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
    unknown = [file for file in hashless.values() if store.learned(file.url) is None]
    sizes = {file.name: client.size(file.url) for file in unknown}
    if sum(sizes.values()) > UNASKED_BYTES and not allowed:
        raise WorldError(_not_allowed(sizes))
    learned = {}
    for name, file in hashless.items():
        if file.name in sizes:
            size = sizes[file.name] / 1e6
            reporter.step(f"No hash is stated for {file.name}; fetching {size:.1f} MB to learn it")
        learned[name] = store.learn(file.name, file.url, client, reporter)
    return learned


def learned_here(wheels: Iterable[WantedWheel], index: str) -> tuple[Finding, ...]:
    """Return a note for each hash that was learned; ``index`` is the one that states none."""
    return tuple(
        Finding(
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
        (wheel.name, known[wheel.url], wheel.sha256, package)
        for package in packages
        for wheel in package.wheels
        if known.get(wheel.url, wheel.sha256) != wheel.sha256 and package.name not in upgrade.names
    ]
    if changed:
        raise VerificationError(_changed(*one) for one in changed)


def _changed(name: str, locked: str, stated: str, package: LockedPackage) -> Finding:
    return Finding(
        code="TE439",
        message=f"`{name}` has another hash than before, at the same address.",
        why=f"The lock has sha256 `{locked}`, and {package.index} now states `{stated}`. Files "
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
