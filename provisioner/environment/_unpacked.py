"""The engine's cache of unpacked wheels, and how its files reach a generation.

Unpacking torch takes ten times as long as linking it, so unpacked wheels stay in the store, where
that and the environment share a file system. Files reach a generation as reflinks, which share
nothing that can be written, else as hard links, which share their bytes with the cache and with
other generations. So hard links lose their write permission, and their sizes and times are compared
after each installation with those that they had when they were unpacked: whoever edits such a file
edits the cache. Where the store is on another file system, the cache lies beside the generations,
which share by hard links what did not change, and holds nothing that none of them uses. Without
either, files are copied from a cache that ends with the installation.

In the cache: the engine's own folders, and ``torchenv-lists/<sha256 of the wheel>`` with the sha256
of the rest on its first line, then ``path``, tab, size, tab, mtime of each file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from provisioner import paths
from provisioner._quick import list_files
from provisioner.engine import Engine
from provisioner.environment._drift import encode
from provisioner.environment._hashing import ToHash, hash_files, member_digest
from provisioner.environment._layout import BESIDE
from provisioner.environment._records import iter_members
from provisioner.process import ProcessFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from provisioner.environment._expected import Entry
    from provisioner.environment._layout import Generation

LinkMode = Literal["clone", "hardlink", "copy"]
"""How files reach a generation, in the engine's words: ``clone`` is a reflink."""

_FICLONE: Final = 0x40049409
"""ioctl of linux/fs.h: make one file share the blocks of another."""
_WRITE: Final = 0o222


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Where wheels are unpacked, and how their files get from there into a generation."""

    folder: Path
    mode: LinkMode
    """``copy``: the cache ends with the installation."""
    is_apart: bool = False
    """Whether it is for one environment, whose file system is not the store's."""

    @property
    def mode_of_store(self) -> LinkMode:
        """How what is in the store reaches the environment."""
        return "copy" if self.is_apart else self.mode


