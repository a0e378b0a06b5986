"""Whether a wheel is safe and what its name says (binary distribution format, "File contents")."""

from __future__ import annotations

import zipfile
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from provisioner.findings import VerificationError
from provisioner.store._findings import not_safe, not_what_it_says
from provisioner.store._safety import Startup, startup, unsafe

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.store._types import WantedWheel

_METADATA_LIMIT: Final = 16 << 20
"""Far above any real METADATA; keeps a prepared zip file from filling the memory."""


def check_wheel(file: Path, wheel: WantedWheel) -> None:
    """Check that METADATA names the project and version of the file name, and that it is safe.

    Raises:
        VerificationError: ``TE504``; also for what is no wheel at all. ``TE512``, it must not be
            unpacked.
        OSError: The file cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            name, version = _read_metadata(archive)
            reason = unsafe(archive)
    except OSError:
        raise
    except Exception as exc:  # zlib, lzma and zipfile each raise their own on foreign data
        why = f"It is not a readable wheel ({exc})."
        raise VerificationError(not_what_it_says(wheel, why)) from exc
    if reason is not None:
        raise VerificationError(not_safe(wheel, reason))
    wanted_name, wanted_version, _, _ = parse_wheel_filename(wheel.name)
    if canonicalize_name(name) != wanted_name or _version(version) != wanted_version:
        why = f"Its metadata says `{name}` {version}."
        raise VerificationError(not_what_it_says(wheel, why))


def read_startup(file: Path) -> Startup:
    """Return what of a wheel of the store runs by itself or becomes a command.

    Raises:
        OSError: The file cannot be read.
        zipfile.BadZipFile: It is no wheel.
    """
    with zipfile.ZipFile(file) as archive:
        return startup(archive)


def _read_metadata(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Return Name and Version of a wheel's METADATA.

    Raises:
        ValueError: There is not exactly one, or it is too large.
        zipfile.BadZipFile: This is no zip file. Decompression raises others of its own.
    """
    found = [info for info in archive.infolist() if _is_metadata(info.filename)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} `*.dist-info/METADATA` in it")
    if found[0].file_size > _METADATA_LIMIT:
        raise ValueError("its METADATA is too large")
    headers = BytesHeaderParser().parsebytes(archive.read(found[0]))
    return str(headers["Name"]), str(headers["Version"])


def _is_metadata(path: str) -> bool:
    folder, _, name = path.partition("/")
    return folder.endswith(".dist-info") and name == "METADATA"


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
