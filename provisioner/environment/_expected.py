"""What every file of a generation must hold: by the wheels' RECORDs, or as it was made.

What no wheel vouches for (scripts, ``activate``, the installer's own files, byte code of the proof)
is hashed once, when the generation is complete. ``torchenv-made.txt`` has a line for each: path,
tab, digest; the state has the sha256 of that file. A link's digest is where it leads.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from provisioner import paths
from provisioner.environment._drift import encode
from provisioner.environment._hashing import USUAL_ALGORITHM, ToHash, hash_files
from provisioner.environment._records import iter_rows, keep_record, kept_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.environment._records import Row
    from provisioner.environment._state import Package, State

_LINK: Final = "link="


class Entry(NamedTuple):
    """A file that is there, as the walk over the folder saw it.

    A tuple, since it is made for every file: a frozen dataclass takes four times as long to make.
    """

    path: str
    kind: str
    """``f`` for a file, ``l`` for a link, ``o`` for anything else."""
    size: int
    mtime_ns: str
    """As the listing spells it: nobody computes with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the files of a generation must hold."""

    rows: Mapping[str, tuple[tuple[str, Row], ...]]
    """(package, row) by installed path; several where two wheels have one path."""
    made: Mapping[str, str]
    """Digest by path, of what no wheel vouches for."""
    unknown: tuple[str, ...] = ()
    """Names of packages whose RECORD is not to be had."""

    def digests(self, path: str) -> tuple[str, ...]:
        """Return the digests that the file at ``path`` may have; none where it is not expected."""
        made = self.made.get(path)
        return (made,) if made is not None else tuple(r.digest for _, r in self.rows.get(path, ()))

    def algorithm(self, path: str) -> str:
        """Return the algorithm that the file at ``path`` is compared by."""
        digests = self.digests(path)
        return digests[0].partition("=")[0] if digests else USUAL_ALGORITHM


@dataclass(slots=True)
class _Rows:
    by_path: dict[str, tuple[tuple[str, Row], ...]] = field(default_factory=dict)

    def add(self, package: str, rows: Iterable[Row]) -> None:
        for row in rows:
            self.by_path[row.path] = (*self.by_path.get(row.path, ()), (package, row))


def entries(listing: str) -> list[Entry]:
    """Return the entries of a listing (``provisioner._quick.list_files``)."""
    split = (line.rsplit("\t", 3) for line in listing.split("\n") if line)
    return [Entry(path, kind, int(size), mtime_ns) for path, kind, size, mtime_ns in split]


def site_of(generation: Generation) -> str:
    """Return ``site-packages`` from the generation's folder; empty where there is none."""
    found = generation.site_packages()
    return os.path.relpath(found[0], generation.folder.resolve()) if found else ""


def rows_of_wheels(
    records: Path, packages: Iterable[Package], wheels: Mapping[str, Path], site: str
) -> dict[str, tuple[tuple[str, Row], ...]]:
    """Return the rows of wheels that were just verified, and keep their RECORDs.

    A wheel without a RECORD that can be read vouches for nothing.
    """
    found = _Rows()
    for package in packages:
        with contextlib.suppress(ValueError, csv.Error, zipfile.BadZipFile, OSError):
            record = keep_record(records, package.sha256, wheels[package.sha256])
            found.add(package.name, iter_rows(record, site))
    return found.by_path


def owners_of_wheels(
    records: Path, packages: Iterable[Package], wheels: Mapping[str, Path], site: str
) -> dict[str, tuple[str, ...]]:
    """Return the packages that each installed file is of, and keep their RECORDs.

    Args:
        records: Where RECORDs are kept.
        packages: Of wheels that were just verified.
        wheels: Their files by sha256; one without a RECORD that can be read vouches for nothing.
        site: ``site-packages`` from the generation's folder.
    """
    found: dict[str, tuple[str, ...]] = {}
    for package in packages:
        own = (package.name,)
        with contextlib.suppress(ValueError, csv.Error, zipfile.BadZipFile, OSError):
            record = keep_record(records, package.sha256, wheels[package.sha256])
            for row in iter_rows(record, site):
                found[row.path] = found[row.path] + own if row.path in found else own
    return found


def write_made(
    generation: Generation, listed: Iterable[Entry], byte_code: Iterable[str], known: Iterable[str]
) -> str:
    """Hash what no wheel vouches for, write the list, and return the sha256 of that.

    Args:
        generation: Complete but for its state and its manifest.
        listed: Its files.
        byte_code: Paths of its byte code.
        known: Paths that a wheel vouches for.

    Raises:
        OSError: A link cannot be read, or the list not be written.
    """
    covered = frozenset(known)
    rest = [entry for entry in listed if entry.path not in covered]
    folder = str(generation.folder)
    files = [ToHash(entry.path, entry.size) for entry in rest if entry.kind == "f"]
    files += [ToHash(path, 0) for path in byte_code]
    digests = {path: digest for path, digest in hash_files(folder, files).items() if digest}
    digests.update((e.path, link_digest(f"{folder}/{e.path}")) for e in rest if e.kind == "l")
    lines = "".join(f"{path}\t{digest}\n" for path, digest in sorted(digests.items()))
    content = encode(lines)
    paths.write_atomic(generation.made, content)
    return hashlib.sha256(content).hexdigest()


def read_expected(generation: Generation, state: State, records: Path, site: str) -> Expected:
    """Return what the files of a generation must hold.

    Raises:
        OSError: Its list cannot be read.
    """
    found = _Rows()
    unknown = []
    for package in state.packages:
        record = kept_record(records, package.sha256)
        try:
            found.add(package.name, iter_rows(record or b"", site))
        except csv.Error:
            record = None
        if record is None:
            unknown.append(package.name)
    return Expected(rows=found.by_path, made=_read_made(generation, state), unknown=tuple(unknown))


def link_digest(path: str) -> str:
    """Return what stands for a link's content: where it leads.

    Raises:
        OSError: It is no link.
    """
    digest = hashlib.sha256(os.fsencode(os.readlink(path)))  # noqa: PTH115 - a plain string
    return _LINK + digest.hexdigest()


def _read_made(generation: Generation, state: State) -> dict[str, str]:
    """Read the list; empty where it was changed since, which makes every such file differ."""
    content = generation.made.read_bytes()
    if state.made is not None and hashlib.sha256(content).hexdigest() != state.made:
        return {}
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    return dict(line.rsplit("\t", 1) for line in lines if line)
