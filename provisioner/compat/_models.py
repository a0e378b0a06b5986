"""Models of the readable files under ``data/``: strict, unknown keys are errors.

Lists stand in the files as words in one string (``"cpu cu118"``), Pythons also as ranges
(``"3.8-3.11 3.13t"``), releases of torch as a version specifier.
"""

from __future__ import annotations

import re
from datetime import date  # noqa: TC003  pydantic needs it at run time
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import AfterValidator, AliasGenerator, BaseModel, BeforeValidator, ConfigDict, Field

from provisioner.compat._types import IndexKind, Kind, Known, TrioName  # noqa: TC001  same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Platform = Literal[
    "linux-x86_64",
    "linux-aarch64",
    "linux-s390x",
    "windows-x86_64",
    "windows-arm64",
    "macos-arm64",
    "macos-x86_64",
]

_PYTHON: Final = re.compile(r"3\.(\d+)(t?)")
_RANGE: Final = re.compile(r"3\.(\d+)-3\.(\d+)")


def _split(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _split_known(value: object) -> object:
    return None if value == "unknown" else _split(value)


def _absent_if_unknown(value: object) -> object:
    return None if value == "unknown" else value


def expand_pythons(text: str) -> tuple[str, ...]:
    """Turn ``"3.8-3.10 3.13t"`` into ``("3.8", "3.9", "3.10", "3.13t")``.

    Raises:
        ValueError: A word is neither a minor version of Python 3 nor a range of them.
    """
    found: list[str] = []
    for word in text.split():
        if span := _RANGE.fullmatch(word):
            found += [f"3.{minor}" for minor in range(int(span[1]), int(span[2]) + 1)]
        elif _PYTHON.fullmatch(word):
            found.append(word)
        else:
            raise ValueError(f"`{word}` is no Python; write `3.11`, `3.13t` or `3.8-3.11`")
    return tuple(found)


def _pythons(value: object) -> object:
    return expand_pythons(value) if isinstance(value, str) else value


def _normalised(name: str) -> str:
    if canonicalize_name(name) != name:
        raise ValueError("not a normalised project name")
    return name


def _specifier(text: str) -> str:
    SpecifierSet(text)
    return text


def _versions(words: tuple[str, ...]) -> tuple[str, ...]:
    if list(words) != sorted(words, key=Version, reverse=True):
        raise ValueError("not the newest first")
    return words


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Platforms = Annotated[tuple[Platform, ...], BeforeValidator(_split)]
Pythons = Annotated[tuple[str, ...], BeforeValidator(_pythons)]
ReleaseWords = Annotated[Words, AfterValidator(_versions)]
WordsOrUnknown = Annotated[tuple[str, ...] | None, BeforeValidator(_split_known)]
TextOrUnknown = Annotated[str | None, BeforeValidator(_absent_if_unknown)]


class RowModel(BaseModel):
    """What every row says: how far it is known, and from where."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=AliasGenerator(validation_alias=lambda name: name.replace("_", "-")),
    )

    known: Known
    sources: Annotated[Words, Field(min_length=1)]
    note: str = ""

    def fields(self, *leave_out: str) -> dict[str, Any]:
        """Return what the row says beyond the defaults, as plain values."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude=set(leave_out))


class TorchModel(RowModel):
    """A release of torch in releases.toml."""

    date: date
    torchvision: Words
    torchaudio: Words
    pairing: Known
    requires_python: str


class AlsoModel(RowModel):
    """A build of torchvision or torchaudio that does not follow from ``built-for``."""

    on: Platforms
    accelerators: Words


class MemberModel(RowModel):
    """A release of torchvision or torchaudio in releases.toml."""

    date: date
    torch: str
    python: Pythons
    on: Platforms
    missing: dict[Platform, Pythons] = {}
    unsure: Pythons = ()
    requires_python: str = ""
    built_for: Words = ()
    also: tuple[AlsoModel, ...] = Field(default=(), strict=False)
    yanked: str = ""


class BuildModel(RowModel):
    """A row of builds.toml."""

    on: Platforms
    accelerators: Words
    python: Pythons = ()
    unsure: Pythons = ()


class ReleaseBuildsModel(BaseModel):
    """The builds of one torch release, per index."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pytorch: tuple[BuildModel, ...]
    default: tuple[BuildModel, ...]


class WheelModel(RowModel):
    """A row of wheels.toml."""

    index: Annotated[tuple[IndexKind, ...], BeforeValidator(_split)]
    on: Platforms
    torch: str
    members: Annotated[tuple[TrioName, ...], BeforeValidator(_split)] = ()
    accelerators: Words = ()
    python: Pythons = ()
    local: bool
    tag: str
    glibc: TextOrUnknown = None
    macos: str | None = None


class AcceleratorModel(RowModel):
    """A table of accelerators.toml."""

    toolkit: Words = ()
    ended: str = ""


class CeilingModel(RowModel):
    """A row of ceilings.toml."""

    package: str
    requirement: str
    kind: Literal["ceiling", "floor", "exact"]
    torch: str
    on: Platforms = ()
    python: Pythons = ()
    metadata: bool
    why: str


class WishesModel(RowModel):
    """A table of dependents.toml: torch specifier to the releases that say so."""

    package: Annotated[str, AfterValidator(_normalised)]
    torch_of: dict[Annotated[str, AfterValidator(_specifier)], ReleaseWords]


class HashModel(RowModel):
    """A row of hashes.toml."""

    folder: str
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class CompanionModel(RowModel):
    """A row of companions.toml."""

    name: str
    kinds: Annotated[tuple[Kind, ...], BeforeValidator(_split)]


class DriverMinimumModel(RowModel):
    """A row of drivers.toml, ``minimum``."""

    cuda: str
    linux: TextOrUnknown
    windows: TextOrUnknown


class ToolkitDriverModel(RowModel):
    """A row of drivers.toml, ``toolkit``."""

    version: str
    linux: TextOrUnknown
    windows: TextOrUnknown


class CudaCodeModel(RowModel):
    """A row of gpus.toml, ``cuda``."""

    on: Platform
    accelerator: str
    torch: str
    sm: WordsOrUnknown
    ptx: WordsOrUnknown


class RocmCodeModel(RowModel):
    """A row of gpus.toml, ``rocm``."""

    torch: str = ""
    accelerators: Words = ()
    gfx: Words


class GenerationModel(RowModel):
    """A row of gpus.toml, ``generation``."""

    name: str
    capabilities: Words
    first_toolkit: str
    last_toolkit: str | None = None
    last_driver: str | None = None


class GpuNamesModel(RowModel):
    """A row of gpu_names.toml, ``gpu``."""

    arch: str
    names: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]


class XpuCodeModel(RowModel):
    """A row of gpu_names.toml, ``xpu``."""

    torch: str
    archs: Words


class FilesModel(BaseModel):
    """All the files together; a key is named after its file, and its table where it has several."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}(\.\d+)?$")
    known: dict[Known, str]
    sources: dict[str, str]
    accelerators: dict[str, AcceleratorModel]
    torch: dict[str, TorchModel]
    torchvision: dict[str, MemberModel]
    torchaudio: dict[str, MemberModel]
    builds: dict[str, ReleaseBuildsModel]
    wheels: tuple[WheelModel, ...]
    ceilings: tuple[CeilingModel, ...]
    companions: tuple[CompanionModel, ...]
    hashes: tuple[HashModel, ...]
    dependents: tuple[WishesModel, ...]
    driver_minimums: tuple[DriverMinimumModel, ...]
    toolkit_drivers: tuple[ToolkitDriverModel, ...]
    cuda_codes: tuple[CudaCodeModel, ...]
    rocm_codes: tuple[RocmCodeModel, ...]
    generations: tuple[GenerationModel, ...]
    gpu_names: tuple[GpuNamesModel, ...]
    xpu_codes: tuple[XpuCodeModel, ...]

    def build_rows(self) -> tuple[tuple[str, BuildModel], ...]:
        """Return the rows of builds.toml with the place that messages name."""
        return tuple(
            (f"builds.toml `{torch}` {index} row {number}", row)
            for torch, release in self.builds.items()
            for index, group in (("pytorch", release.pytorch), ("default", release.default))
            for number, row in enumerate(group, start=1)
        )

    def rows(self) -> tuple[tuple[str, RowModel], ...]:
        """Return every row of every file with the place that messages name."""
        return (*self._named_rows(), *self.build_rows(), *self._listed_rows())

    def _named_rows(self) -> Iterator[tuple[str, RowModel]]:
        tables: dict[str, Mapping[str, RowModel]] = {
            "accelerators.toml": self.accelerators,
            "releases.toml torch": self.torch,
            "releases.toml torchvision": self.torchvision,
            "releases.toml torchaudio": self.torchaudio,
        }
        for file, table in tables.items():
            for name, row in table.items():
                yield f"{file} `{name}`", row
        for table in (self.torchvision, self.torchaudio):
            for name, member in table.items():
                yield from ((f"releases.toml `{name}` also", row) for row in member.also)

    def _listed_rows(self) -> Iterator[tuple[str, RowModel]]:
        lists: dict[str, tuple[RowModel, ...]] = {
            "wheels.toml": self.wheels,
            "ceilings.toml": self.ceilings,
            "companions.toml": self.companions,
            "hashes.toml": self.hashes,
            "dependents.toml": self.dependents,
            "drivers.toml minimum": self.driver_minimums,
            "drivers.toml toolkit": self.toolkit_drivers,
            "gpus.toml cuda": self.cuda_codes,
            "gpus.toml rocm": self.rocm_codes,
            "gpus.toml generation": self.generations,
            "gpu_names.toml gpu": self.gpu_names,
            "gpu_names.toml xpu": self.xpu_codes,
        }
        for file, rows in lists.items():
            for number, row in enumerate(rows, start=1):
                yield f"{file} row {number}", row
