"""Where a lock is, what it holds and what changed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.render._text import count, megabytes, print_rows, say
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from provisioner.api.lock import Locked, LockedSet
    from provisioner.lockfile import LockDifference, LockedPackage


def print_locked(console: Console, locked: LockedSet, *, quiet: bool = False) -> None:
    """Print where each lock is, what it holds, and what changed where there was one before."""
    for one in locked.locks:
        _print_one(console, one, quiet=quiet)


def _print_one(console: Console, locked: Locked, *, quiet: bool) -> None:
    packages = count(len(locked.lock.names), "package")
    said = f"Locked {packages}" if locked.written else f"Already locked: {packages}"
    say(console, Text.assemble(f"{said}, {_sizes(locked)}, in ", (_place(locked), "bold")))
    if locked.previous is None or locked.difference.is_empty or quiet:
        return
    print_rows(console, list(_rows(locked.difference)))


def _sizes(locked: Locked) -> str:
    if not locked.resolved:
        return megabytes(sum(package.wheel.size for package in locked.lock.packages))
    download = f"to download {megabytes(locked.to_download)}"
    if locked.to_install is None:
        return download
    return f"{download}, to install {megabytes(locked.to_install)}"


def _place(locked: Locked) -> str:
    return display(locked.lock.file)


def _rows(found: LockDifference) -> Iterator[tuple[str, ...]]:
    """Yield mark, name, version and size of each change."""
    for one in found.added:
        yield "+", one.name, *_version_and_size(one.after)
    for one in found.removed:
        yield "-", one.name, *_version_and_size(one.before)
    for one in found.changed:
        before, after = (package.version if package else "" for package in (one.before, one.after))
        shown = f"{before} -> {after}" if before != after else f"{after}, other {one.reason}"
        yield "~", one.name, shown, _version_and_size(one.after)[1]
    for source in found.sources:
        mark = "+" if source.before is None else "-" if source.after is None else "~"
        yield mark, source.name, str(source.after or source.before), ""


def _version_and_size(package: LockedPackage | None) -> tuple[str, str]:
    return (package.version, megabytes(package.wheel.size)) if package is not None else ("", "")
