"""Comparing installed packages with the wheels of the lock, byte by byte."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provisioner.environment._hashing import ToHash, hash_files
from provisioner.environment._records import Row, is_installers_own, iter_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.environment.inplace._installed import Distribution
    from provisioner.environment.inplace._site import Site

_NAMED = 3


def rows_of(record: bytes, site: Site) -> tuple[Row, ...]:
    """Return the files of a wheel with their absolute paths in a site."""
    below = os.path.relpath(site.purelib, site.prefix)
    return tuple(
        Row(os.path.normpath(f"{site.prefix}/{row.path}"), row.digest, row.size, row.member)
        for row in iter_rows(record, below)
        if not is_installers_own(row.path)
    )


def differences(
    wanted: Mapping[str, Iterable[Row]], installed: Iterable[Distribution]
) -> dict[str, str]:
    """Return what differs from the wheel, in words, for each package that differs.

    Args:
        wanted: Files by the name of the package.
        installed: What is there; only packages in ``wanted`` are looked at. What the installed
            RECORD names beyond the wheel's must be there too (scripts, which installers write).
    """
    found: dict[str, str] = {}
    to_hash = [
        ToHash(row.path.lstrip("/"), row.size or 0, row.digest.partition("=")[0])
        for rows in wanted.values()
        for row in rows
    ]
    digests = hash_files("/", to_hash)
    for name, rows in wanted.items():
        wrong = [row.path for row in rows if digests[row.path.lstrip("/")] != row.digest]
        owned = [one for one in installed if one.name == name]
        # Byte code, which pip records, comes and goes.
        named = (path for one in owned for path in one.files if not path.endswith(".pyc"))
        missing = [path for path in named if not os.path.lexists(path)]
        if wrong or missing:
            found[name] = _in_words(sorted({*wrong, *missing}), owned)
    return found


def _in_words(paths: list[str], owned: list[Distribution]) -> str:
    bases = [f"{one.folder.parent}/" for one in owned]
    shown = []
    for path in paths[:_NAMED]:
        base = next((base for base in bases if path.startswith(base)), "")
        shown.append(path.removeprefix(base))
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    verb = "differs" if len(paths) == 1 else "differ"
    return f"the same version, and {', '.join(shown)}{more} {verb} from the locked wheel"
