"""Searching the releases of torch for the newest that has everything a request wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.planner._judge import Choice, judge

if TYPE_CHECKING:
    from provisioner.compat import Compat, Release
    from provisioner.planner._judge import Verdict
    from provisioner.planner._obstacles import Obstacle
    from provisioner.planner._request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the search came to."""

    matching: tuple[Release, ...]
    """Releases that satisfy the version wish, newest first."""
    choice: Choice | None
    """The newest that has everything, else the newest that may have it."""
    held_back: tuple[tuple[Release, Verdict], ...]
    """The newer ones that were not chosen, newest first; all of them where nothing was."""

    @property
    def refused(self) -> tuple[tuple[Release, tuple[Obstacle, ...]], ...]:
        """The releases that something stands in the way of, newest first."""
        return tuple(
            (release, verdict)
            for release, verdict in self.held_back
            if not isinstance(verdict, Choice)
        )


def matching(request: Request, compat: Compat) -> tuple[Release, ...]:
    """Return the releases that satisfy the version wish, newest first."""
    return tuple(
        release for release in reversed(compat.releases) if request.torch.contains(release.torch)
    )


def search(request: Request, compat: Compat) -> Found:
    """Judge the matching releases from the newest down to the first that surely has everything.

    A release whose wheels are not known to exist is chosen only where no other will do.
    """
    releases = matching(request, compat)
    judged: list[tuple[Release, Verdict]] = []
    for release in releases:
        verdict = judge(request, release, compat)
        if isinstance(verdict, Choice) and not verdict.doubts:
            return Found(matching=releases, choice=verdict, held_back=tuple(judged))
        judged.append((release, verdict))
    for place, (_, verdict) in enumerate(judged):
        if isinstance(verdict, Choice):
            return Found(matching=releases, choice=verdict, held_back=tuple(judged[:place]))
    return Found(matching=releases, choice=None, held_back=tuple(judged))
