"""``torchenv lock``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from provisioner.api.lock import LockOptions, check_lock, lock
from provisioner.api.spec import load_spec
from provisioner.cli import _parts
from provisioner.cli._output import Output
from provisioner.cli.commands._common import OFFLINE, SPEC, output_options
from provisioner.findings import ExitCode, Severity
from provisioner.lockfile import Upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.api.lock import Locked, LockedSet
    from provisioner.lockfile import LockDifference, LockedPackage


def _date_or_age(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    from provisioner.spec import newest_instant

    if text is not None:
        try:
            newest_instant(text, datetime.now(timezone.utc))
        except (ValueError, OverflowError):
            message = f"`{text}` is neither a date (2026-03-31) nor an age (7 days)."
            raise click.BadParameter(message) from None
    return text


@click.command()
@SPEC
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the lock is stale.")
@click.option(
    "--index",
    is_flag=True,
    help="With --check: ask the indexes too, for files that were withdrawn or changed.",
)
@click.option("--upgrade", is_flag=True, help="Take the newest versions that the spec admits.")
@click.option(
    "--upgrade-package",
    "upgraded",
    multiple=True,
    metavar="NAME",
    help="Take the newest version of this package; may be repeated.",
)
@click.option(
    "--exclude-newer",
    metavar="DATE",
    callback=_date_or_age,
    help="Choose nothing newer than this date or age ('7 days'); makes the lock anew.",
)
@click.option(
    "--allow-download",
    is_flag=True,
    help="Fetch wheels of any size whose hash no index states, to learn it.",
)
@OFFLINE
@output_options
def command(  # noqa: PLR0913 - one for each option
    spec: Path,
    *,
    check: bool,
    index: bool,
    upgrade: bool,
    upgraded: tuple[str, ...],
    exclude_newer: str | None,
    allow_download: bool,
    offline: bool,
    **options: bool,
) -> int:
    """Plan SPEC, resolve it, and write the lock beside it (pylock.NAME.toml).

    A spec with targets gets one lock for each (pylock.NAME-TARGET.toml), written together.

    A lock that is right stays as it is. Else versions that are locked stay, unless SPEC demands
    others or an upgrade is asked for.
    """
    if check and (upgrade or upgraded or exclude_newer):
        raise click.UsageError("--check writes nothing, so no other choice can be made with it.")
    if index and not check:
        raise click.UsageError("--index belongs to --check; locking asks the indexes anyway.")
    output = Output(command="lock", **options)
    loaded = load_spec(spec)
    if check:
        return _show_check(output, check_lock(loaded, index=index))
    locked = lock(
        loaded,
        options=LockOptions(
            upgrade=Upgrade(everything=True) if upgrade else Upgrade.of(upgraded),
            exclude_newer=exclude_newer,
            allow_download=allow_download,
            offline=offline,
        ),
        reporter=output.reporter(),
    )
    if output.as_json:
        output.document(_body(locked), locked.findings)
        return int(ExitCode.DONE)
    from provisioner.cli.render.lock import print_locked

    output.findings(locked.findings)
    print_locked(output.console(), locked, quiet=output.quiet)
    return int(ExitCode.DONE)


def _show_check(output: Output, checked: LockedSet) -> int:
    """Show what the check of a lock found: nothing at all where the lock is right."""
    if output.as_json:
        output.document(_body(checked), checked.findings)
    else:
        output.findings(checked.findings)
    is_right = all(one.severity is not Severity.ERROR for one in checked.findings)
    return int(ExitCode.DONE if is_right else ExitCode.DIFFERENCE)


def _body(locked: LockedSet) -> dict[str, Any]:
    """Return where the locks are and what they hold; a sole one stands at the top."""
    targets = {one.lock.target.name or _parts.TARGET: _lock(one) for one in locked.locks}
    return {"targets": targets, **(_lock(locked.sole) if len(targets) == 1 else {})}


def _lock(locked: Locked) -> dict[str, Any]:
    return {
        "file": str(locked.lock.file),
        "digest": locked.lock.digest,
        "written": locked.written,
        "resolved": locked.resolved,
        "to_download": locked.to_download,
        "to_install": locked.to_install,
        "changes": _changes(locked.difference),
        "stale": [asdict(one) for one in locked.stale],
        "packages": [_package(package) for package in locked.lock.packages],
        "from_source": [{"name": one.name, "source": str(one)} for one in locked.lock.sources],
    }


def _changes(found: LockDifference) -> dict[str, Any]:
    """Return what changed from the lock before."""
    return {
        "added": [_package(one.after) for one in found.added],
        "removed": [_package(one.before) for one in found.removed],
        "changed": [
            {
                "name": one.name,
                "reason": one.reason,
                "before": _package(one.before),
                "after": _package(one.after),
            }
            for one in found.changed
        ],
        "unchanged": found.unchanged,
        "from_source": [
            {
                "name": one.name,
                "before": None if one.before is None else str(one.before),
                "after": None if one.after is None else str(one.after),
            }
            for one in found.sources
        ],
    }


def _package(package: LockedPackage | None) -> dict[str, Any] | None:
    if package is None:
        return None
    return {
        "name": package.name,
        "version": package.version,
        "size": package.wheel.size,
        "index": package.index,
    }
