"""What can stand between a request and one release of torch: a closed set of facts, without text.

``_judge`` finds them, ``_wording`` puts them into words. They are named tuples, since a plan loads
all of them, and making a data class takes ten times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from provisioner.compat import Ceiling, IndexKind, Known, Member, MemberName
    from provisioner.compat._hardware import Generation
    from provisioner.planner._dependents import TorchAsker
    from provisioner.planner._machine import TargetGpu
    from provisioner.spec import Dependency


class NoPlatform(NamedTuple):
    """The release has nothing for the platform."""

    torch: str


class NoAccelerator(NamedTuple):
    """The release has no build for the accelerator, on any platform."""

    torch: str


class NotOnPlatform(NamedTuple):
    """The release has builds for the accelerator, but on other platforms."""

    torch: str
    platforms: tuple[str, ...]


class NotOnIndex(NamedTuple):
    """The build exists, but not on the index that the spec insists on."""

    torch: str
    insisted: IndexKind
    instead: str | None
    """What the one build of the default index is for; None where it has none, and for PyTorch's."""


class NoPython(NamedTuple):
    """The release has no wheel for the Python."""

    torch: str
    pythons: tuple[str, ...]
    """Those that it has wheels for."""
    accelerator: str | None
    """Whose wheels those are; None: all of them on the platform."""


class WrongMember(NamedTuple):
    """The pinned torchvision or torchaudio does not go with the release."""

    torch: str
    name: MemberName
    wish: str
    pairs: tuple[str, ...]
    """Those that go with it."""


class NoMember(NamedTuple):
    """The torchvision or torchaudio of the release has no wheel for the Python or platform."""

    torch: str
    member: Member


class PatchExcluded(NamedTuple):
    """The metadata of a member excludes the very patch release of Python."""

    torch: str
    member: Member


class OldGlibc(NamedTuple):
    """The machine's C library is older than the wheels need."""

    torch: str
    needed: str


class OldMacos(NamedTuple):
    """The target's macOS is older than the wheels need."""

    torch: str
    needed: str


class OldDriver(NamedTuple):
    """NVIDIA's driver is older than any that runs builds of this CUDA series."""

    torch: str
    accelerator: str
    driver: str
    needed: str
    system: str
    """Whose driver it is: ``Linux`` or ``Windows``, also under WSL."""
    cuda: str
    """The series, ``12``."""
    sources: tuple[str, ...]


class OldPtxDriver(NamedTuple):
    """The GPU needs the build's PTX, and the driver is older than the toolkit that made it."""

    torch: str
    accelerator: str
    gpu: TargetGpu
    driver: str
    needed: str


class NoGpuCode(NamedTuple):
    """The build holds nothing that an NVIDIA GPU can run."""

    torch: str
    accelerator: str
    gpu: TargetGpu
    sm: tuple[str, ...]
    """What it holds; empty where that is not known, as with the next."""
    ptx: tuple[str, ...]
    is_older: bool
    """Whether the GPU is older than what it holds, else newer."""
    generation: Generation | None


class LostGpu(NamedTuple):
    """The driver is too new to know the GPU."""

    torch: str
    gpu: TargetGpu
    driver: str
    generation: Generation


class NoGfxCode(NamedTuple):
    """The build holds no code for an AMD GPU."""

    torch: str
    accelerator: str
    gpu: TargetGpu
    gfx: tuple[str, ...]


class WrongMaker(NamedTuple):
    """The GPU is of another maker than those that the build is for."""

    torch: str
    gpu: TargetGpu


class DependencyClash(NamedTuple):
    """A dependency admits only versions that the release cannot live with."""

    torch: str
    dependency: Dependency
    ceiling: Ceiling


class OtherTorch(NamedTuple):
    """Dependencies that ask for another release of torch."""

    torch: str
    askers: tuple[TorchAsker, ...]


MachineObstacle = OldMacos | OldDriver | OldPtxDriver | NoGpuCode | LostGpu | NoGfxCode | WrongMaker
"""What only machines stand in the way of: the build exists."""
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
    | MachineObstacle
    | DependencyClash
    | OtherTorch
)


_FROM_NEAR_TO_FAR: Final = (
    PatchExcluded,
    NoMember,
    WrongMember,
    DependencyClash,
    OtherTorch,
    OldGlibc,
    OldMacos,
    OldPtxDriver,
    OldDriver,
    NoGpuCode,
    NoGfxCode,
    LostGpu,
    WrongMaker,
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


class Doubt(NamedTuple):
    """A wheel that the plan counts on and that is not known to exist."""

    name: str
    version: str
    known: Known


class CodeDoubt(NamedTuple):
    """A GPU of which it is not known whether the build has code for it."""

    torch: str
    accelerator: str
    gpu: TargetGpu
