"""A bundle: everything that an environment needs, to carry to a machine without a network.

A folder, or the same in one ``.tar``:

- ``locks/``: the locks as they were committed, byte by byte;
- ``wheels/``: the wheels that they name, and ``index.html``, a page that links them with hashes;
- ``pylock.*.toml`` and ``requirements.*.txt``: the same for other tools, with paths instead of
  addresses, for ``uv pip sync`` and ``pip install -r``;
- ``bundle.json``: what there is, with hashes, and which Python each lock is for.

Nothing in it depends on the time or the machine. Nothing in it is believed either: a lock is
compared with the committed one, and a wheel with the hash there.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import shutil
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provisioner.findings import VerificationError, WorldError
from provisioner.lockfile import _bundle_findings as _findings
from provisioner.store import WantedWheel, disk_failure, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from provisioner.events import Reporter
    from provisioner.findings import Finding
    from provisioner.lockfile._types import Lock, LockedWheel
    from provisioner.store import Store

_FORMAT: Final = 1
_TEXT_LIMIT: Final = 64 << 20
_CONTENTS: Final = "bundle.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """A file of a bundle."""

    path: str
    """Inside the bundle, with forward slashes."""
    size: int
    sha256: str


def write_bundle(out: Path, locks: Sequence[Lock], wheels: Mapping[str, Path]) -> list[BundleFile]:
    """Write a bundle; what is there already and right is kept, so that it can be run again.

    Args:
        out: A folder, or a file that ends with ``.tar``.
        locks: Locks of the chosen targets, of different file names.
        wheels: Verified files by sha256.

    Raises:
        WorldError: ``TE503``, ``TE505``: it cannot be written.
    """
    texts = _texts(locks)
    try:
        if out.suffix == ".tar":
            _write_tar(out, texts, _members(locks, wheels))
        else:
            _write_folder(out, texts, _members(locks, wheels))
    except OSError as exc:
        raise WorldError(disk_failure(out, exc)) from exc
    return _listed(locks, texts)


def installed_wheels(locks: Iterable[Lock]) -> list[WantedWheel]:
    """Return the wheels that are installed from locks, each once, sorted by name."""
    return _wanted(package.wheel for lock in locks for package in lock.packages)


def all_wheels(locks: Iterable[Lock]) -> list[WantedWheel]:
    """Return every wheel that locks name, each once, sorted by name.

    A package can have several that fit the target; another tool may choose another one of them.
    """
    return _wanted(wheel for lock in locks for one in lock.packages for wheel in one.wheels)


def _wanted(wheels: Iterable[LockedWheel]) -> list[WantedWheel]:
    found = {wheel.sha256: wheel.wanted for wheel in wheels}
    return sorted(found.values(), key=lambda wheel: (wheel.name, wheel.sha256))


def verify_bundle(out: Path, reporter: Reporter) -> list[Finding]:
    """Compare every file of a bundle with its list; return a finding for each difference.

    Raises:
        WorldError: ``TE515``, it is no bundle, or cannot be read.
    """
    with opened(out) as bundle:
        listed = bundle.listed()
        reporter.check_started(len(listed), sum(one.size for one in listed))
        try:
            return [found for one in listed if (found := _judge(bundle, one, reporter)) is not None]
        finally:
            reporter.check_finished()


def require_same_lock(out: Path, lock: Lock) -> None:
    """Refuse a bundle that was made from another lock than the committed one.

    Raises:
        WorldError: ``TE515``, it is no bundle.
        VerificationError: ``TE514``.
    """
    with opened(out) as bundle:
        content = bundle.read(f"locks/{lock.file.name}")
    if content is None or hashlib.sha256(content).hexdigest() != lock.digest:
        raise VerificationError(_findings.other_lock(out, lock.file, missing=content is None))


def take_wheels(out: Path, store: Store, wheels: Iterable[WantedWheel]) -> None:
    """Bring those of the wanted wheels that a bundle has and the store has not into the store.

    Raises:
        WorldError: ``TE515``, it is no bundle; or the store cannot be written.
        VerificationError: A wheel is not the one that the lock names.
    """
    with opened(out) as bundle:
        for wheel in wheels:
            with bundle.stream(f"wheels/{wheel.name}") as file:
                if file is not None:
                    store.adopt(wheel, iter(lambda: file.read(1 << 20), b""), str(out))


# -- reading


class _Bundle:
    """Reads a bundle in a folder; nothing outside of it, whatever its list says."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def stream(self, path: str) -> Iterator[BinaryIO | None]:
        """Open a file of the bundle; None where there is no such plain file."""
        place = self.root.joinpath(*path.split("/"))
        if place.is_symlink() or not place.is_file():
            yield None
            return
        with place.open("rb") as file:
            yield file

    def read(self, path: str) -> bytes | None:
        """Return a small file, None where there is none."""
        with self.stream(path) as file:
            return None if file is None else file.read(_TEXT_LIMIT)

    def listed(self) -> list[BundleFile]:
        """Return what the bundle says that it has.

        Raises:
            WorldError: ``TE515``, its list cannot be understood.
        """
        try:
            return _parse(self.read(_CONTENTS) or b"")
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise WorldError(_findings.no_bundle(self.root, str(exc))) from exc


