"""Dependencies that ask for another torch, in words: who wants what, and what would serve all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding
from provisioner.planner._text import listing, literals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.planner._dependents import TorchAsker
    from provisioner.planner._obstacles import OtherTorch
    from provisioner.planner._scene import Scene


_MOST_WISHES: Final = 3
"""More kinds of wishes of one package are not spelled out."""


def other_torch(obstacle: OtherTorch, scene: Scene) -> Finding:
    """Return the finding on dependencies that do not go with a release of torch."""
    against = listing(f"`{one.dependency}`" for one in obstacle.askers)
    verb = "asks" if len(obstacle.askers) == 1 else "ask"
    first = obstacle.askers[0].dependency
    sources = dict.fromkeys(code for one in obstacle.askers for code in one.sources)
    return Finding(
        code="TE225",
        message=f"{against} {verb} for another torch than {_wanted(obstacle.torch, scene)}.",
        why=f"Who wants what: {'; '.join(_wishes(scene))}. {_served(scene)} "
        f"Source: {scene.compat.cite(sources)}.",
        do=scene.take_one(f"name another release of `{first.name}`"),
        where=scene.spec.where_dependency(first, f"dependencies.{first.name}"),
    )


def _wanted(torch: str, scene: Scene) -> str:
    """Return the torch in question; of a range that is refused as a whole, the range."""
    if scene.several and scene.shared:
        return f"any that satisfies `{scene.spec.torch.text}`"
    return torch


def _wishes(scene: Scene) -> Iterator[str]:
    yield f"the spec wants torch `{scene.spec.torch.text}`"
    for asker in scene.request.askers:
        wishes = list(dict.fromkeys(f"torch{wish}" for _, wish in asker.wishes))
        others = ", its older releases others" if len(wishes) > _MOST_WISHES else ""
        yield f"{_subject(asker)} wants {literals(wishes[:_MOST_WISHES], 'or')}{others}"


def _subject(asker: TorchAsker) -> str:
    """Return the release where the spec admits just one, else what the spec says."""
    if len(asker.wishes) == 1:
        return f"{asker.dependency.name} {asker.wishes[0][0]}"
    return f"`{asker.dependency}`"


def _served(scene: Scene) -> str:
    """Say which torch every dependency could live with."""
    torches = tuple(
        release.torch
        for release in scene.compat.releases
        if all(asker.admits(release.torch) for asker in scene.request.askers)
    )
    whom = "All of them" if len(scene.request.askers) > 1 else "It"
    if torches:
        return f"{whom} can have torch {scene.torch_spans(torches)}."
    if len(scene.request.askers) > 1:
        return "No torch from the compat data serves all of them."
    return "No torch from the compat data is what it wants."
