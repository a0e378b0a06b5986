"""The compat data as frozen values: what was published, for what, and how far that is known.

They are made from ``compiled.json`` by :func:`provisioner.compat.load_compat`. The files under
``data/`` are the readable form and explain every field with its source.

Rows are named tuples, since a plan loads all of them, and making a data class takes five times as
long; ``Build`` is none, since tuples have an ``index`` already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

IndexKind = Literal["default", "pytorch"]
"""The default index, or PyTorch's (``<index>/<accelerator>/``)."""
Kind = Literal["cpu", "cuda", "rocm", "xpu"]
"""Family of an accelerator: whose hardware it is for."""
MemberName = Literal["torchvision", "torchaudio"]
TrioName = Literal["torch", "torchvision", "torchaudio"]
Known = Literal["listed", "measured", "scripted", "sighted", "announced", "inferred", "unknown"]
"""How far a row is known, surest first; ``data/meta.toml`` says what each means."""

DOUBTFUL: Final[frozenset[Known]] = frozenset({"announced", "unknown"})
"""Such rows name wheels that nobody was seen to have; a plan with one carries a warning."""


def kind_of(accelerator: str) -> Kind:
    """Return the family of an accelerator, also of one that no release was published for."""
    if accelerator.startswith("cu"):
        return "cuda"
    if accelerator.startswith("rocm"):
        return "rocm"
    return "xpu" if accelerator == "xpu" else "cpu"


class Release(NamedTuple):
    """One release of torch."""

    torch: str
    date: str
    """Day of the first upload to the default index, ``2023-10-04`` (UTC); empty where derived."""
    torchvision: tuple[str, ...]
    """Releases that go with it, the one to take first."""
    torchaudio: tuple[str, ...]
    pairing: Known
    """How far it is known that those go with it."""
    requires_python: str
    """Specifier in the metadata; not every Python that it admits has a wheel."""
    known: Known
    sources: tuple[str, ...]
    note: str = ""
    derived: bool = False
    """Whether the data does not have it, and it was derived from what an index lists."""

    def members(self, name: MemberName) -> tuple[str, ...]:
        """Return the releases of a member that go with it, the one to take first."""
        return self.torchvision if name == "torchvision" else self.torchaudio


class Member(NamedTuple):
    """One release of torchvision or torchaudio."""

    name: MemberName
    version: str
    date: str
    torch: str
    """Specifier of the torch releases that it asks for or is declared for."""
    pythons: tuple[str, ...]
    """Pythons that the default index has wheels for, on every platform but for ``missing``."""
    platforms: tuple[str, ...]
    built_for: tuple[str, ...]
    """torch releases whose accelerators PyTorch's index has it for."""
    known: Known
    sources: tuple[str, ...]
    missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(platform, Pythons that it lacks)."""
    unsure: tuple[str, ...] = ()
    """Pythons that only PyTorch's index may have."""
    requires_python: str = ""
    """Specifier in the metadata; it may exclude single patch releases (``!=3.14.1``)."""
    also: tuple[MemberBuild, ...] = ()
    """Builds on PyTorch's index that do not follow from ``built_for``."""
    derived: bool = False
    """Whether it was read from an index; then ``also`` is everything that there is."""
    yanked: str = ""
    """The reason why it was withdrawn; such a release belongs to no torch."""
    note: str = ""

    def has_wheel(self, platform: str, python: str) -> bool:
        """Whether the default index has a wheel for this platform and Python."""
        return (
            platform in self.platforms
            and python in self.pythons
            and python not in dict(self.missing).get(platform, ())
        )


class MemberBuild(NamedTuple):
    """Builds of torchvision or torchaudio that PyTorch's index has beside the rule."""

    platforms: tuple[str, ...]
    accelerators: tuple[str, ...]
    known: Known
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The wheels of one torch release for one platform and accelerator on one index."""

    torch: str
    index: IndexKind
    platform: str
    accelerator: str
    """What it was compiled for; on the default index the version does not say it."""
    pythons: tuple[str, ...]
    unsure: tuple[str, ...] = ()
    """Pythons that may have a wheel."""
    known: Known
    sources: tuple[str, ...]

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody was seen to have any wheel of it."""
        return self.known in DOUBTFUL

    def known_for(self, python: str) -> Known | None:
        """Return how far a wheel for this Python is known, None where there is none."""
        if python in self.pythons:
            return self.known
        return "unknown" if python in self.unsure else None


class Wheel(NamedTuple):
    """How the files of some builds are named, and what that says about where they run."""

    indexes: tuple[IndexKind, ...]
    platforms: tuple[str, ...]
    torch: tuple[str, ...]
    """torch releases that it holds for, also for the torchvision and torchaudio beside them."""
    local: bool
    """Whether the version has the accelerator as its local part: ``2.2.0+cu118``."""
    tag: str
    """Platform tag of torch's own file."""
    known: Known
    sources: tuple[str, ...]
    members: tuple[TrioName, ...] = ()
    """Empty: all three. The next two likewise."""
    accelerators: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    glibc: str | None = None
    """Lowest glibc; None elsewhere than on Linux, and where it is not known."""
    macos: str | None = None
    """Lowest macOS."""
    note: str = ""


class Accelerator(NamedTuple):
    """What builds were compiled for."""

    name: str
    known: Known
    sources: tuple[str, ...]
    toolkits: tuple[str, ...] = ()
    """Versions of CUDA or ROCm that it stands for, one or several over time."""
    ended: str = ""
    """Why there are no builds after the last one, as the end of a sentence."""
    note: str = ""


class Ceiling(NamedTuple):
    """A version of another package that some torch releases cannot live with."""

    package: str
    requirement: str
    """What has to hold, PEP 508: ``numpy<2``."""
    kind: Literal["ceiling", "floor", "exact"]
    torch: tuple[str, ...]
    metadata: bool
    """Whether the wheels' metadata says it, so that every resolver knows."""
    why: str
    """A sentence."""
    known: Known
    sources: tuple[str, ...]
    platforms: tuple[str, ...] = ()
    """Empty: everywhere; ``pythons`` likewise."""
    pythons: tuple[str, ...] = ()


class TorchWish(NamedTuple):
    """What some releases of a package ask of torch."""

    torch: str
    """Specifier in their metadata; empty where any torch will do."""
    releases: tuple[str, ...]


class TorchWishes(NamedTuple):
    """What every release of a package asks of torch, as far as it has wheels."""

    package: str
    """Normalised project name."""
    wishes: tuple[TorchWish, ...]
    known: Known
    sources: tuple[str, ...]
    note: str = ""


class Companion(NamedTuple):
    """A package, or a family of them, that travels with the trio: ``triton``, ``nvidia-*``."""

    name: str
    """Normalised; a final ``*`` stands for any ending."""
    kinds: tuple[Kind, ...]
    """Whose trio brings it."""
    known: Known
    sources: tuple[str, ...]
    note: str = ""

    def matches(self, name: str) -> bool:
        """Whether a normalised project name is meant."""
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name