class _TarBundle(_Bundle):
    """Reads a bundle in a ``.tar``: members as streams, by name; nothing is ever extracted."""

    def __init__(self, root: Path, archive: tarfile.TarFile) -> None:
        super().__init__(root)
        self._archive = archive
        self._members = {one.name: one for one in archive.getmembers() if one.isreg()}

    @contextmanager
    def stream(self, path: str) -> Iterator[BinaryIO | None]:
        """Open a member; None where there is none that is a plain file."""
        member = self._members.get(path)
        file = None if member is None else self._archive.extractfile(member)
        try:
            yield file  # type: ignore[misc]  # typeshed has IO[bytes]
        finally:
            if file is not None:
                file.close()


@contextmanager
def opened(out: Path) -> Iterator[_Bundle]:
    """Open a bundle, folder or ``.tar``.

    Raises:
        WorldError: ``TE515``, it is not there or is none.
    """
    if out.is_dir():
        yield _Bundle(out)
        return
    try:
        archive = tarfile.open(out, "r:")  # noqa: SIM115 - closed below
    except (OSError, tarfile.TarError) as exc:
        raise WorldError(_findings.no_bundle(out, str(exc))) from exc
    with archive:
        try:
            bundle = _TarBundle(out, archive)
        except (OSError, tarfile.TarError) as exc:
            raise WorldError(_findings.no_bundle(out, str(exc))) from exc
        yield bundle


def _parse(content: bytes) -> list[BundleFile]:
    """Return the files of a list.

    Raises:
        ValueError: It is of another format. KeyError and others: it is none.
    """
    table = json.loads(content)
    if table["format"] != _FORMAT:
        raise ValueError(f"its format is {table['format']}")
    return [BundleFile(**one) for one in table["files"] if _is_inside(one["path"])]


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/") and "\0" not in path


def _judge(bundle: _Bundle, listed: BundleFile, reporter: Reporter) -> Finding | None:
    digest, size = hashlib.sha256(), 0
    with bundle.stream(listed.path) as file:
        if file is None:
            return _findings.incomplete(bundle.root, listed.path)
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
            reporter.check_progress(len(block))
    if digest.hexdigest() != listed.sha256:
        return _findings.damaged(bundle.root, listed.path, listed.size, size)
    return None


# -- writing


def _members(locks: Sequence[Lock], wheels: Mapping[str, Path]) -> list[tuple[str, Path, str]]:
    """Return (path in the bundle, file, sha256) of the wheels, sorted."""
    return [
        (f"wheels/{wheel.name}", wheels[wheel.sha256], wheel.sha256) for wheel in all_wheels(locks)
    ]


