"""The store: verified wheels in folders named by their hash.

``<root>/wheels/<first two digits>/<sha256>/<file name>``: the file keeps its name, since installers
take project, version and tags from it. Only whole, verified wheels ever have that name; what is on
its way is called ``<file name>.part``. ``<root>/locks/`` keeps processes apart, and
``<root>/engine/`` is the engine's cache.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from provisioner.events import Reporter
from provisioner.findings import VerificationError, WorldError
from provisioner.store import _findings
from provisioner.store._fetch import Job, Missing, fetch_missing, is_whole
from provisioner.store._journal import journal_of, part_bytes
from provisioner.store._learn import recall, receive, remember
from provisioner.store._local import LocalPlaces, wheel_path
from provisioner.store._part import Progress, publish, sha256_of, write_part
from provisioner.store._types import WantedWheel
from provisioner.store._wheel import check_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from provisioner.network import Client
    from provisioner.store._fetch import Arrived


_INODES: Final = 6
"""What a wheel takes on its way: two folders, a lock, the part with its journal, and a copy."""


def _free_bytes(folder: Path) -> int:
    """Return the free space; one of size nought, as of some network disks, does not say it."""
    disk = shutil.disk_usage(folder)
    return disk.free if disk.total else sys.maxsize


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of verified wheels below ``root``, made when it is first written."""

    root: Path
    stores: tuple[Path, ...] = field(default=(), kw_only=True)
    """Roots of further stores: read, and never written."""
    pip_cache: Callable[[], Path] | None = field(default=None, repr=False, kw_only=True)
    """Tells pip's cache folder, which may have a wheel already; asked when one is missing."""
    offline: bool = field(default=False, kw_only=True)
    """Whether nothing may be fetched."""
    free_bytes: Callable[[Path], int] = field(default=_free_bytes, repr=False, kw_only=True)
    """How to ask for the free space of an existing folder's disk."""

    def path(self, wheel: WantedWheel) -> Path:
        """Return where the wheel lies, or would lie."""
        return wheel_path(self.root, wheel)

    def at(self, sha256: str) -> Path | None:
        """Return the wheel that the store has under this hash, None where none; not hashed."""
        return next(iter((self.root / "wheels" / sha256[:2] / sha256).glob("*.whl")), None)

    def find(self, sha256: str) -> Path | None:
        """Return the wheel with this hash where the store has it, hashed anew; None where not.

        Args:
            sha256: 64 lower-case hexadecimal digits.
        """
        for path in sorted((self.root / "wheels" / sha256[:2] / sha256).glob("*.whl")):
            with contextlib.suppress(OSError):
                if sha256_of(path) == sha256:
                    return path
        return None

    def fetch(
        self,
        wanted: Iterable[WantedWheel],
        client: Client,
        reporter: Reporter,
        local_sources: Iterable[Path] = (),
        arrived: Arrived = lambda _sha256, _path: None,
    ) -> dict[str, Path]:
        """Return every wanted wheel as a verified file, by sha256.

        What the store has is hashed and taken; the rest, and what was damaged since, is copied
        from further stores, pip's cache and local sources, where a file of the same name has the
        hash, or downloaded. No thread is left when this returns or raises.

        Args:
            wanted: Wheels; several may be the same.
            client: Not used where nothing is missing.
            reporter: Hears of the progress, from several threads.
            local_sources: Folders of wheels, pages with links, and folders of projects (PEP 503).
            arrived: Told sha256 and place of each wheel as soon as it is there and verified, from
                several threads.

        Raises:
            WorldError: Nothing may be fetched and something would have to be (``TE511``). A wheel
                is not on its server (``TE403``), did not arrive whole (``TE502``),
                a web page came in its place (``TE508``), the disk is or would be full
                (``TE503``), the store cannot be written (``TE505``); or the network's own findings.
            VerificationError: A wheel has another hash (``TE501``) or length (``TE509``), or is not
                what its name says (``TE504``).
        """
        wheels = {wheel.sha256: wheel for wheel in wanted}
        try:
            missing = []
            for one in wheels.values():
                if self._has(one, reporter):
                    arrived(one.sha256, self.path(one))
                else:
                    missing.append(one)
            if missing:
                self._fetch(missing, client, reporter, tuple(local_sources), arrived)
        except OSError as exc:
            raise WorldError(_findings.disk_failure(self.root, exc)) from exc
        return {digest: self.path(wheel) for digest, wheel in wheels.items()}

    def room_for(self, wanted: Iterable[WantedWheel]) -> tuple[int, int]:
        """Return the bytes and inodes that fetching wheels takes, as far as sizes tell."""
        size_bytes = inodes = 0
        for wheel in {one.sha256: one for one in wanted}.values():
            path = self.path(wheel)
            if not path.exists():
                part = path.with_name(f"{path.name}.part")
                size_bytes += max(0, wheel.size - part_bytes(part))
                inodes += _INODES
        return size_bytes, inodes

    def learned(self, url: str) -> WantedWheel | None:
        """Return what was learned about an address, for as long as the store has those bytes."""
        known = recall(self.root / "learned", url)
        return known if known is not None and is_whole(self.path(known), known) else None

    def learn(self, name: str, url: str, client: Client, reporter: Reporter) -> WantedWheel:
        """Return a wheel whose hash nobody states, with the hash of what its address holds.

        It is downloaded into the store, once: what was learned about an address is remembered, and
        believed for as long as the store has those bytes.

        Args:
            name: File name.
            url: Address, without credentials.
            client: Fetches.
            reporter: Hears of the progress.

        Raises:
            WorldError: As :meth:`fetch`.
            VerificationError: ``TE504``, it is not what its name says.
        """
        known = self.learned(url)
        if known is not None:
            return known
        notes = self.root / "learned"
        if self.offline:
            raise WorldError(_findings.offline_unknown(name, url))
        asked = WantedWheel(name=name, url=url, size=client.size(url), sha256="0" * 64)
        here = notes / sha256(url.encode()).hexdigest()
        try:
            _make_private(here)
            _make_private(self.root / "locks")
            missing = Missing(
                wheel=asked, path=here / name, lock=self.root / "locks" / f"{here.name}.lock"
            )
            places = LocalPlaces(client=client)
            job = Job(root=self.root, client=client, reporter=reporter, places=places)
            wheel = receive(missing, job)
            _make_private(self.path(wheel).parent)
            publish(missing.part, self.path(wheel))
            journal_of(missing.part).unlink(missing_ok=True)
            here.rmdir()
            remember(notes, wheel)
        except OSError as exc:
            raise WorldError(_findings.disk_failure(self.root, exc)) from exc
        return wheel

    def built(self, url: str) -> WantedWheel | None:
        """Return the wheel that was built from a source, for as long as the store has it.

        Args:
            url: What was built and for what, as :meth:`keep_built` was told.
        """
        known = recall(self.root / "built", url)
        return known if known is not None and is_whole(self.path(known), known) else None

    def keep_built(self, wheel: WantedWheel, blocks: Iterable[bytes], origin: str) -> None:
        """Take a wheel that was built, and remember it by its ``url``.

        Raises:
            WorldError: The store cannot be written.
            VerificationError: It is no such wheel.
        """
        self.adopt(wheel, blocks, origin)
        try:
            _make_private(self.root / "built")
            remember(self.root / "built", wheel)
        except OSError as exc:
            raise WorldError(_findings.disk_failure(self.root, exc)) from exc

    def adopt(self, wheel: WantedWheel, blocks: Iterable[bytes], origin: str) -> bool:
        """Take a wheel from ``blocks``, unless it is here; return whether it was taken.

        Args:
            wheel: What it must be.
            blocks: Its bytes.
            origin: Where they come from, for findings.

        Raises:
            WorldError: The store cannot be written.
            VerificationError: It is another file (``TE501``), or no such wheel.
        """
        path = self.path(wheel)
        part = path.with_name(f"{path.name}.copy")
        try:
            if is_whole(path, wheel):
                return False
            _make_private(path.parent)
            received = write_part(blocks, part, wheel.size, Progress(wheel.name, Reporter()))
            if received.sha256 != wheel.sha256:
                raise VerificationError(_findings.other_copy(wheel, origin, received.sha256))
            check_wheel(part, wheel)
            publish(part, path)
        except OSError as exc:
            raise WorldError(_findings.disk_failure(self.root, exc)) from exc
        finally:
            part.unlink(missing_ok=True)
        return True

    @property
    def engine_cache(self) -> Path:
        """The engine's cache for resolving: index pages and metadata. It need not exist yet."""
        return self.root / "engine"

    @property
    def building_cache(self) -> Path:
        """The engine's cache for building from source. It need not exist yet."""
        return self.root / "building"

    def _has(self, wheel: WantedWheel, reporter: Reporter) -> bool:
        path = self.path(wheel)
        if is_whole(path, wheel):
            # When it was last wanted: what `prune` goes by. A store of others may not be written.
            # The folder's time, since the engine unpacks a wheel again whose own times changed.
            with suppress(OSError):
                os.utime(path.parent)
            return True
        if path.exists():
            reporter.detail(f"{wheel.name}: damaged in the store, fetched anew")
        return False

    def _fetch(
        self,
        missing: Sequence[WantedWheel],
        client: Client,
        reporter: Reporter,
        local_sources: tuple[Path, ...],
        arrived: Arrived,
    ) -> None:
        pip_cache = None if self.pip_cache is None else self.pip_cache()
        places = LocalPlaces(
            stores=self.stores, pip_cache=pip_cache, folders=local_sources, client=client
        )
        if self.offline:
            nowhere = [one for one in missing if next(places.iter(one), None) is None]
            if nowhere:
                raise WorldError(_findings.offline(nowhere, self.root))
        jobs = [
            Missing(
                wheel=wheel,
                path=self.path(wheel),
                lock=self.root / "locks" / f"{wheel.sha256}.lock",
            )
            for wheel in missing
        ]
        _make_private(self.root / "locks")
        needed = sum(one.wheel.size - part_bytes(one.part) for one in jobs)
        free = self.free_bytes(self.root)
        if free < needed:
            raise WorldError(_findings.no_space(self.root, needed, free))
        for one in jobs:
            _make_private(one.path.parent)
        fetch_missing(
            jobs,
            Job(
                root=self.root,
                client=client,
                reporter=reporter,
                places=places,
                offline=self.offline,
                arrived=arrived,
            ),
        )


def _make_private(folder: Path) -> None:
    """Make a folder and its missing parents for the user alone: wheels may be confidential."""
    for one in (*reversed(folder.parents), folder):
        one.mkdir(mode=0o700, exist_ok=True)
