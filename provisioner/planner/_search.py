"""Searching the releases of torch for the newest that has everything that all targets want."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from provisioner.planner._judge import Choice, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.compat import Compat, Release
    from provisioner.planner._judge import Verdict
    from provisioner.planner._obstacles import Obstacle
    from provisioner.planner._request import Request

Judged = tuple["Release", tuple["Verdict", ...]]
"""A release and what it is to each request."""


class Found(NamedTuple):
    """What the search came to."""

    matching: tuple[Release, ...]
    """Releases that satisfy the version wish, newest first."""
    choices: tuple[Choice, ...]
    """For each request, with the newest release that has everything for all of them, else with the
    newest that may have it; empty where there is none."""
    held_back: tuple[Judged, ...]
    """The newer ones that were not chosen, newest first; all of them where nothing was."""

    @property
    def refused(self) -> tuple[Judged, ...]:
        """The releases that something stands in the way of, newest first."""
        return tuple(judged for judged in self.held_back if not _is_possible(judged))


def obstacles_of(verdict: Verdict) -> tuple[Obstacle, ...]:
    """Return what stands in the way; nothing for a choice."""
    return () if isinstance(verdict, Choice) else verdict


def matching(request: Request, compat: Compat) -> tuple[Release, ...]:
    """Return the releases that satisfy the version wish, newest first."""
    return tuple(
        release for release in reversed(compat.releases) if request.torch.contains(release.torch)
    )


def search(requests: Sequence[Request], compat: Compat) -> Found:
    """Judge the matching releases from the newest down to the first that surely has everything.

    All requests have the same wish for torch, since one spec states it for all targets. A release
    whose wheels are not known to exist is chosen only where no other will do.
    """
    releases = matching(requests[0], compat)
    judged: list[Judged] = []
    for release in releases:
        one = (release, tuple(judge(request, release, compat) for request in requests))
        if _is_sure(one):
            return _found(releases, one, judged)
        judged.append(one)
    for place, one in enumerate(judged):
        if _is_possible(one):
            return _found(releases, one, judged[:place])
    return Found(matching=releases, choices=(), held_back=tuple(judged))


def _found(releases: tuple[Release, ...], chosen: Judged, newer: Sequence[Judged]) -> Found:
    choices = tuple(verdict for verdict in chosen[1] if isinstance(verdict, Choice))
    return Found(matching=releases, choices=choices, held_back=tuple(newer))


def _is_possible(judged: Judged) -> bool:
    return all(isinstance(verdict, Choice) for verdict in judged[1])


def _is_sure(judged: Judged) -> bool:
    return all(isinstance(verdict, Choice) and not verdict.doubts for verdict in judged[1])