def _texts(locks: Sequence[Lock]) -> dict[str, bytes]:
    """Return the small files by path, all but the list of everything."""
    texts: dict[str, bytes] = {"wheels/index.html": _page(all_wheels(locks))}
    for lock in locks:
        stem = lock.file.name.removeprefix("pylock.").removesuffix(".toml")
        texts[f"locks/{lock.file.name}"] = lock.file.read_bytes()
        texts[lock.file.name] = _pylock(lock).encode()
        texts[f"requirements.{stem}.txt"] = _requirements(lock).encode()
    texts[_CONTENTS] = _contents(locks, texts)
    return dict(sorted(texts.items()))


def _contents(locks: Sequence[Lock], texts: Mapping[str, bytes]) -> bytes:
    table: dict[str, Any] = {
        "format": _FORMAT,
        "locks": {
            lock.file.name: {
                "platform": lock.target.platform,
                "requires-python": lock.requires_python,
                "accelerator": lock.target.accelerator,
            }
            for lock in locks
        },
        "files": [
            {"path": one.path, "size": one.size, "sha256": one.sha256}
            for one in _listed(locks, texts)
        ],
    }
    return (json.dumps(table, indent=2, sort_keys=True) + "\n").encode()


def _listed(locks: Sequence[Lock], texts: Mapping[str, bytes]) -> list[BundleFile]:
    files = [
        BundleFile(path=path, size=len(text), sha256=hashlib.sha256(text).hexdigest())
        for path, text in texts.items()
        if path != _CONTENTS
    ]
    files += [
        BundleFile(path=f"wheels/{wheel.name}", size=wheel.size, sha256=wheel.sha256)
        for wheel in all_wheels(locks)
    ]
    return sorted(files, key=lambda one: one.path)


def _page(wheels: Iterable[WantedWheel]) -> bytes:
    links = (
        f'<a href="{quote(wheel.name)}#sha256={wheel.sha256}">{html.escape(wheel.name)}</a><br>\n'
        for wheel in wheels
    )
    return f"<!DOCTYPE html>\n<title>Wheels</title>\n{''.join(links)}".encode()


def _pylock(lock: Lock) -> str:
    """Return a PEP 751 file that names the bundle's wheels by path."""
    from provisioner.lockfile._by_path import render_by_path  # noqa: PLC0415 - slow to load

    return render_by_path(lock.packages, lambda wheel: f"wheels/{wheel.name}", lock.requires_python)


def _requirements(lock: Lock) -> str:
    pins = (
        " ".join(
            [
                f"{package.name}=={package.version}",
                *(f"--hash=sha256:{wheel.sha256}" for wheel in package.wheels),
            ]
        )
        for package in lock.packages
    )
    return "\n".join(["--no-index", "--find-links wheels", *pins, ""])


def _write_folder(
    out: Path, texts: Mapping[str, bytes], members: Iterable[tuple[str, Path, str]]
) -> None:
    (out / "wheels").mkdir(parents=True, exist_ok=True)
    (out / "locks").mkdir(exist_ok=True)
    for path, file, sha256 in members:
        place = out / path
        if not (place.is_file() and sha256_of(place) == sha256):
            with _replacing(place) as part:
                shutil.copyfile(file, part)
    for path, text in texts.items():
        with _replacing(out / path) as part:
            part.write_bytes(text)


@contextmanager
def _replacing(place: Path) -> Iterator[Path]:
    """Yield a file to write, which then takes the place.

    It always has the same name, so that what a kill leaves is overwritten by the next run.
    """
    part = place.with_name(f".{place.name}.part")
    try:
        yield part
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _write_tar(
    out: Path, texts: Mapping[str, bytes], members: Iterable[tuple[str, Path, str]]
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        _replacing(out) as part,
        tarfile.open(part, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, text in texts.items():
            archive.addfile(_info(path, len(text)), io.BytesIO(text))
        for path, wheel, _ in members:
            with wheel.open("rb") as content:
                archive.addfile(_info(path, wheel.stat().st_size), content)


def _info(path: str, size: int) -> tarfile.TarInfo:
    """Return a member that depends on nothing but its path and size."""
    info = tarfile.TarInfo(path)
    info.size = size
    info.mode = 0o644
    return info
