"""The inner form of a lock: what a ``pylock.<stem>.toml`` says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.planner import ChosenBuild, Constraint, Target


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
