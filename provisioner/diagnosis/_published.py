"""Questions to the compat data that a failed install raises: who has this build, for which Pythons.

All three of the trio are asked alike: the builds of torchvision and torchaudio are those of the
torch that they were built for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.compat import Compat, IndexKind

# Before the first release that the compat data has (1.12.0); read from pip's own lists of versions
# under each of these Pythons, and from the release notes of PyTorch.
FIRST_FOR: Final = {
    "3.6": "1.0.0",
    "3.7": "1.0.0",
    "3.8": "1.4.0",
    "3.9": "1.7.1",
    "3.10": "1.11.0",
}
LAST_FOR: Final = {"2.7": "1.4.0", "3.5": "1.5.1", "3.6": "1.10.2"}
_BEYOND_GLIBC: Final = ("2.17", "2.27")
"""Old C libraries that are tried where nothing else explains what an index offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a release has wheels: one index, platform and accelerator."""

    index: IndexKind
    platform: str
    accelerator: str
    pythons: frozenset[str]
    """Those that have a wheel or may have one."""
    glibc: str | None
    """Lowest glibc; None elsewhere than on Linux, and where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The releases of one member of the trio, oldest first, and where each has wheels."""

    name: str
    places: dict[str, tuple[Place, ...]]

    @property
    def versions(self) -> tuple[str, ...]:
        """Every release that the data has, oldest first."""
        return tuple(self.places)

    def knows(self, version: str) -> bool:
        """Whether the release is in the data."""
        return version in self.places

    def at(
        self,
        version: str,
        *,
        accelerator: str | None = None,
        platform: str | None = None,
        index: IndexKind | None = None,
    ) -> tuple[Place, ...]:
        """Return where a release has wheels, of one accelerator, platform or index or of any."""
        return tuple(
            place
            for place in self.places.get(version, ())
            if accelerator in (None, place.accelerator)
            and platform in (None, place.platform)
            and index in (None, place.index)
        )

    def with_accelerator(self, accelerator: str) -> tuple[str, ...]:
        """Return the releases that were built for an accelerator, oldest first."""
        return tuple(one for one in self.places if self.at(one, accelerator=accelerator))

    def with_python(self, python: str, platform: str | None = None) -> tuple[str, ...]:
        """Return the releases that have a wheel for a Python, oldest first."""
        return tuple(
            version
            for version in self.places
            if any(python in place.pythons for place in self.at(version, platform=platform))
        )


def published(compat: Compat, name: str) -> Published | None:
    """Return what the data has of a member of the trio, None for any other name."""
    if name == "torch":
        versions: Iterable[str] = [release.torch for release in compat.releases]
        return Published(name=name, places={one: _torch_places(compat, one) for one in versions})
    members = [member for (own, _), member in compat.members.items() if own == name]
    if not members:
        return None
    places = {
        member.version: tuple(_member_places(compat, member.version, name)) for member in members
    }
    ordered = sorted(places, key=Version)
    return Published(name=name, places={one: places[one] for one in ordered})


def _torch_places(compat: Compat, torch: str) -> tuple[Place, ...]:
    return tuple(
        Place(
            index=build.index,
            platform=build.platform,
            accelerator=build.accelerator,
            pythons=frozenset((*build.pythons, *build.unsure)),
            glibc=wheel.glibc
            if (wheel := compat.wheel("torch", build, _any(build.pythons)))
            else None,
        )
        for build in compat.builds(torch)
    )


def _any(pythons: tuple[str, ...]) -> str:
    return pythons[-1] if pythons else ""


def _member_places(compat: Compat, version: str, name: str) -> Iterator[Place]:
    member = next(
        one for (own, its), one in compat.members.items() if own == name and its == version
    )
    for torch in member.built_for:
        for place in _torch_places(compat, torch):
            if place.platform not in member.platforms:
                continue
            pythons = {one for one in member.pythons if member.has_wheel(place.platform, one)}
            yield Place(
                index=place.index,
                platform=place.platform,
                accelerator=place.accelerator,
                pythons=frozenset(pythons | set(member.unsure)),
                glibc=place.glibc,
            )


# -- what an offer gives away


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A machine on which an index would offer just what it offered."""

    platform: str
    python: str
    glibc: str | None
    """Set where only an older C library explains it."""


def explanations(
    known: Published, wanted: str, offered: tuple[str, ...], accelerator: str | None
) -> tuple[Explanation, ...]:
    """Return the machines on which the offer would have been this one, without the wanted version.

    Args:
        known: What was published.
        wanted: The release that was not offered.
        offered: Public versions that pip listed.
        accelerator: Of PyTorch's index that was asked; None: the default index.
    """
    index: IndexKind = "default" if accelerator is None else "pytorch"
    seen = {one for one in offered if known.knows(one)}
    if not seen:
        return ()
    platforms = sorted({place.platform for one in known.versions for place in known.at(one)})
    pythons = sorted(
        {py for one in known.versions for place in known.at(one) for py in place.pythons}
    )
    found = []
    for platform in platforms:
        limits = (None, *_BEYOND_GLIBC) if platform.startswith("linux") else (None,)
        for python in pythons:
            for glibc in limits:
                has = {
                    version
                    for version in known.versions
                    for place in known.at(version, platform=platform, index=index)
                    if accelerator in (None, place.accelerator)
                    and python in place.pythons
                    and not _too_old(glibc, place.glibc)
                }
                if _fits(known, has, seen, wanted):
                    found.append(Explanation(platform=platform, python=python, glibc=glibc))
    plain = {(one.platform, one.python) for one in found if one.glibc is None}
    return tuple(
        one for one in found if one.glibc is None or (one.platform, one.python) not in plain
    )


def _too_old(glibc: str | None, needed: str | None) -> bool:
    return glibc is not None and needed is not None and Version(glibc) < Version(needed)


def _fits(known: Published, has: set[str], seen: set[str], wanted: str) -> bool:
    """Whether a machine that has these releases would be offered those, without the wanted one.

    Releases that came out after the offer was made do not count: nothing is compared above both.
    """
    if wanted in has or not seen <= has:
        return False
    order = {version: place for place, version in enumerate(known.versions)}
    low, high = min(order[one] for one in seen), max(order[one] for one in seen)
    top = max(high, order.get(wanted, high))
    bottom = 0 if low else low
    missed = {one for one in has - seen if bottom <= order[one] <= top}
    return len(missed) <= max(1, len(seen) // 8)
