"""Which files conda installed, by its own records: not all of its packages sign themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provisioner.environment.inplace._site import Site


def owners(site: Site, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the names of conda's packages that own one of these files, sorted.

    ``<prefix>/conda-meta/<package>.json`` names the files of each package that conda installed,
    from the prefix on. A record that cannot be read owns nothing.

    Args:
        site: Whose prefix may be conda's.
        paths: Absolute paths.
    """
    records = sorted((site.prefix / "conda-meta").glob("*.json"))
    if not records:
        return ()
    wanted = {path.removeprefix(f"{site.prefix}/") for path in paths}
    return tuple(sorted({name for record in records if (name := _owner(record, wanted))}))


def _owner(record: Path, wanted: set[str]) -> str:
    """Return the name of a package that owns one of the files, else nothing."""
    try:
        content = json.loads(record.read_bytes())
        return "" if wanted.isdisjoint(content["files"]) else str(content["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
