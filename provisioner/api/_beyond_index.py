"""What an index lists of the trio, read for a torch that is newer than the compat data."""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from provisioner.api._setting import Setting
from provisioner.compat.derive import Sighting
from provisioner.network import Client, NetworkError, parse_index_page
from provisioner.paths import write_atomic
from provisioner.urls import listing_url, project_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provisioner.compat import Compat, IndexKind, TrioName
    from provisioner.network import IndexFile
    from provisioner.spec import Spec

_TRIO: Final[tuple[TrioName, ...]] = ("torch", "torchvision", "torchaudio")
_NOT_THERE: Final = frozenset({403, 404, 410})
"""How indexes say that they have no such project; PyTorch's says 403."""
_CONNECTIONS: Final = 4
_LINUX: Final = ("x86_64", "aarch64")
"""Machines that the default index has Linux wheels for."""
_RUNTIME: Final = re.compile(r"cuda-toolkit|nvidia-cuda-runtime(?:-cu\d+)?")
_CUDA: Final = re.compile(r"(\d+)\.(\d)(?:\.|$)")


def sightings(
    spec: Spec, compat: Compat, base: str, accelerators: tuple[str, ...], *, offline: bool = False
) -> list[Sighting]:
    """Read the pages of the trio, and the metadata of members that the data does not have.

    Args:
        spec: Whose sources say how to connect.
        compat: The data that ships.
        base: Base of an index in PyTorch's layout, or a page of all wheels; empty for the default
            index.
        accelerators: Whose folders are read, or whose wheels of that page.
        offline: Whether only what is kept on this machine is read.

    Raises:
        TorchenvError: The index cannot be asked or understood.
    """
    setting = Setting(spec, offline=offline)
    with Client(setting.network).hasty() as client:
        if base and spec.sources.pytorch_layout == "flat":
            return _on_one_page(client, compat, listing_url(base), accelerators)
        if base:
            return _in_folders(client, compat, [(f"{base}/{one}", one) for one in accelerators])
        pip = setting.pip
        url = spec.sources.index or pip.index_url or pip.default_index or ""
        return _on_default_index(client, compat, url)


def _in_folders(
    client: Client, compat: Compat, folders: Sequence[tuple[str, str]]
) -> list[Sighting]:
    """Read an index in PyTorch's layout, whose folders say what their wheels are compiled for."""
    pages: list[tuple[TrioName, str, str]] = [
        (name, project_url(url, name), accelerator)
        for url, accelerator in folders
        for name in _TRIO
    ]

    def read(page: tuple[TrioName, str, str]) -> list[Sighting]:
        name, url, accelerator = page
        seen = _of_page(client, compat, name, _files(client, url), "pytorch")
        return [replace(one, accelerator=accelerator) for one in seen]

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return [one for page in pool.map(read, pages) for one in page]


def _on_one_page(
    client: Client, compat: Compat, url: str, accelerators: Sequence[str]
) -> list[Sighting]:
    """Read a page of all wheels, whose local versions say what they are compiled for."""
    files = _files(client, url)
    listed = {name: tuple(file for file in files if file.project == name) for name in _TRIO}
    seen = (
        one for name in _TRIO for one in _of_page(client, compat, name, listed[name], "pytorch")
    )
    named = (replace(one, accelerator=_accelerator_in(one.name)) for one in seen)
    return [one for one in named if one.accelerator in accelerators]


def _accelerator_in(name: str) -> str:
    """Return the local version of a wheel; without one it is for the CPU, but on Linux unknown."""
    local = parse_wheel_filename(name)[1].local
    return local or ("" if "linux" in name.rpartition("-")[2] else "cpu")


def _on_default_index(client: Client, compat: Compat, url: str) -> list[Sighting]:
    """Read the default index, where torch's metadata says what Linux wheels are compiled for."""
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        pages = pool.map(lambda name: _files(client, project_url(url, name)), _TRIO)
        listed = dict(zip(_TRIO, pages, strict=True))
    newer = [file for file in listed["torch"] if _is_newer(file, compat)]
    built_for = {system: _cuda_of(client, newer, system) for system in _LINUX}
    return [
        replace(one, accelerator=_accelerator_on(one.name, built_for))
        for name in _TRIO
        for one in _of_page(client, compat, name, listed[name], "default")
    ]


def _is_newer(file: IndexFile, compat: Compat) -> bool:
    version = _version(file.name)
    return version is not None and Version(version) > Version(compat.newest.torch)


def _cuda_of(client: Client, files: Sequence[IndexFile], system: str) -> str:
    """Return what the newest wheels of torch for a system are compiled for; empty: not known."""
    there = [file for file in files if file.has_metadata and _is_linux(file.name, system)]
    newest = max(there, key=lambda file: Version(_version(file.name) or "0"), default=None)
    if newest is None:
        return ""
    return cuda_named_in(client.get(f"{newest.url}.metadata", accept="*/*").body)


def cuda_named_in(metadata: bytes) -> str:
    """Return the accelerator that the requirements of a torch wheel name; empty where none does.

    The packages that bring CUDA's runtime have its version: ``cuda-toolkit==13.0.2`` is ``cu130``.

    Args:
        metadata: ``METADATA`` of the wheel.
    """
    for requirement in _requirements(metadata):
        if _RUNTIME.fullmatch(requirement.name):
            for one in requirement.specifier:
                if one.operator == "==" and (found := _CUDA.match(one.version)):
                    return f"cu{found[1]}{found[2]}"
    return ""


def _accelerator_on(name: str, built_for: Mapping[str, str]) -> str:
    """Return what a wheel of the default index is compiled for; empty: not known.

    On macOS and Windows that is ``cpu``; on Linux a member is compiled for what torch is.
    """
    systems = (system for system in built_for if _is_linux(name, system))
    return built_for[system] if (system := next(systems, None)) else "cpu"


def _is_linux(name: str, machine: str) -> bool:
    tag = name.rpartition("-")[2]
    return "linux" in tag and tag.endswith(f"{machine}.whl")


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
    index: IndexKind,
) -> Iterator[Sighting]:
    """Yield the wheels on a page; what they are compiled for is the caller's to say."""
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
            index=index,
            accelerator="",
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
    for requirement in _requirements(metadata):
        if requirement.name.lower() == "torch":
            return ",".join(
                f"{one.operator}{one.version.partition('+')[0]}" for one in requirement.specifier
            )
    return None


def _requirements(metadata: bytes) -> Iterator[Requirement]:
    """Yield what core metadata requires; what is no requirement is left out."""
    for line in BytesHeaderParser().parsebytes(metadata).get_all("Requires-Dist", ()):
        with suppress(InvalidRequirement):
            yield Requirement(str(line))
