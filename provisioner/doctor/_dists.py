"""Reading installed distributions: what ``.dist-info`` says, and whether RECORD's files are there.

Source: PyPA, "Recording installed projects".
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from provisioner import paths
from provisioner.doctor._facts import Dist

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN: Final = 5
"""How many files of each kind are named."""
_CHUNK: Final = 1 << 20
_OFTEN_WRONG: Final = ".dist-info/METADATA"
"""Published wheels have a wrong size and hash of it, as torch 1.12.0 for Windows; no damage."""


def dist_infos(site: Path) -> list[Path]:
    """Return the ``.dist-info`` folders of a folder of packages, sorted."""
    return sorted(one for one in site.glob("*.dist-info") if not one.name.startswith("~"))


def read_dist(folder: Path, root: Path, *, deep: bool) -> Dist:
    """Return the distribution of a ``.dist-info`` folder.

    Args:
        folder: The ``.dist-info`` folder.
        root: What paths are told relative to.
        deep: Whether to hash every file that RECORD has a hash of.
    """
    name, _, version = folder.name.removesuffix(".dist-info").partition("-")
    headers = HeaderParser().parsestr(read_text(folder / "METADATA"))
    rows = _record(folder)
    missing, resized, damaged = _compare(folder.parent, rows, deep=deep)
    return Dist(
        name=canonicalize_name(headers.get("Name") or name),
        version=headers.get("Version") or version,
        folder=os.path.relpath(folder, root),
        installer=read_text(folder / "INSTALLER").strip(),
        requires=tuple(headers.get_all("Requires-Dist") or ()),
        has_record=rows is not None,
        missing=tuple(missing[:_SHOWN]),
        missing_count=len(missing),
        resized=tuple(resized[:_SHOWN]),
        damaged=tuple(damaged[:_SHOWN]),
    )


def read_text(path: Path) -> str:
    """Return what a file says, nothing where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _record(folder: Path) -> list[list[str]] | None:
    """Return the rows of RECORD, None where there is none."""
    try:
        with (folder / "RECORD").open(encoding="utf-8", newline="", errors="replace") as file:
            return [row for row in csv.reader(file) if row and row[0]]
    except (OSError, csv.Error):
        return None


def _compare(
    site: Path, rows: list[list[str]] | None, *, deep: bool
) -> tuple[list[str], list[str], list[str]]:
    """Return files that are missing, of another size, and (where asked) of another hash."""
    missing: list[str] = []
    resized: list[str] = []
    damaged: list[str] = []
    base = str(site)
    for row in rows or ():
        recorded, digest, size = (*row, "", "")[:3]
        name = paths.recorded(recorded)
        if name.endswith((".pyc", "/RECORD")):
            continue
        path = os.path.join(base, name)  # noqa: PTH118  12000 times: as text it is much faster
        try:
            found = os.stat(path)  # noqa: PTH116
        except OSError:
            missing.append(name)
            continue
        if name.endswith(_OFTEN_WRONG):
            continue
        if size.isdigit() and int(size) != found.st_size:
            resized.append(name)
        elif deep and digest.startswith("sha256=") and _sha256(path) != digest[7:]:
            damaged.append(name)
    return missing, resized, damaged


def _sha256(path: str) -> str:
    """Return the digest in the form of RECORD: URL-safe base64 without padding."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
