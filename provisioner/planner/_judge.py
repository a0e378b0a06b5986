"""Judging one release of torch: a choice of builds, or everything that stands in the way.

One rule, one function. The rules about the torch build, the members' versions and the dependencies
do not depend on each other, so that all their problems come out at once; what depends on the index
(wheels of the members, C library) is asked only of builds that exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from provisioner.compat import DOUBTFUL, kind_of
from provisioner.planner._machine_rules import is_older, iter_code_doubts, iter_machine_obstacles
from provisioner.planner._obstacles import (
    DependencyClash,
    Doubt,
    NoAccelerator,
    NoMember,
    NoPlatform,
    NoPython,
    NotOnIndex,
    NotOnPlatform,
    OldGlibc,
    OldMacos,
    OtherTorch,
    PatchExcluded,
    WrongMember,
    distance,
)
from provisioner.planner._order import numbers, python_order, toolkit_number
from provisioner.planner._request import AUTO
from provisioner.spec import VersionWish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import (
        Build,
        Ceiling,
        Compat,
        IndexKind,
        Member,
        MemberName,
        Release,
        TrioName,
        Wheel,
    )
    from provisioner.planner._obstacles import CodeDoubt, Obstacle
    from provisioner.planner._request import Request


class Choice(NamedTuple):
    """The builds that a request would get with one release of torch."""

    request: Request
    """What they serve, with the accelerator decided."""
    build: Build
    members: tuple[Member, ...]
    doubts: tuple[Doubt | CodeDoubt, ...] = ()
    """Wheels among them that are not known to exist, and GPUs that they are not known to run on."""

    @property
    def weight_of_doubts(self) -> tuple[int, int]:
        """Return how unsure it is: a wheel that may not exist weighs more than a GPU."""
        wheels = sum(isinstance(doubt, Doubt) for doubt in self.doubts)
        return wheels, len(self.doubts)


Verdict = Choice | tuple["Obstacle", ...]


def judge(request: Request, release: Release, compat: Compat) -> Verdict:
    """Return the builds that a release offers a request, or everything that it lacks.

    A request that leaves the accelerator open gets its first variant that surely works, else the
    one that is least unsure, else what the nearest of them lacks.
    """
    if request.accelerator != AUTO:
        return _judge(request, release, compat)
    verdicts = []
    for variant in variants(request, release, compat):
        verdict = _judge(variant, release, compat)
        if isinstance(verdict, Choice) and not verdict.doubts:
            return verdict
        verdicts.append(verdict)
    choices = [verdict for verdict in verdicts if isinstance(verdict, Choice)]
    refused = [verdict for verdict in verdicts if not isinstance(verdict, Choice)]
    if choices:
        return min(choices, key=lambda choice: choice.weight_of_doubts)
    return min(refused, key=distance, default=(NoAccelerator(torch=release.torch),))


def variants(request: Request, release: Release, compat: Compat) -> Iterator[Request]:
    """Yield the requests that ``auto`` stands for, those with the newest toolkit first."""
    if request.kind == "cpu":
        accelerators = ["cpu"]
    else:
        builds = compat.builds(release.torch, platform=request.platform)
        named = dict.fromkeys(build.accelerator for build in builds)
        accelerators = [one for one in named if kind_of(one) == request.kind]
        accelerators.sort(key=toolkit_number, reverse=True)
    for accelerator in accelerators:
        yield request._replace(accelerator=accelerator, kind=None)


def _judge(request: Request, release: Release, compat: Compat) -> Verdict:
    obstacles = (
        *_build_obstacles(request, release, compat),
        *_pair_obstacles(request, release, compat),
        *_clashes(request, release, compat),
        *_other_torch(request, release),
    )
    return obstacles or _best_index(request, release, compat)


def may_serve(request: Request, release: Release, compat: Compat) -> bool:
    """Whether judging can lead to a choice at all: the cheap question to ask first of many."""
    return any(
        build.accelerator == request.accelerator and build.known_for(request.python)
        for build in compat.builds(release.torch, platform=request.platform)
    )


# -- the torch build


def _build_obstacles(request: Request, release: Release, compat: Compat) -> Iterator[Obstacle]:
    here = compat.builds(release.torch, platform=request.platform)
    right = [build for build in here if build.accelerator == request.accelerator]
    if not here:
        yield NoPlatform(torch=release.torch)
    if not right:
        yield from _no_accelerator(request, release, compat, here)
    usable = [build for build in right if is_admitted(request, build)]
    if right and not usable:
        yield _not_on_index(request, here)
    yield from _no_python(request, usable or right or here)


def _no_accelerator(
    request: Request, release: Release, compat: Compat, here: tuple[Build, ...]
) -> Iterator[Obstacle]:
    elsewhere = compat.builds(release.torch, accelerator=request.accelerator)
    if not elsewhere:
        yield NoAccelerator(torch=release.torch)
    elif here:
        platforms = tuple(sorted({build.platform for build in elsewhere}))
        yield NotOnPlatform(torch=release.torch, platforms=platforms)


def is_admitted(request: Request, build: Build) -> bool:
    """Whether the spec lets the trio come from the build's index."""
    return request.mode in ("auto", build.index)


