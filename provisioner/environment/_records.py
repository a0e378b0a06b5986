"""What the files of an installed wheel must be, by the wheel's own RECORD.

The RECORD in ``site-packages`` was rewritten by the installer and can be changed by anybody who
changes a file, so it vouches for nothing. That of the wheel is kept in the store, under the wheel's
hash, when the wheel has just been verified: ``<store>/records/<sha256>`` holds the sha256 of the
rest on its first line, then the RECORD.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import os
import zipfile
from typing import TYPE_CHECKING, Final, NamedTuple

from provisioner import paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SITE_SCHEMES: Final = frozenset({"purelib", "platlib"})
_INSTALLERS_OWN: Final = frozenset(
    {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"}
)
"""Files of a ``.dist-info`` that the installer writes, whatever the wheel has under that name."""
_COLUMNS: Final = 3
"""Path, digest, size."""


class Row(NamedTuple):
    """One file of a wheel as RECORD describes it; a tuple, since torch has 16,000 of them."""

    path: str
    """Where it is installed, from the environment's folder."""
    digest: str
    """``sha256=<urlsafe base64 without padding>``; another algorithm is possible."""
    size: int | None
    member: str
    """Its path in the wheel."""


def records_folder(environ: Mapping[str, str]) -> Path:
    """Return where the RECORDs of verified wheels are kept."""
    return paths.store_root(environ) / "records"


def keep_record(folder: Path, sha256: str, wheel: Path) -> bytes:
    """Return the RECORD of a wheel that was just verified, and keep it for later.

    Args:
        folder: Where RECORDs are kept.
        sha256: Of the wheel.
        wheel: The file.

    Raises:
        ValueError: The wheel has no RECORD, or several.
        zipfile.BadZipFile: It is no zip file.
        OSError: It cannot be read. That the RECORD cannot be kept is no failure.
    """
    known = kept_record(folder, sha256)
    if known is not None:
        return known
    record = read_record(wheel)
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256(record).hexdigest().encode()
        paths.write_atomic(folder / sha256, digest + b"\n" + record)
    return record


def kept_record(folder: Path, sha256: str) -> bytes | None:
    """Return a RECORD that was kept; None where it is not there or was damaged since."""
    try:
        digest, _, record = (folder / sha256).read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(record).hexdigest().encode() != digest:
        return None
    with contextlib.suppress(OSError):
        os.utime(folder / sha256)  # when it was last used, by which it is removed one day
    return record


def read_record(wheel: Path) -> bytes:
    """Return the RECORD of a wheel.

    Raises:
        ValueError: It has none, or several.
        zipfile.BadZipFile: It is no zip file.
        OSError: It cannot be read.
    """
    with zipfile.ZipFile(wheel) as archive:
        found = [name for name in archive.namelist() if _is_record(name)]
        if len(found) != 1:
            raise ValueError(f"{len(found)} `*.dist-info/RECORD` in it")
        return archive.read(found[0])


def iter_rows(record: bytes, site: str) -> Iterator[Row]:
    """Yield the files that are installed as they are in the wheel.

    Left out is what the installer rewrites (scripts get the environment's interpreter) or writes
    itself, and what has no hash.

    Args:
        record: RECORD of a wheel.
        site: ``site-packages`` from the environment's folder.
    """
    for member, digest, size in _split(record):
        path = _installed_path(member, site)
        if digest and path is not None:
            yield Row(path, digest, int(size) if size.isdigit() else None, member)


def iter_members(record: bytes) -> Iterator[tuple[str, str]]:
    """Yield (member, digest) of everything in a wheel that has a digest."""
    return ((member, digest) for member, digest, _ in _split(record) if digest)


def dist_info_of(record: bytes) -> str:
    """Return the name of the ``.dist-info`` folder of a wheel; empty where RECORD has none."""
    tops = (member.partition("/")[0] for member, _, _ in _split(record))
    return next((top for top in tops if top.endswith(".dist-info")), "")


def installed_members(wheel: Path, site: str) -> frozenset[str]:
    """Return where the members of a wheel go, those that its RECORD does not have included.

    Raises:
        zipfile.BadZipFile: It is no zip file.
        OSError: It cannot be read.
    """
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(filter(None, (_installed_path(n, site) for n in archive.namelist())))


def is_installers_own(path: str) -> bool:
    """Whether the installer writes this file of a ``.dist-info`` itself."""
    folder, _, name = path.rpartition("/")
    return folder.endswith(".dist-info") and name in _INSTALLERS_OWN


def _split(record: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield (member, digest, size)."""
    text = record.decode("utf-8", "surrogateescape")
    for row in csv.reader(io.StringIO(text, newline="")):
        member, digest, size = row if len(row) == _COLUMNS else (*row, "", "", "")[:_COLUMNS]
        yield paths.recorded(member), digest, size


def _installed_path(member: str, site: str) -> str | None:
    """Return where a member of a wheel goes (binary distribution format, "Spread"), or None."""
    if ".data/" not in member and ".dist-info/" not in member:
        return f"{site}/{member}"  # nearly all of them
    top, _, rest = member.partition("/")
    if top.endswith(".data"):
        scheme, _, path = rest.partition("/")
        if scheme in _SITE_SCHEMES:
            return f"{site}/{path}"
        return path if scheme == "data" else None
    if top.endswith(".dist-info") and rest in _INSTALLERS_OWN:
        return None
    return f"{site}/{member}"


def _is_record(member: str) -> bool:
    folder, _, name = member.partition("/")
    return folder.endswith(".dist-info") and name == "RECORD"
