"""What an index lists of the trio, read for a torch that is newer than the compat data."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from provisioner.api._setting import Setting
from provisioner.compat.derive import Sighting
from provisioner.network import Client, NetworkError, parse_index_page
from provisioner.paths import write_atomic
from provisioner.urls import project_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioner.compat import Compat, IndexKind, TrioName
    from provisioner.network import IndexFile
    from provisioner.spec import Spec

_TRIO: Final[tuple[TrioName, ...]] = ("torch", "torchvision", "torchaudio")
_NOT_THERE: Final = frozenset({403, 404, 410})
"""How indexes say that they have no such project; PyTorch's says 403."""
_CONNECTIONS: Final = 4


def sightings(
    spec: Spec, compat: Compat, base: str, accelerators: tuple[str, ...], *, offline: bool = False
) -> list[Sighting]:
    """Read the pages of the trio, and the metadata of members that the data does not have.

    Args:
        spec: Whose sources say how to connect.
        compat: The data that ships.
        base: Base of an index in PyTorch's layout; empty for the default index.
        accelerators: Whose folders are read.
        offline: Whether only what is kept on this machine is read.

    Raises:
        TorchenvError: The index cannot be asked or understood.
    """
    setting = Setting(spec, offline=offline)
    index: IndexKind = "pytorch" if base else "default"
    if base:
        folders = [(f"{base}/{one}", one) for one in accelerators]
    else:
        pip = setting.pip
        folders = [(spec.sources.index or pip.index_url or pip.default_index or "", "cpu")]
    pages: list[tuple[TrioName, str, str]] = [
        (name, project_url(url, name), accelerator)
        for url, accelerator in folders
        for name in _TRIO
    ]

    with Client(setting.network).hasty() as client, ThreadPoolExecutor(_CONNECTIONS) as pool:

        def read(page: tuple[TrioName, str, str]) -> list[Sighting]:
            name, url, accelerator = page
            files = _files(client, url)
            return [*_of_page(client, compat, name, files, (index, accelerator))]

        return [one for page in pool.map(read, pages) for one in page]


def notes_of(spec: Spec, base: str, accelerators: tuple[str, ...]) -> Path:
    """Return where it is noted what an index listed, in the store; the arguments as above."""
    text = json.dumps([base, accelerators])
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Setting(spec).store.root / "derived" / f"{digest}.json"


def write_notes(path: Path, seen: list[Sighting]) -> None:
    """Note what was seen; a store that cannot be written to does without."""
    if not seen:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps([asdict(one) for one in seen]).encode())


def read_notes(path: Path) -> list[Sighting]:
    """Return what was noted earlier; nothing where there is no note that can be read."""
    try:
        return [Sighting(**one) for one in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _files(client: Client, url: str) -> tuple[IndexFile, ...]:
    """Return the files on a page that were not withdrawn; none where there is no page."""
    try:
        page = client.get(url)
    except NetworkError as exc:
        if exc.status in _NOT_THERE:
            return ()
        raise
    return tuple(file for file in parse_index_page(page) if file.yanked is None)


def _of_page(
    client: Client,
    compat: Compat,
    project: TrioName,
    files: tuple[IndexFile, ...],
    place: tuple[IndexKind, str],
) -> Iterator[Sighting]:
    asks: dict[str, str | None] = {}
    for file in files:
        version = _version(file.name)
        if version is None:
            continue
        if project != "torch" and version not in asks:
            asks[version] = _asks(client, compat, project, version, files)
        yield Sighting(
            project=project,
            name=file.name,
            index=place[0],
            accelerator=place[1],
            requires_python=file.requires_python or "",
            torch=asks.get(version),
        )


def _version(name: str) -> str | None:
    """Return the public version of a wheel, None for other files."""
    try:
        return parse_wheel_filename(name)[1].public
    except (InvalidWheelFilename, InvalidVersion):
        return None


def _asks(
    client: Client, compat: Compat, project: TrioName, version: str, files: tuple[IndexFile, ...]
) -> str | None:
    """Return the torch that a member's metadata asks for, where the data does not know the member.

    One file of a version is read, since all of them ask for the same public version of torch.
    """
    known = [number for name, number in compat.members if name == project]
    if Version(version) <= max(map(Version, known)):
        return None
    offered = (one for one in files if one.has_metadata and _version(one.name) == version)
    file = next(offered, None)
    if file is None:
        return None
    return requirement_of_torch(client.get(f"{file.url}.metadata", accept="*/*").body)


def requirement_of_torch(metadata: bytes) -> str | None:
    """Return the specifier of torch in core metadata, without local parts; None without one.

    Args:
        metadata: ``METADATA``, whose ``Requires-Dist: torch==2.99.0`` is meant.
    """
    for line in BytesHeaderParser().parsebytes(metadata).get_all("Requires-Dist", ()):
        try:
            requirement = Requirement(str(line))
        except InvalidRequirement:
            continue
        if requirement.name.lower() == "torch":
            return ",".join(
                f"{one.operator}{one.version.partition('+')[0]}" for one in requirement.specifier
            )
    return None
