"""The nearest combinations that do work, each complete and accepted by the planner itself.

From near to far: what only a pin or a missing member stands in the way of, then the same torch
for another accelerator, another torch for the same accelerator, another Python. Only where none of
these single changes helps, two things change, and at last everything.
"""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING, Final, NamedTuple

from provisioner.compat import kind_of
from provisioner.findings import Combination
from provisioner.planner._judge import Choice, is_admitted, judge, may_serve
from provisioner.planner._machine_rules import MAKERS, iter_machine_obstacles
from provisioner.planner._order import near_accelerators, near_pythons, near_releases
from provisioner.planner._request import MEMBERS
from provisioner.planner._search import matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provisioner.compat import Compat, MemberName, Release
    from provisioner.planner._request import Request

MOST: Final = 5
"""More alternatives than this are not offered."""
_MOST_ACCELERATORS: Final = 2


def alternatives(
    request: Request,
    missing: frozenset[MemberName],
    compat: Compat,
    beside: tuple[Request, ...] = (),
) -> tuple[Combination, ...]:
    """Return combinations near a refused request, nearest first; empty where nothing works.

    Args:
        request: What was refused.
        missing: Members that no wheel was found of, so that leaving them out may be enough.
        compat: The compat data.
        beside: The other targets that were served: they have to be served still.
    """
    nearest = _Changes.of(request, compat, beside)
    unpinned = nearest._replace(request=request.without_pins())
    bare = nearest._replace(request=unpinned.request.without(*MEMBERS))
    if as_it_is := list(unpinned.nothing()):
        return (*as_it_is, *nearest.torch())
    found = [*_lighter(unpinned, missing), *_single(nearest, unpinned)]
    if found and all(one.accelerator != request.accelerator for one in found):
        found += unpinned.torch_and_python()
    if found and not any(kind_of(one.accelerator) == kind_of(request.accelerator) for one in found):
        found = [*unpinned.same_kind(), *found]
    for last_resort in (unpinned.two, unpinned.everything, bare.two, bare.everything):
        found = found or list(last_resort())
    return tuple(dict.fromkeys(found))[:MOST]


def _lighter(changes: _Changes, missing: frozenset[MemberName]) -> tuple[Combination, ...]:
    """Leave out as few of the missing members as will do."""
    singly = [(name,) for name in MEMBERS if name in missing]
    for names in (*singly, MEMBERS) if singly else ():
        lighter = changes._replace(request=changes.request.without(*names))
        if found := tuple(lighter.nothing()):
            return found
    return ()


def _single(nearest: _Changes, unpinned: _Changes) -> Iterator[Combination]:
    """Change one thing at a time; with the members' pins where that works, else without them."""
    for change in (_Changes.accelerator, _Changes.torch, _Changes.python):
        yield from tuple(change(nearest)) or tuple(change(unpinned))