def unpacked_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of unpacked wheels."""
    return paths.store_root(environ) / "unpacked"


def engine_cache(environ: Mapping[str, str], generation: Generation) -> Cache:
    """Return where the engine unpacks the wheels of a generation, and how their files reach it.

    Args:
        environ: The caller's environment variables.
        generation: Need not be there yet; the folder of all generations must.
    """
    root = generation.folder.parent
    of_store = unpacked_folder(environ)
    mode = link_mode(of_store, root)
    if mode != "copy":
        return Cache(folder=of_store, mode=mode)
    # Only by hard links can be seen what no generation uses any more.
    if can_link(root / BESIDE, root):
        return Cache(folder=root / BESIDE, mode="hardlink", is_apart=True)
    # Without links, what the engine unpacks beside the generation it links: written once.
    return Cache(folder=generation.building / "unpacked", mode="copy")


def link_mode(cache: Path, folder: Path) -> LinkMode:
    """Return how files of ``cache`` can reach ``folder``; found out by trying.

    Args:
        cache: Made where it is missing.
        folder: Where a file may be made and removed.
    """
    if _can(_clone, cache, folder):
        return "clone"
    return "hardlink" if can_link(cache, folder) else "copy"


def can_link(cache: Path, folder: Path) -> bool:
    """Whether files of ``cache`` can have a second name in ``folder``; found out by trying."""
    return _can(os.link, cache, folder)


def _can(share: Callable[[Path, Path], object], cache: Path, folder: Path) -> bool:
    probe = f".torchenv-probe-{os.getpid()}"
    source, target = cache / probe, folder / probe
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        source.write_bytes(b"x" * 4096)
        share(source, target)
    except OSError:
        return False
    else:
        return True
    finally:
        for path in (source, target):
            with contextlib.suppress(OSError):
                path.unlink()


def _clone(source: Path, target: Path) -> None:
    with source.open("rb") as one, target.open("wb") as two:
        fcntl.ioctl(two.fileno(), _FICLONE, one.fileno())


def known_facts(cache: Path, sha256: str) -> str | None:
    """Return what was noted about the files of an unpacked wheel, None where nothing was.

    That is what :func:`facts_of` returned, so that a text is compared and no file by itself.
    """
    try:
        digest, _, lines = (_lists(cache) / sha256).read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(lines).hexdigest().encode() != digest:
        return None
    return lines.decode("utf-8", "surrogateescape")


def facts_of(files: Iterable[Entry]) -> str:
    """Return path, size and time of files, by which a change is noticed; a line for each."""
    return "".join([f"{one.path}\t{one.size}\t{one.mtime_ns}\n" for one in files])


def count_folders(facts: str) -> int:
    """Return how many folders the files of an unpacked wheel are in."""
    return len({line.rsplit("\t", 2)[0].rpartition("/")[0] for line in facts.split("\n")})


def note_facts(cache: Path, sha256: str, facts: str) -> None:
    """Note sizes and times of the files of a wheel that was just unpacked; or do without."""
    lines = encode(facts)
    digest = hashlib.sha256(lines).hexdigest().encode()
    with contextlib.suppress(OSError):
        paths.write_atomic(_lists(cache) / sha256, digest + b"\n" + lines)


def protect(folder: str, files: Iterable[str]) -> None:
    """Remove the write permission of files that share their bytes with the cache."""
    for name in files:
        path = f"{folder}/{name}"
        with contextlib.suppress(OSError):
            os.chmod(path, os.stat(path).st_mode & 0o777 & ~_WRITE)  # noqa: PTH101, PTH116 - 12,000


def faulty_copy(cache: Path, dist_info: str, record: bytes, wheel: Path) -> Path | None:
    """Return the unpacked copy of a wheel where it is not what the wheel holds, else None.

    Args:
        cache: The engine's cache.
        dist_info: Name of the wheel's ``.dist-info`` folder.
        record: RECORD of the wheel.
        wheel: Decides where RECORD and copy differ.
    """
    copies = [found.parent for found in sorted(cache.glob(f"archive-v*/*/{dist_info}"))]
    mine = [copy for copy in copies if _bytes_of(copy / dist_info / "RECORD") == record]
    if copies and not mine:
        return copies[0]  # its RECORD is gone or was changed
    return next((copy for copy in mine if not _is_whole(copy, record, wheel)), None)


def _is_whole(copy: Path, record: bytes, wheel: Path) -> bool:
    wanted = dict(iter_members(record))
    asked = [ToHash(member, 0, digest.partition("=")[0]) for member, digest in wanted.items()]
    found = hash_files(str(copy), asked)
    return not added_to_copy(copy, record, wheel) and all(
        told == wanted[member] or told == _of_wheel(wheel, member, wanted[member])
        for member, told in found.items()
    )


def added_to_copy(copy: Path, record: bytes, wheel: Path) -> tuple[str, ...]:
    """Return the files of an unpacked copy that are not in its wheel, sorted."""
    there = {line.rsplit("\t", 3)[0] for line in list_files(str(copy)).split("\n") if line}
    extra = there.difference(member for member, _ in iter_members(record))
    if not extra:
        return ()
    with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(wheel) as archive:
        extra.difference_update(archive.namelist())
    return tuple(sorted(extra))


def _of_wheel(wheel: Path, member: str, digest: str) -> str | None:
    """Return the digest of a member itself: RECORDs have been wrong."""
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile):
        return member_digest(wheel, member, digest.partition("=")[0])
    return ""


def _bytes_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def forget(cache: Path, name: str, sha256: str, environ: Mapping[str, str]) -> None:
    """Remove every unpacked copy of a project's wheels.

    Raises:
        OSError: A list cannot be removed.
    """
    (_lists(cache) / sha256).unlink(missing_ok=True)
    with contextlib.suppress(ProcessFailedError):
        Engine(cache=cache, environ=environ).run(["cache", "clean", name])


def _lists(cache: Path) -> Path:
    return cache / "torchenv-lists"
