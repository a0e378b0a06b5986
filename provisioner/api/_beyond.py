"""Wishes for a torch that is newer than the compat data: the index is asked what it has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from provisioner.compat import load_compat
from provisioner.findings import TorchenvError
from provisioner.urls import project_url, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat, IndexKind, TrioName
    from provisioner.compat.derive import Sighting
    from provisioner.findings import Finding
    from provisioner.network import Client, IndexFile
    from provisioner.spec import Spec

_TRIO: Final[tuple[TrioName, ...]] = ("torch", "torchvision", "torchaudio")
_AUTO: Final = "auto"
_LOWER_BOUNDS: Final = frozenset({"==", "===", ">=", ">", "~="})
_NOT_THERE: Final = frozenset({403, 404, 410})
"""How indexes say that they have no such project; PyTorch's says 403."""
_CONNECTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan can go by."""

    compat: Compat
    outcome: str = ""
    """Where an index was asked for nothing: what came of it, as a sentence for a refusal."""

    def explained(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return a refusal with what came of asking the index, where that was for nothing."""
        if not self.outcome:
            return findings
        return tuple(
            replace(one, why=f"{one.why} {self.outcome}") if one.code in {"TE201", "TE210"} else one
            for one in findings
        )


def known_for(spec: Spec) -> Known:
    """Return the compat data, extended from the index where the spec wants a newer torch.

    A wish that the data can serve makes no request, and neither does one that no newer release
    could serve. An index that cannot be asked is no error here: the plan is refused then, and says
    why it could not be asked.
    """
    compat = load_compat()
    if not is_beyond(spec, compat):
        return Known(compat)
    from provisioner.compat.derive import extended

    base = strip_credentials(_base(spec))
    try:
        sightings = _sightings(spec, compat)
    except TorchenvError as exc:
        cause = exc.findings[0]
        return Known(compat, f"The index could not be asked: {cause.message} {cause.why}")
    more = extended(compat, sightings, asked=f"`{base}`" if base else "the default index")
    if any(spec.torch.specifier.contains(one.torch) for one in more.releases):
        return Known(more)
    named = f"`{base}`" if base else "The default index"
    folders = ", ".join(f"`{one}`" for one in _accelerators(spec, compat))
    return Known(compat, f"{named} was asked, too, and lists no such torch for {folders}.")


def is_beyond(spec: Spec, compat: Compat) -> bool:
    """Whether only a release that is newer than the data could serve the wish for torch."""
    wish = spec.torch.specifier
    if any(wish.contains(one.torch) for one in compat.releases):
        return False
    newest = Version(compat.newest.torch)
    return any(_is_after(one.version, newest) for one in wish if one.operator in _LOWER_BOUNDS)


def _is_after(text: str, newest: Version) -> bool:
    try:
        version = Version(text.removesuffix(".*"))
    except InvalidVersion:
        return False
    return version >= newest and not version.is_prerelease


def _base(spec: Spec) -> str:
    """Return the base of the index in PyTorch's layout; empty where the default index is meant."""
    if spec.sources.trio == "default" and not spec.sources.isolated:
        return ""
    return spec.sources.pytorch.rstrip("/")


def _accelerators(spec: Spec, compat: Compat) -> tuple[str, ...]:
    """Return whose folders are read; ``auto`` stands for those of the newest release known."""
    named = [target.accelerator for target in spec.targets]
    if _AUTO in named:
        named += [build.accelerator for build in compat.builds(compat.newest.torch)]
    return tuple(dict.fromkeys(one for one in named if one != _AUTO))


def _sightings(spec: Spec, compat: Compat) -> list[Sighting]:
    """Read the pages of the trio, and the metadata of members that the data does not have.

    Raises:
        TorchenvError: The index cannot be asked or understood.
    """
    from provisioner.api._setting import Setting
    from provisioner.network import Client

    setting = Setting(spec)
    base = _base(spec)
    index: IndexKind = "pytorch" if base else "default"
    if base:
        folders = [(f"{base}/{one}", one) for one in _accelerators(spec, compat)]
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


def _files(client: Client, url: str) -> tuple[IndexFile, ...]:
    """Return the files on a page that were not withdrawn; none where there is no page."""
    from provisioner.network import NetworkError, parse_index_page

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
    from provisioner.compat.derive import Sighting

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