class _Changes(NamedTuple):
    """Changes to one request; every method yields combinations that work."""

    request: Request
    compat: Compat
    wanted: tuple[Release, ...]
    """Releases that satisfy the version wish, newest first."""
    below: tuple[Release, ...]
    """The other releases, older and newer ones, nearest first."""
    above: tuple[Release, ...]
    beside: tuple[Request, ...]
    """What the other targets want."""

    @classmethod
    def of(cls, request: Request, compat: Compat, beside: tuple[Request, ...]) -> _Changes:
        wanted = matching(request, compat)
        below, above = near_releases(request.torch, wanted, compat)
        return cls(
            request=request,
            compat=compat,
            wanted=wanted,
            below=below,
            above=above,
            beside=beside,
        )

    def nothing(self) -> Iterator[Combination]:
        yield from self._first(self.wanted, [self.request])

    def accelerator(self) -> Iterator[Combination]:
        """The nearest of the same kind, or a stand-in where the kind has nothing at all."""
        same, stand_ins = near_accelerators(self.request.accelerator, self.compat)
        stand_ins = (*self._for_the_gpus(), *stand_ins)
        found = [
            combination
            for one in self._with_accelerators(same)
            for combination in self._first(self.wanted, [one])
        ]
        if not found and not self._accelerator_exists():
            found = list(self._first(self.wanted, self._with_accelerators(stand_ins)))
        yield from found[:_MOST_ACCELERATORS]

    def _accelerator_exists(self) -> bool:
        """Whether any wanted release has one that the machines run: then something else fails."""
        platform, accelerator = self.request.platform, self.request.accelerator
        return any(
            is_admitted(self.request, build)
            and not any(iter_machine_obstacles(self.request.machine, build, self.compat))
            for release in self.wanted
            for build in self.compat.builds(
                release.torch, platform=platform, accelerator=accelerator
            )
        )

    def torch(self) -> Iterator[Combination]:
        """The nearest newer and the nearest older release, the nearer one first."""
        places = {
            release.torch: place
            for side in (self.above, self.below)
            for place, release in enumerate(side)
        }
        found = [*self._first(self.above, [self.request]), *self._first(self.below, [self.request])]
        yield from sorted(found, key=lambda one: places[one.torch])

    def python(self) -> Iterator[Combination]:
        yield from self._first(self.wanted, self._with_pythons())

    def torch_and_python(self) -> Iterator[Combination]:
        if self.compat.torch_with(self.request.accelerator, self.request.platform):
            yield from self._first(self._others(), self._with_pythons())

    def same_kind(self) -> Iterator[Combination]:
        """Another torch with another accelerator for the same GPUs, where these are known.

        Nearer than leaving the GPUs unused, though two things change.
        """
        if self.request.machine.gpus or self.request.machine.driver:
            same, _ = near_accelerators(self.request.accelerator, self.compat)
            yield from self._first(self._others(), self._with_accelerators(same))

    def two(self) -> Iterator[Combination]:
        """The nearest with two things changed: one per pair of things."""
        accelerators = self._with_accelerators(self._every_accelerator())
        yield from self._first(self._others(), accelerators)
        yield from self.torch_and_python()
        yield from self._first(self.wanted, self._with_both())

    def everything(self) -> Iterator[Combination]:
        yield from self._first(self._others(), self._with_both())

    def _others(self) -> tuple[Release, ...]:
        """The releases that are not wanted, an older and a newer one in turn."""
        shorter = min(len(self.below), len(self.above))
        pairs = zip(self.below, self.above, strict=False)
        return (*chain(*pairs), *self.below[shorter:], *self.above[shorter:])

    def _every_accelerator(self) -> tuple[str, ...]:
        same, stand_ins = near_accelerators(self.request.accelerator, self.compat)
        return tuple(dict.fromkeys((*same, *self._for_the_gpus(), *stand_ins)))

    def _for_the_gpus(self) -> Iterator[str]:
        """Yield the accelerators for the makers whose GPUs the machines have."""
        makers = {gpu.maker for gpu in self.request.machine.gpus}
        kinds = {kind for kind, maker in MAKERS.items() if maker in makers}
        yield from (
            name for name in reversed(tuple(self.compat.accelerators)) if kind_of(name) in kinds
        )

    def _with_accelerators(self, names: Iterable[str]) -> list[Request]:
        return [self.request._replace(accelerator=name) for name in names]

    def _with_pythons(self) -> list[Request]:
        return [
            self.request._replace(python=python, patch=None)
            for python in near_pythons(self.request.python, self.compat)
        ]

    def _with_both(self) -> list[Request]:
        return [
            one._replace(accelerator=name)
            for name, one in product(self._every_accelerator(), self._with_pythons())
        ]

    def _first(
        self, releases: Iterable[Release], requests: Sequence[Request]
    ) -> Iterator[Combination]:
        """Yield the first that surely works, going through the requests for each release."""
        for release, one in product(releases, requests):
            if not may_serve(one, release, self.compat):
                continue
            verdict = judge(one, release, self.compat)
            if not isinstance(verdict, Choice) or verdict.doubts:
                continue
            if self._serves_others(release, verdict):
                yield combination_of(one, verdict)
                return

    def _serves_others(self, release: Release, choice: Choice) -> bool:
        """Whether the other targets get what they want of the same release and members."""
        named = {member.name: member.version for member in choice.members}
        for other in self.beside:
            pinned = other.with_members(named)
            if not isinstance(judge(pinned, release, self.compat), Choice):
                return False
        return True


def combination_of(request: Request, choice: Choice) -> Combination:
    """Return a choice as something that can be pasted into a spec."""
    versions = {member.name: member.version for member in choice.members}
    return Combination(
        python=request.python,
        accelerator=choice.build.accelerator,
        torch=choice.build.torch,
        torchvision=versions.get("torchvision"),
        torchaudio=versions.get("torchaudio"),
    )
