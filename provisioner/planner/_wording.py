"""What stands in the way, in words: one finding per obstacle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.compat import DOUBTFUL, kind_of
from provisioner.findings import Finding
from provisioner.planner._dependents_wording import other_torch
from provisioner.planner._machine_wording import machine_finding
from provisioner.planner._obstacles import (
    DependencyClash,
    NoAccelerator,
    NoMember,
    NoPlatform,
    NoPython,
    NotOnIndex,
    NotOnPlatform,
    OldGlibc,
    OtherTorch,
    PatchExcluded,
    WrongMember,
)
from provisioner.planner._text import index_name, listing, literals, pythons

if TYPE_CHECKING:
    from provisioner.planner._obstacles import Obstacle
    from provisioner.planner._scene import Scene

# That is where people read the CUDA that they ask for. Source of the rule: NVIDIA on minor-version
# compatibility (`NV-MVC` of the compat data).
_OLDER_CUDA: Final = (
    " `nvidia-smi` shows the newest CUDA that the driver runs; it runs builds for older ones too."
)


def finding_for(  # noqa: C901, PLR0911  one case per obstacle
    obstacle: Obstacle, scene: Scene
) -> Finding:
    """Return one obstacle as a finding."""
    match obstacle:
        case NoPlatform():
            return _no_platform(obstacle, scene)
        case NoAccelerator():
            return _no_accelerator(obstacle, scene)
        case NotOnPlatform():
            return _not_on_platform(obstacle, scene)
        case NotOnIndex():
            return _not_on_index(obstacle, scene)
        case NoPython():
            return _no_python(obstacle, scene)
        case WrongMember():
            return _wrong_member(obstacle, scene)
        case NoMember():
            return _no_member(obstacle, scene)
        case PatchExcluded():
            return _patch_excluded(obstacle, scene)
        case OldGlibc():
            return _old_glibc(obstacle, scene)
        case DependencyClash():
            return _dependency_clash(obstacle, scene)
        case OtherTorch():
            return other_torch(obstacle, scene)
        case _:
            return machine_finding(obstacle, scene)


def _nothing(torch: str, scene: Scene) -> str:
    """Begin a sentence that ends with what was not published."""
    if not scene.several:
        return f"torch {torch} was never published for"
    if scene.shared:
        return f"No torch release that satisfies `{scene.spec.torch.text}` was published for"
    return f"torch {torch}, which satisfies `{scene.spec.torch.text}`, was never published for"


def _no_platform(obstacle: NoPlatform, scene: Scene) -> Finding:
    platform, compat = scene.request.platform, scene.compat
    others = sorted({build.platform for build in compat.builds(obstacle.torch)})
    return Finding(
        code="TE204",
        message=f"{_nothing(obstacle.torch, scene)} {platform}.",
        why=f"torch {obstacle.torch} exists for {listing(others)}; "
        f"a build for {platform} {scene.torch_for(platform=platform)}.",
        do=scene.take_one("plan for another platform"),
        where=scene.where("torch.torch"),
    )


def _no_accelerator(obstacle: NoAccelerator, scene: Scene) -> Finding:
    accelerator, compat = scene.request.accelerator, scene.compat
    if not compat.torch_with(accelerator):
        return unheard_of(scene)
    row = compat.accelerators[accelerator]
    ended = f": {row.ended}" if row.ended else ""
    return Finding(
        code="TE202",
        message=f"{_nothing(obstacle.torch, scene)} `{accelerator}`.",
        why=f"{scene.accelerators_of(obstacle.torch)} `{accelerator}` "
        f"{scene.torch_for(accelerator=accelerator)}{ended}.",
        do=scene.take_one("change `accelerator` or `torch`"),
        where=scene.where("torch.torch"),
    )


def unheard_of(scene: Scene) -> Finding:
    """Return the finding on an accelerator that no release of torch was published for."""
    accelerator, compat = scene.request.accelerator, scene.compat
    kind = kind_of(accelerator)
    alike = [
        one.name
        for one in compat.accelerators.values()
        if kind_of(one.name) == kind and one.known not in DOUBTFUL
    ]
    return Finding(
        code="TE211",
        message=f"No torch release from {compat.releases[0].torch} to {compat.newest.torch} was "
        f"published for `{accelerator}`.",
        why=f"The compat data ({compat.version}) has {literals(alike)}."
        f"{_OLDER_CUDA if kind == 'cuda' else ''}",
        do=scene.take_one("name another `accelerator`"),
        where=scene.where("environment.accelerator"),
    )


def _not_on_platform(obstacle: NotOnPlatform, scene: Scene) -> Finding:
    accelerator, platform = scene.request.accelerator, scene.request.platform
    here = scene.torch_for(accelerator=accelerator, platform=platform)
    return Finding(
        code="TE204",
        message=f"{_nothing(obstacle.torch, scene)} `{accelerator}` on {platform}.",
        why=f"`{accelerator}` of torch {obstacle.torch} exists for "
        f"{listing(obstacle.platforms)} only. {scene.accelerators_of(obstacle.torch)}"
        f"{f' On {platform} `{accelerator}` {here}.' if here else ''}",
        do=scene.take_one("change `accelerator`"),
        where=scene.where("environment.accelerator"),
    )


def _not_on_index(obstacle: NotOnIndex, scene: Scene) -> Finding:
    key = "sources.isolated" if scene.spec.sources.isolated else "sources.trio"
    default = obstacle.insisted == "default"
    return Finding(
        code="TE213",
        message=_lacks(obstacle, scene),
        why=f"`{key}` in the spec takes the trio from {index_name(obstacle.insisted)} only"
        f"{', which has at most one build per platform' if default else ''}.",
        do=f"Remove `{key}`: then the build comes from "
        f"{index_name('pytorch' if default else 'default')}.",
        where=scene.place(key),
    )


def _lacks(obstacle: NotOnIndex, scene: Scene) -> str:
    accelerator, platform = scene.request.accelerator, scene.request.platform
    index = index_name(obstacle.insisted)
    if obstacle.instead is not None:
        return (
            f"The build of torch {obstacle.torch} that {index} has for {platform} is for "
            f"`{obstacle.instead}`, not for `{accelerator}`."
        )
    build = f"`{accelerator}` build of torch {obstacle.torch} for {platform}"
    return f"{index[:1].upper()}{index[1:]} has no {build}."


def _no_python(obstacle: NoPython, scene: Scene) -> Finding:
    subject = _nothing(obstacle.torch, scene)
    return Finding(
        code="TE203",
        message=f"{subject} Python {scene.request.python}"
        f"{f' with `{obstacle.accelerator}`' if obstacle.accelerator else ''}.",
        why=_python_reason(obstacle, scene),
        do=scene.take_one("change `python`"),
        where=scene.where("environment.python"),
    )


def _python_reason(obstacle: NoPython, scene: Scene) -> str:
    accelerator = f"`{obstacle.accelerator}` on " if obstacle.accelerator else ""
    wheels = f"torch {obstacle.torch} for {accelerator}{scene.request.platform}"
    if not obstacle.pythons:
        return f"Which Pythons there are wheels of {wheels} for is not known."
    return f"The wheels of {wheels} are for Python {pythons(obstacle.pythons)}."


def _wrong_member(obstacle: WrongMember, scene: Scene) -> Finding:
    if not obstacle.pairs:
        return _no_pair(obstacle, scene)
    pair = obstacle.pairs[0]
    return Finding(
        code=_member_code(obstacle.name),
        message=f"{obstacle.name} `{obstacle.wish}` does not belong to torch {obstacle.torch}.",
        why=f"torch {obstacle.torch} goes with {obstacle.name} {listing(obstacle.pairs, 'or')}"
        f"{_belongs_to(obstacle, scene)}.",
        do=f'Write `{obstacle.name} = "{pair}"`, or leave the key out: {obstacle.name} follows '
        "torch.",
        where=scene.where(f"torch.{obstacle.name}"),
    )


def _no_pair(obstacle: WrongMember, scene: Scene) -> Finding:
    """Only a release that was derived from an index has no member at all."""
    name, torch = obstacle.name, obstacle.torch
    return Finding(
        code=_member_code(name),
        message=f"It is not known whether {name} `{obstacle.wish}` belongs to torch {torch}.",
        why=f"torch {torch} is not in the compat data, and no {name} on the index says in its "
        "metadata that it is for this torch.",
        do=f"Leave `{name}` out with `{name} = false`, or take a torch that the data has.",
        where=scene.where(f"torch.{name}"),
    )


def _member_code(name: str) -> str:
    return "TE205" if name == "torchvision" else "TE206"


def _belongs_to(obstacle: WrongMember, scene: Scene) -> str:
    """Say what an exactly pinned member is for; nothing for a range."""
    member = scene.compat.member(obstacle.name, obstacle.wish)
    if member is None:
        return ""
    if member.yanked:
        return f"; {obstacle.name} {member.version} was withdrawn: it {member.yanked}"
    torches = tuple(
        release.torch
        for release in scene.compat.releases
        if member.version in release.members(obstacle.name)
    )
    return f"; {obstacle.name} {member.version} is for torch {scene.torch_spans(torches)}"


def _no_member(obstacle: NoMember, scene: Scene) -> Finding:
    member, request = obstacle.member, scene.request
    if request.platform in member.platforms:
        lacking = f"Python {request.python} on {request.platform}"
        lacks = dict(member.missing).get(request.platform, ())
        have = [python for python in member.pythons if python not in lacks]
        why = f"Its wheels for {request.platform} are for Python {pythons(have)}."
    else:
        lacking = request.platform
        why = f"Its wheels are for {listing(member.platforms)}."
    return Finding(
        code="TE207",
        message=f"{member.name} {member.version}, which belongs to torch {obstacle.torch}, has no "
        f"wheel for {lacking}.",
        why=why,
        do=scene.take_one(f"say `{member.name} = false` under `[torch]` to leave it out"),
        where=scene.place(f"torch.{member.name}"),
    )


def _patch_excluded(obstacle: PatchExcluded, scene: Scene) -> Finding:
    member, python = obstacle.member, scene.request.patch
    return Finding(
        code="TE207",
        message=f"{member.name} {member.version} excludes Python {python}.",
        why=f"Its metadata says `requires-python: {member.requires_python}`.",
        do=f'Write `python = "{scene.request.python}"` or another patch release.',
        where=scene.where("environment.python"),
    )


def _old_glibc(obstacle: OldGlibc, scene: Scene) -> Finding:
    return Finding(
        code="TE303",
        message=f"{scene.owner('glibc')} has glibc {scene.request.machine.glibc}; the "
        f"`{scene.request.accelerator}` wheels of torch {obstacle.torch} need glibc "
        f"{obstacle.needed}.",
        why="A wheel built for a newer C library does not load on an older one.",
        do=scene.take_one("use a newer system"),
        where=scene.place("environment.glibc"),
    )


def _dependency_clash(obstacle: DependencyClash, scene: Scene) -> Finding:
    ceiling, dependency = obstacle.ceiling, obstacle.dependency
    key = f"dependencies.{dependency.name}"
    return Finding(
        code="TE209",
        message=f"`{dependency}` contradicts torch {obstacle.torch}, which needs "
        f"`{ceiling.requirement}`.",
        why=f"{ceiling.why} Source: {scene.compat.cite(ceiling.sources)}.",
        do=scene.take_one(f"let `{dependency.name}` admit `{ceiling.requirement}`"),
        where=scene.spec.where_dependency(dependency, key),
    )