def _not_on_index(request: Request, here: tuple[Build, ...]) -> NotOnIndex:
    """The mode is an index here: with ``auto`` every build is admitted."""
    index: IndexKind = "default" if request.mode == "default" else "pytorch"
    own = [build.accelerator for build in here if build.index == index == "default"]
    return NotOnIndex(torch=here[0].torch, insisted=index, instead=own[0] if own else None)


def _no_python(request: Request, builds: list[Build] | tuple[Build, ...]) -> Iterator[Obstacle]:
    if not builds or any(build.known_for(request.python) for build in builds):
        return
    accelerators = {build.accelerator for build in builds}
    yield NoPython(
        torch=builds[0].torch,
        pythons=tuple(sorted({one for build in builds for one in build.pythons}, key=python_order)),
        accelerator=request.accelerator if accelerators == {request.accelerator} else None,
    )


# -- versions of the members, and dependencies


def _pair_obstacles(request: Request, release: Release, compat: Compat) -> Iterator[Obstacle]:
    for name in request.wanted:
        wish = request.wish(name)
        if isinstance(wish, VersionWish) and not _eligible(request, release, name, compat):
            yield WrongMember(
                torch=release.torch,
                name=name,
                wish=wish.text,
                pairs=tuple(member.version for member in compat.pairs(release.torch, name)),
            )


def _eligible(
    request: Request, release: Release, name: MemberName, compat: Compat
) -> tuple[Member, ...]:
    """Return the releases of a member that go with torch and are wanted, best first."""
    wish = request.wish(name)
    pairs = compat.pairs(release.torch, name)
    if isinstance(wish, VersionWish):
        return tuple(member for member in pairs if wish.specifier.contains(member.version))
    return pairs


def _clashes(request: Request, release: Release, compat: Compat) -> Iterator[Obstacle]:
    for ceiling in ceilings_to_add(release.torch, request, compat):
        for dependency in request.dependencies:
            if dependency.name == ceiling.package and _never_meet(
                dependency.specifier, _specifier(ceiling)
            ):
                yield DependencyClash(torch=release.torch, dependency=dependency, ceiling=ceiling)


def _other_torch(request: Request, release: Release) -> Iterator[Obstacle]:
    against = tuple(one for one in request.askers if not one.admits(release.torch))
    if against:
        yield OtherTorch(torch=release.torch, askers=against)


def ceilings_to_add(torch: str, request: Request, compat: Compat) -> tuple[Ceiling, ...]:
    """Return the ceilings of a release that no metadata says, so that the planner has to."""
    return tuple(
        one
        for one in compat.ceilings_for(torch, request.platform, request.python)
        if one.kind == "ceiling" and not one.metadata
    )


def _specifier(ceiling: Ceiling) -> SpecifierSet:
    return SpecifierSet(ceiling.requirement.removeprefix(ceiling.package))


def _never_meet(wanted: SpecifierSet, needed: SpecifierSet) -> bool:
    exact = [one.version for one in wanted if one.operator == "==="]
    if exact:
        return not any(needed.contains(version) for version in exact)
    return wanted.is_disjoint(needed)


# -- the index, and what depends on it


def _best_index(request: Request, release: Release, compat: Compat) -> Verdict:
    """Judge each admitted build, the default index first; a sure choice beats a doubtful one."""
    verdicts = [
        _on_index(request, release, build, compat)
        for build in compat.builds(
            release.torch, platform=request.platform, accelerator=request.accelerator
        )
        if is_admitted(request, build) and build.known_for(request.python)
    ]
    choices = [verdict for verdict in verdicts if isinstance(verdict, Choice)]
    sure = [choice for choice in choices if not choice.doubts]
    return (sure or choices or verdicts)[0]


