"""The inner form of a lock: what a ``pylock.<stem>.toml`` says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provisioner.planner import ChosenBuild, Constraint, Target
    from provisioner.spec import Repository
    from provisioner.store import WantedWheel


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedWheel:
    """One wheel, named by its hash."""

    name: str
    """File name, decoded: ``torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl``."""
    url: str
    """Public location, without credentials; ``%2B`` where the name has ``+``."""
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hexadecimal digits."""
    confirmed: bool = True
    """Whether the index that ``url`` belongs to stated this hash. False for a wheel that was found
    in a local source while the index could not be asked, and for a hash that was computed here."""

    @property
    def wanted(self) -> WantedWheel:
        """What the store is asked for."""
        from provisioner.store import WantedWheel  # noqa: PLC0415 - not for reading a lock

        return WantedWheel(name=self.name, url=self.url, size=self.size, sha256=self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of the environment."""

    name: str
    """Normalised name."""
    version: str
    """Full version, local part included."""
    wheels: tuple[LockedWheel, ...]
    """Best for the target first; at least one."""
    index: str | None
    """URL of the index it was resolved from, without credentials."""

    @property
    def wheel(self) -> LockedWheel:
        """The wheel that is installed on the lock's target."""
        return self.wheels[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A source distribution of an index, to be built."""

    name: str
    """Normalised name of the project."""
    version: str
    index: str | None
    """As of a :class:`LockedPackage`."""
    file: str
    """File name."""
    url: str
    """Public location, without credentials."""
    size: int
    """Bytes."""
    sha256: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.version}, built from its source distribution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A project in a git repository, to be built."""

    name: str
    """Normalised name of the project."""
    repository: Repository
    """As the spec has it."""
    commit: str
    """The full id of the commit."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.commit[:12]}, built from {self.repository.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A project in a folder, to be built or to be used where it lies."""

    name: str
    """Normalised name of the project."""
    path: str
    """Seen from the lock, with slashes."""
    editable: bool

    def __str__(self) -> str:
        """For people."""
        return f"{'editable' if self.editable else 'built'}, from {self.path}"


LockedSource = Archive | Checkout | Folder
"""A package that is built where the environment is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock as it was read or as it will be written."""

    file: Path
    digest: str
    """sha256 of the file's bytes."""
    spec_digest: str
    """Digest of the normalised spec that it was made from."""
    target: Target
    requires_python: str
    """Specifier, for instance ``==3.11.*``."""
    trio: tuple[ChosenBuild, ...]
    constraints: tuple[Constraint, ...]
    packages: tuple[LockedPackage, ...]
    """Sorted by name."""
    compat_version: str
    """Version of the compat data that the plan was made with."""
    inputs: tuple[tuple[str, str], ...] = ()
    """What ``spec_digest`` covers, readable: (dotted key, text), sorted. Empty in locks of the
    first torchenv."""
    set_digest: str = ""
    """What it shares with the locks of the other targets; empty for the lock of a sole target."""
    sources: tuple[LockedSource, ...] = ()
    """Packages that are built where the environment is made, sorted by name. Once they are built,
    their wheels are among ``packages`` too."""

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of everything that is locked."""
        return frozenset(one.name for one in (*self.packages, *self.sources))

    @property
    def hashed(self) -> tuple[LockedPackage, ...]:
        """The packages that the lock itself names by hash, sorted by name."""
        built = {one.name for one in self.sources}
        return tuple(one for one in self.packages if one.name not in built)

    @property
    def unbuilt(self) -> tuple[LockedSource, ...]:
        """The sources whose wheels are not known yet."""
        known = {one.name for one in self.packages}
        return tuple(one for one in self.sources if one.name not in known)

    def with_built(self, built: Iterable[LockedPackage]) -> Lock:
        """Return the lock with the wheels that were built from its sources."""
        packages = sorted((*self.hashed, *built), key=lambda package: package.name)
        return replace(self, packages=tuple(packages))
