"""What every finding of one plan refers to: the spec's lines, and what exists, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from provisioner.planner._text import listing, literals, runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.compat import Build, Compat
    from provisioner.findings import Combination, Where
    from provisioner.planner._request import Request
    from provisioner.spec import Spec, TargetWish


class Scene(NamedTuple):
    """What every finding of one plan refers to."""

    spec: Spec
    target: TargetWish
    request: Request
    compat: Compat
    alternatives: tuple[Combination, ...] = ()
    """What works instead of what was refused."""
    several: bool = False
    """Whether the version wish admits more than one release."""
    shared: bool = False
    """Whether what is being put into words stands in the way of every one of them."""

    def where(self, key: str) -> Where:
        """Return the place of a key in the spec; ``environment.…`` may be the target's own."""
        table, _, name = key.partition(".")
        if table == "environment":
            key = self.spec.key_of(self.target, name)
        return self.spec.where(key)

    def place(self, key: str, fallback: str = "torch.torch") -> Where:
        """Return the place of a key that the spec may leave out."""
        where = self.where(key)
        return where if where.line is not None else self.where(fallback)

    def owner(self, key: str) -> str:
        """Return whose ``driver``, ``gpus``, ``glibc`` or ``macos`` is meant, to begin a sentence.

        The spec's word is about the target, all else was seen on this machine.
        """
        if key not in self.request.machine.said:
            return "This machine"
        name = self.target.name
        return "The target" if name is None else f"The target `{name}`"

    def take_one(self, otherwise: str) -> str:
        """Return what to do: one of the alternatives where there are any, or something else."""
        if not self.alternatives:
            return f"{otherwise[:1].upper()}{otherwise[1:]}."
        return f"Take one of the combinations named here, or {otherwise}."

    def torch_spans(self, releases: Iterable[str]) -> str:
        """Return releases of torch as ``2.0.0 to 2.3.1``."""
        return listing(runs(tuple(releases), [one.torch for one in self.compat.releases]))

    def torch_for(self, *, accelerator: str | None = None, platform: str | None = None) -> str:
        """Say which releases have a build: ``exists for torch 2.9.0 and may exist for …``.

        Empty where none has or may have one.
        """
        builds = [
            build
            for release in self.compat.releases
            for build in self.compat.builds(
                release.torch, platform=platform, accelerator=accelerator
            )
        ]
        sure, perhaps = _by_certainty((build.torch, build) for build in builds)
        return _exists(
            f"torch {self.torch_spans(sure)}" if sure else "",
            f"torch {self.torch_spans(perhaps)}" if perhaps else "",
        )

    def accelerators_of(self, torch: str) -> str:
        """Say in one sentence which accelerators a release has on the platform."""
        platform = self.request.platform
        builds = self.compat.builds(torch, platform=platform)
        if not builds:
            return f"torch {torch} has nothing for {platform}."
        order = list(self.compat.accelerators)
        sure, perhaps = (
            literals(sorted(names, key=order.index))
            for names in _by_certainty((build.accelerator, build) for build in builds)
        )
        return f"On {platform} torch {torch} {_exists(sure, perhaps)}."


def _by_certainty(builds: Iterable[tuple[str, Build]]) -> tuple[list[str], list[str]]:
    """Split the names of builds into those that surely exist and those that only may."""
    named = tuple(builds)
    sure = dict.fromkeys(name for name, build in named if not build.is_doubtful)
    perhaps = dict.fromkeys(name for name, _ in named if name not in sure)
    return list(sure), list(perhaps)


def _exists(sure: str, perhaps: str) -> str:
    said = [f"exists for {sure}"] if sure else []
    return " and ".join([*said, f"may exist for {perhaps}"] if perhaps else said)
