"""What can be found at an environment's path, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from provisioner.environment._layout import Generation
    from provisioner.environment._state import State
    from provisioner.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A package that is installed."""

    name: str
    """Normalised name."""
    version: str
    sha256: str | None
    """Of the wheel that it came from; None where torchenv did not install it."""
    has_record: bool = True
    """Whether its ``.dist-info`` has a RECORD: without one it was half removed."""
    origin_sha256: str | None = None
    """Of the wheel, where ``direct_url.json`` says so (PEP 610)."""
    build: str | None = None
    """What torch's ``version.py`` was compiled for: ``cpu``, ``cuda 12.1``; None where it does not
    say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Nothing is there, or an empty folder."""

    empty_folder: bool = False

    @property
    def installed(self) -> tuple[Installed, ...]:
        """Nothing."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An environment that another tool made, or a link that somebody else made."""

    kind: Literal["folder", "link"]
    target: str | None = None
    """Where the link leads."""

    @property
    def installed(self) -> tuple[Installed, ...]:
        """Nothing that counts: all of it is kept aside by an apply."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Something that must not be touched, so no environment can be here."""

    finding: Finding

    @property
    def installed(self) -> tuple[Installed, ...]:
        """Nothing."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """An environment that torchenv made."""

    generation: Generation
    state: State | None
    """None where the generation is gone, incomplete, or its state cannot be read."""
    installed: tuple[Installed, ...]
    """Sorted by name."""


Environment = Absent | Foreign | Blocked | Ours
