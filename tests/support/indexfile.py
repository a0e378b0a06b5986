"""One wheel on one index: what decides its bytes, where it lies, what its page says of it.

Nothing is built before it is asked for, and then only once in a process.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

from packaging.utils import NormalizedName, canonicalize_name

from tests.support.contents import Build, console_scripts, stand_in
from tests.support.wheels import Defects, Member, Wheel, build_wheel, metadata_text

if TYPE_CHECKING:
    from pathlib import Path

PYTORCH = "pytorch"
"""Name of the index in PyTorch's layout; every other index is in the default index's."""
DEFAULT = "default"

HashShown = Literal["right", "wrong", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the bytes of a wheel."""

    project: str
    """As METADATA spells it."""
    version: str
    """With local part where the file name has one."""
    tag: str
    build_tag: str = ""
    accelerator: str = ""
    """What it is compiled for; empty for a general package."""
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    padding: int = 0
    """Bytes of filler, for downloads that take a while."""
    defects: Defects = field(default_factory=Defects)

    def wheel(self) -> Wheel:
        """Return the wheel with its stand-in's files."""
        name = canonicalize_name(self.project)
        build = Build(
            project=name,
            version=self.version,
            accelerator=self.accelerator,
            platform=self.tag.rpartition("-")[2],
            requires=self.requires,
        )
        filler = Member(path=f"{name}.filler", content=b"\0" * self.padding)
        return Wheel(
            project=self.project,
            version=self.version,
            tag=self.tag,
            build_tag=self.build_tag,
            requires=self.requires,
            requires_python=self.requires_python,
            members=(*stand_in(build), *([filler] if self.padding else [])),
            console_scripts=console_scripts(name),
            defects=self.defects,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How the index's page shows a file."""

    hash: HashShown = "right"
    sidecar: bool = True
    """Whether the file's ``.metadata`` is served and announced."""
    second_host: bool = False
    """Whether the link is absolute and leads to the second server."""
    yanked: str | None = None
    requires_python: str | None = None
    """``data-requires-python``; PyTorch's pages have none."""
    upload_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One wheel on one index."""

    index: str
    folder: str
    """Accelerator on PyTorch's index, empty for files at its root and on other indexes."""
    recipe: Recipe
    listing: Listing = field(default_factory=Listing)

    @property
    def project(self) -> NormalizedName:
        """Normalised name."""
        return canonicalize_name(self.recipe.project)

    @property
    def version(self) -> str:
        """Version in the file name."""
        return self.recipe.version

    @property
    def name(self) -> str:
        """File name, decoded."""
        return _file_name(self.recipe)

    @property
    def path(self) -> str:
        """Path of the file on the server, decoded: ``/whl/cu118/torch-2.2.0+cu118-….whl``."""
        if self.index == PYTORCH:
            return f"/whl/{self.folder}/{self.name}" if self.folder else f"/whl/{self.name}"
        return f"{index_root(self.index)}/packages/{self.name}"

    @property
    def content(self) -> bytes:
        """The wheel."""
        return _content(self.recipe)

    @property
    def metadata(self) -> bytes:
        """The sidecar: METADATA alone."""
        return _metadata(self.recipe)

    @property
    def sha256(self) -> str:
        """True hash of the wheel."""
        return _sha256(self.recipe)

    @property
    def metadata_sha256(self) -> str:
        """Hash of the sidecar."""
        return hashlib.sha256(self.metadata).hexdigest()

    @property
    def shown_sha256(self) -> str | None:
        """Hash that the page states."""
        match self.listing.hash:
            case "right":
                return self.sha256
            case "wrong":
                return hashlib.sha256(b"another file").hexdigest()
            case "missing":
                return None

    def save(self, folder: Path) -> Path:
        """Write the wheel into a folder, as for ``find-links``."""
        path = folder / self.name
        path.write_bytes(self.content)
        return path


def index_root(index: str) -> str:
    """Return the path below which an index lies: empty for the default one, else ``/<name>``."""
    return "" if index == DEFAULT else f"/{index}"


@cache
def _file_name(recipe: Recipe) -> str:
    return Wheel(
        project=recipe.project,
        version=recipe.version,
        tag=recipe.tag,
        build_tag=recipe.build_tag,
    ).file_name


@cache
def _content(recipe: Recipe) -> bytes:
    return build_wheel(recipe.wheel())


@cache
def _sha256(recipe: Recipe) -> str:
    return hashlib.sha256(_content(recipe)).hexdigest()


@cache
def _metadata(recipe: Recipe) -> bytes:
    return metadata_text(recipe.wheel()).encode()
