"""Rules that need no release of torch: the kind of machine, and wishes that no release can meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from provisioner.findings import Finding
from provisioner.planner._machine import targets_host
from provisioner.planner._request import MEMBERS
from provisioner.planner._text import listing
from provisioner.planner._wording import unheard_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import Specifier

    from provisioner.host import HostFacts
    from provisioner.planner._scene import Scene

_MACHINES_32: Final = frozenset(
    {"i386", "i486", "i586", "i686", "x86", "win32", "arm", "armv6l", "armv7l", "armv7", "armhf"}
)
"""How ``uname -m`` and Python call 32-bit machines."""


def iter_machine_problems(scene: Scene, host: HostFacts) -> Iterator[Finding]:
    """Yield why no torch at all can be on the target; nothing more is worth asking then."""
    platform = scene.request.platform
    if targets_host(scene.target, host) and host.libc == "musl":
        yield _musl(scene)
    elif platform.partition("-")[2] in _MACHINES_32:
        yield _bits(scene)
    elif platform not in scene.compat.platforms:
        yield _unknown_platform(scene)


def _musl(scene: Scene) -> Finding:
    return Finding(
        code="TE302",
        message="This machine's C library is musl (Alpine Linux and the like).",
        why="Every Linux wheel of torch is built for glibc; there is none for musl.",
        do="Use a system with glibc, for instance a Debian based container image.",
        where=scene.place("environment.platform"),
    )


def _bits(scene: Scene) -> Finding:
    return Finding(
        code="TE302",
        message=f"{scene.request.platform} is a 32-bit platform.",
        why="torch is published for 64-bit platforms only.",
        do="Use a 64-bit system and a 64-bit Python.",
        where=scene.place("environment.platform"),
    )


def _unknown_platform(scene: Scene) -> Finding:
    return Finding(
        code="TE204",
        message=f"torch was never published for {scene.request.platform}.",
        why=f"It exists for {listing(scene.compat.platforms)}.",
        do="Plan for one of these with `environment.platform`.",
        where=scene.place("environment.platform"),
    )


def iter_spec_problems(scene: Scene) -> Iterator[Finding]:
    """Yield what the spec says against itself, whatever exists.

    Reading a file refuses both already, with all its other problems; a program can make a spec
    without a file, and must not be able to move the trio to another index either.
    """
    sources = scene.spec.sources
    if sources.isolated and sources.trio == "default":
        yield Finding(
            code="TE213",
            message='`sources.trio = "default"` contradicts `sources.isolated = true`.',
            why="An isolated environment takes everything, the trio included, from PyTorch's "
            "index.",
            do="Remove one of the two.",
            where=scene.where("sources.trio"),
        )
    for dependency in scene.request.dependencies:
        if dependency.name in ("torch", *MEMBERS):
            key = f"dependencies.{dependency.name}"
            yield Finding(
                code="TE209",
                message=f"`{dependency.name}` stands under `[dependencies]`.",
                why="The plan decides its version, its build and its index; as a dependency it "
                "could come from another index and undo that.",
                do=f'Move it to `[torch]`, as `{dependency.name} = "…"`.',
                where=scene.spec.where_dependency(dependency, key),
            )


def iter_wish_problems(scene: Scene) -> Iterator[Finding]:
    """Yield why no release that is known satisfies the version wish; call it only then."""
    if not scene.compat.torch_with(scene.request.accelerator):
        yield unheard_of(scene)
    named = [one for one in scene.request.torch if one.operator in ("==", "===")]
    yield _unknown_release(scene, named[0]) if named else _unsatisfiable(scene)


def _unknown_release(scene: Scene, named: Specifier) -> Finding:
    side, otherwise = _side(scene, named)
    return Finding(
        code="TE201",
        message=f"torch {scene.spec.torch.text} is not in the compat data.",
        why=f"The compat data ({scene.compat.version}) has torch "
        f"{scene.compat.releases[0].torch} to {scene.compat.newest.torch}; {side}.",
        do=scene.take_one(otherwise),
        where=scene.where("torch.torch"),
    )


def _side(scene: Scene, named: Specifier) -> tuple[str, str]:
    """Return on which side of the data a version lies, and what to do about it."""
    try:
        version = Version(named.version.removesuffix(".*"))
    except InvalidVersion:
        return "no release has this name", "name a release"
    if version.is_prerelease:
        return "it leaves out nightly builds and other pre-releases", "name a release"
    if version > Version(scene.compat.newest.torch):
        return (
            "this one is newer than the data",
            "update torchenv, whose newer versions know newer releases",
        )
    if version < Version(scene.compat.releases[0].torch):
        return "this one is older than torchenv goes back", "name a newer release"
    return "no release of this number is known", "name another release"


def _unsatisfiable(scene: Scene) -> Finding:
    return Finding(
        code="TE210",
        message=f"No torch release satisfies `{scene.spec.torch.text}`.",
        why=f"The compat data ({scene.compat.version}) has torch "
        f"{scene.compat.releases[0].torch} to {scene.compat.newest.torch}.",
        do=scene.take_one("widen the wish"),
        where=scene.where("torch.torch"),
    )
