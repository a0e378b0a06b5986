"""What can stand between a request and one release of torch: a closed set of facts, without text.

``_judge`` finds them, ``_wording`` puts them into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provisioner.compat import Ceiling, IndexKind, Known, Member, MemberName
    from provisioner.spec import Dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPlatform:
    """The release has nothing for the platform."""

    torch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAccelerator:
    """The release has no build for the accelerator, on any platform."""

    torch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOnPlatform:
    """The release has builds for the accelerator, but on other platforms."""

    torch: str
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOnIndex:
    """The build exists, but not on the index that the spec insists on."""

    torch: str
    index: IndexKind
    instead: str | None
    """What the one build of the default index is for; None where it has none, and for PyTorch's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPython:
    """The release has no wheel for the Python."""

    torch: str
    pythons: tuple[str, ...]
    """Those that it has wheels for."""
    accelerator: str | None
    """Whose wheels those are; None: all of them on the platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongMember:
    """The pinned torchvision or torchaudio does not go with the release."""

    torch: str
    name: MemberName
    wish: str
    pairs: tuple[str, ...]
    """Those that go with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMember:
    """The torchvision or torchaudio of the release has no wheel for the Python or platform."""

    torch: str
    member: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchExcluded:
    """The metadata of a member excludes the very patch release of Python."""

    torch: str
    member: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class OldGlibc:
    """The machine's C library is older than the wheels need."""

    torch: str
    needed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyClash:
    """A dependency admits only versions that the release cannot live with."""

    torch: str
    dependency: Dependency
    ceiling: Ceiling


Obstacle = (
    NoPlatform
    | NoAccelerator
    | NotOnPlatform
    | NotOnIndex
    | NoPython
    | WrongMember
    | NoMember
    | PatchExcluded
    | OldGlibc
    | DependencyClash
)


_FROM_NEAR_TO_FAR: Final = (
    PatchExcluded,
    NoMember,
    WrongMember,
    DependencyClash,
    OldGlibc,
    NotOnIndex,
    NoPython,
    NotOnPlatform,
    NoAccelerator,
    NoPlatform,
)
"""How much a person would have to change: a version pin is easier to change than hardware."""
_NO_BUILD: Final = (NotOnPlatform, NoAccelerator, NoPlatform)


def distance(obstacles: tuple[Obstacle, ...]) -> tuple[int, int]:
    """Return how far a release is from serving a request: how many obstacles, then the worst."""
    ranks = [_FROM_NEAR_TO_FAR.index(type(obstacle)) for obstacle in obstacles]
    return len(ranks), max(ranks, default=0)


def is_alike(one: Obstacle, other: Obstacle) -> bool:
    """Whether two releases fail in the same way; the ways of having no build count as one."""
    return type(one) is type(other) or (isinstance(one, _NO_BUILD) and isinstance(other, _NO_BUILD))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A wheel that the plan counts on and that is not known to exist."""

    name: str
    version: str
    known: Known
