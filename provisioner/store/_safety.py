"""What a wheel must not hold, looked at before anything of it is unpacked.

An unpacker writes where a member's name says. So a wheel with the right hash can still be an attack
by its publisher, or a broken upload: names that lead out of the environment, links, two members of
one name of which one tool takes the first and another the last, members that lie upon each other
and unpack to terabytes, scripts whose name is a path.

A wrong size or hash in RECORD is no attack: the lock has the hash of the whole wheel, and
installers go by the bytes. Published wheels have them, for METADATA: torch 1.12.0 and torchaudio
0.12.0 for Windows, torchvision 0.13.0 for Linux. That of torchvision 0.13.0 for Windows has
backslashes in its paths. So of RECORD only the paths are judged: an uninstaller removes what it
names.
"""

from __future__ import annotations

import configparser
import csv
import io
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner import paths

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Sequence

_DRIVE: Final = re.compile(r"[A-Za-z]:")
_BOMB_BYTES: Final = 1 << 30
_BOMB_RATIO: Final = 100
"""A real torch unpacks to four times its size, text to ten times."""
_ENCRYPTED: Final = 0x1
_SCHEMES: Final = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""Folders of ``<name>-<version>.data`` (binary distribution format)."""
_TARGET: Final = re.compile(r"\w+(\.\w+)*(\s*:\s*\w+(\.\w+)*)?\s*(\[.*\])?")
_RECORD_LIMIT: Final = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """What of a wheel runs by itself or becomes a command."""

    pth: tuple[str, ...]
    """Files that Python reads at each start, paths inside the wheel."""
    scripts: tuple[str, ...]
    """Commands that it brings, by name."""


def unsafe(archive: zipfile.ZipFile) -> str | None:
    """Return why a wheel must not be unpacked, as a sentence, or None."""
    members = archive.infolist()
    return next(
        (
            reason
            for reason in (
                *(_about_member(one) for one in members),
                _about_twins(members),
                _about_overlaps(members),
                _about_size(members),
                *_about_records(archive, members),
                *_about_scripts(archive, members),
            )
            if reason is not None
        ),
        None,
    )


def startup(archive: zipfile.ZipFile) -> Startup:
    """Return what of a wheel runs by itself or becomes a command; it must be safe."""
    names = [one.filename for one in archive.infolist()]
    top = [_in_site(name) for name in names]
    entries = [name for name, _ in _entry_points(archive, names)]
    files = [name.rpartition("/")[2] for name in names if _is_script(name)]
    return Startup(
        pth=tuple(sorted(name for name in top if "/" not in name and _starts(name))),
        scripts=tuple(sorted({*entries, *files})),
    )


def _starts(name: str) -> bool:
    """Whether Python reads a file of this name at each start (``.start``: PEP 829)."""
    return name.endswith((".pth", ".start"))


def _in_site(name: str) -> str:
    """Return where below ``site-packages`` a member goes."""
    parts = name.split("/")
    if parts[0].endswith(".data") and len(parts) > 2 and parts[1] in {"purelib", "platlib"}:  # noqa: PLR2004 - folder, scheme, rest
        return "/".join(parts[2:])
    return name


def _is_script(name: str) -> bool:
    parts = name.split("/")
    return len(parts) > 2 and parts[0].endswith(".data") and parts[1] == "scripts"  # noqa: PLR2004 - as above


def path_flaw(name: str) -> str | None:
    """Return what is wrong with a path inside a wheel, or None; pure."""
    parts = name.removesuffix("/").split("/")
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path"
    if ".." in parts:
        return "leads out of its folder"
    if "\\" in name or "\0" in name or any(ord(one) < 32 for one in name):  # noqa: PLR2004 - control characters
        return "has characters that no path may have"
    if "" in parts or "." in parts:
        return "has empty parts"
    return None


def _about_member(info: zipfile.ZipInfo) -> str | None:
    flaw = path_flaw(info.filename)
    if flaw is not None:
        return f"The member `{info.filename}` {flaw}."
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return f"The member `{info.filename}` is a link or device, not a file."
    if info.flag_bits & _ENCRYPTED:
        return f"The member `{info.filename}` is encrypted."
    parts = info.filename.split("/")
    if parts[0].endswith(".data") and len(parts) > 1 and parts[1] and parts[1] not in _SCHEMES:
        return f"The member `{info.filename}` is for a place that no wheel can name."
    return None


def _about_twins(members: Sequence[zipfile.ZipInfo]) -> str | None:
    seen = set()
    for info in members:
        name = info.filename.removesuffix("/")
        if name in seen:
            return f"Two members are called `{name}`."
        seen.add(name)
    files = {one.filename for one in members if not one.is_dir()}
    for name in seen:
        above = name.rpartition("/")[0]
        if above in files:
            return f"`{above}` is a file and a folder at once."
    return None


def _about_overlaps(members: Sequence[zipfile.ZipInfo]) -> str | None:
    end, before = 0, ""
    for info in sorted(members, key=lambda one: one.header_offset):
        if info.header_offset < end:
            return f"The members `{before}` and `{info.filename}` lie upon each other."
        end, before = info.header_offset + info.compress_size, info.filename
    return None


def _about_size(members: Sequence[zipfile.ZipInfo]) -> str | None:
    packed = sum(one.compress_size for one in members)
    unpacked = sum(one.file_size for one in members)
    if unpacked > _BOMB_BYTES and unpacked > _BOMB_RATIO * max(1, packed):
        return (
            f"It unpacks to {unpacked / 1e9:.1f} GB, {unpacked // max(1, packed)} times its size."
        )
    return None


def _about_records(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]
) -> Iterator[str | None]:
    """Judge the paths in RECORD, not its sizes and hashes."""
    for one in members:
        name = one.filename
        if name.count("/") == 1 and name.endswith(".dist-info/RECORD"):
            if one.file_size > _RECORD_LIMIT:
                yield "Its RECORD is too large."
                return
            yield _about_rows(archive.read(name).decode("utf-8", "replace"))


def _about_rows(text: str) -> str | None:
    seen = set()
    for row in csv.reader(io.StringIO(text)):
        if not row:
            continue
        path = paths.recorded(row[0])
        flaw = path_flaw(path)
        if flaw is not None:
            return f"Its RECORD names `{path}`, which {flaw}."
        if path in seen:
            return f"Its RECORD names `{path}` twice."
        seen.add(path)
    return None


class _CasefulParser(configparser.RawConfigParser):
    """Reads names as they are."""

    def optionxform(self, optionstr: str) -> str:
        """Change nothing."""
        return optionstr


def _about_scripts(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]
) -> Iterator[str | None]:
    for name, target in _entry_points(archive, [one.filename for one in members]):
        if "/" in name or "\\" in name or name in {"", ".", ".."} or not name.isprintable():
            yield f"It brings a command called `{name}`, which is no plain name."
        elif _TARGET.fullmatch(target) is None:
            yield f"Its command `{name}` starts `{target}`, which is no function of a module."


def _entry_points(archive: zipfile.ZipFile, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for path in names:
        if path.count("/") == 1 and path.endswith(".dist-info/entry_points.txt"):
            parser = _CasefulParser(delimiters=("=",), strict=False)
            parser.read_string(archive.read(path).decode("utf-8", "replace"))
            for group in ("console_scripts", "gui_scripts"):
                if parser.has_section(group):
                    yield from parser.items(group)