def _on_index(request: Request, release: Release, build: Build, compat: Compat) -> Verdict:
    members = tuple(_members(request, release, build, compat))
    obstacles = (
        *_no_member(request, build, members, compat),
        *_patch_excluded(request, build, members),
        *_old_glibc(request, build, members, compat),
        *_old_macos(request, build, members, compat),
        *iter_machine_obstacles(request.machine, build, compat),
    )
    return obstacles or Choice(
        request=request,
        build=build,
        members=members,
        doubts=(
            *_doubts(request, build, members, compat),
            *iter_code_doubts(request.machine, build, compat),
        ),
    )


def _members(request: Request, release: Release, build: Build, compat: Compat) -> Iterator[Member]:
    """Yield the best release of each wanted member.

    A release that was derived from an index may have none beside a build. One that only follows
    torch is left out then, and the plan warns.
    """
    for name in request.wanted:
        eligible = _eligible(request, release, name, compat)
        if release.derived and not isinstance(request.wish(name), VersionWish):
            eligible = tuple(
                one for one in eligible if compat.member_known(one, build, request.python)
            )
        if eligible:
            yield _best_member(eligible, build, request.python, compat)


def _best_member(eligible: tuple[Member, ...], build: Build, python: str, compat: Compat) -> Member:
    """Return the first that is known to be there, else the first that may be, else the pair."""
    known = [(compat.member_known(member, build, python), member) for member in eligible]
    sure = [member for how, member in known if how is not None and how not in DOUBTFUL]
    perhaps = [member for how, member in known if how is not None]
    return (sure or perhaps or list(eligible))[0]


def _no_member(
    request: Request, build: Build, members: tuple[Member, ...], compat: Compat
) -> Iterator[Obstacle]:
    for member in members:
        if compat.member_known(member, build, request.python) is None:
            yield NoMember(torch=build.torch, member=member)


def _patch_excluded(
    request: Request, build: Build, members: tuple[Member, ...]
) -> Iterator[Obstacle]:
    if request.patch is None:
        return
    for member in members:
        if not SpecifierSet(member.requires_python).contains(request.patch):
            yield PatchExcluded(torch=build.torch, member=member)


def _old_glibc(
    request: Request, build: Build, members: tuple[Member, ...], compat: Compat
) -> Iterator[Obstacle]:
    needed = glibc_floor(build, members, request.python, compat)
    there = request.machine.glibc
    if needed is not None and there is not None and numbers(there) < numbers(needed):
        yield OldGlibc(torch=build.torch, needed=needed)


def _old_macos(
    request: Request, build: Build, members: tuple[Member, ...], compat: Compat
) -> Iterator[Obstacle]:
    needed = macos_floor(build, members, request.python, compat)
    there = request.machine.macos
    if needed is not None and there is not None and is_older(there, needed):
        yield OldMacos(torch=build.torch, needed=needed)


def glibc_floor(
    build: Build, members: tuple[Member, ...], python: str, compat: Compat
) -> str | None:
    """Return the lowest glibc that the chosen wheels run on; None elsewhere and where unknown."""
    floors = (wheel.glibc for wheel in _wheels(build, members, python, compat))
    return max((one for one in floors if one is not None), key=numbers, default=None)


def macos_floor(
    build: Build, members: tuple[Member, ...], python: str, compat: Compat
) -> str | None:
    """Return the lowest macOS that the chosen wheels run on; None elsewhere and where unknown."""
    floors = (wheel.macos for wheel in _wheels(build, members, python, compat))
    return max((one for one in floors if one is not None), key=numbers, default=None)


def _wheels(
    build: Build, members: tuple[Member, ...], python: str, compat: Compat
) -> Iterator[Wheel]:
    names: list[TrioName] = ["torch", *(member.name for member in members)]
    for name in names:
        wheel = compat.wheel(name, build, python)
        if wheel is not None:
            yield wheel


def _doubts(
    request: Request, build: Build, members: tuple[Member, ...], compat: Compat
) -> Iterator[Doubt]:
    known = build.known_for(request.python)
    if known is not None and known in DOUBTFUL:
        yield Doubt(name="torch", version=build.torch, known=known)
    for member in members:
        known = compat.member_known(member, build, request.python)
        if known is not None and known in DOUBTFUL:
            yield Doubt(name=member.name, version=member.version, known=known)
