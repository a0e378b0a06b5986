"""Wishes for a torch that is newer than the compat data: the index is asked what it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from packaging.version import InvalidVersion, Version

from provisioner.compat import load_compat
from provisioner.findings import TorchenvError
from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from provisioner.compat import Compat
    from provisioner.compat.derive import Sighting
    from provisioner.findings import Finding
    from provisioner.spec import Sources, Spec

_AUTO: Final = "auto"
_LOWER_BOUNDS: Final = frozenset({"==", "===", ">=", ">", "~="})
_SAYS_NOTHING: Final = (
    " Linux wheels there count only where their metadata names the CUDA that they are compiled for."
)


class Known(NamedTuple):
    """What a plan can go by."""

    compat: Compat
    outcome: str = ""
    """Where an index was asked for nothing: what came of it, as a sentence for a refusal."""

    def explained(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return a refusal with what came of asking the index, where that was for nothing."""
        if not self.outcome:
            return findings
        return tuple(
            replace(one, why=f"{one.why} {self.outcome}") if one.code in {"TE201", "TE210"} else one
            for one in findings
        )


def known_for(spec: Spec, *, offline: bool = False) -> Known:
    """Return the compat data, extended from the index where the spec wants a newer torch.

    A wish that the data can serve makes no request, and neither does one that no newer release
    could serve. An index that cannot be asked is no error here: the plan is refused then, and says
    why it could not be asked.

    Args:
        spec: What is wanted.
        offline: Whether the index is not to be asked; what an earlier plan read counts.
    """
    compat = load_compat()
    if not is_beyond(spec, compat):
        return Known(compat)
    # Imported here because a plan within the data needs no network.
    from provisioner.api._beyond_index import notes_of, read_notes, sightings, write_notes
    from provisioner.compat.derive import extended

    base = strip_credentials(_base(spec))
    place, when = (f"`{base}`" if base else "the default index"), "read for this plan"
    if offline:
        when = "as it was read earlier"
    wanted = (_base(spec), _accelerators(spec, compat))
    notes = notes_of(spec, *wanted)
    try:
        seen = _read_earlier(spec, wanted) or sightings(spec, compat, *wanted, offline=offline)
    except TorchenvError as exc:
        # What was locked on a connected machine can then still be applied and looked at.
        seen, when = read_notes(notes), "as an earlier plan read it, since it cannot be asked now"
        if not seen:
            cause = exc.findings[0]
            return Known(compat, f"The index could not be asked: {cause.message} {cause.why}")
    else:
        write_notes(notes, seen)
        _LAST[:] = [_Reading(sources=spec.sources, wanted=wanted, seen=seen)]
    more = extended(compat, seen, asked=f"{place}, {when}")
    if any(spec.torch.specifier.contains(one.torch) for one in more.releases):
        return Known(more)
    named, hint = (f"`{base}`", "") if base else ("The default index", _SAYS_NOTHING)
    folders = ", ".join(f"`{one}`" for one in _accelerators(spec, compat))
    return Known(compat, f"{named} was asked, too, and lists no such torch for {folders}.{hint}")


class _Reading(NamedTuple):
    """What an index was seen to have, for a spec that was read from its file once."""

    sources: Sources
    """The very object: all that is made of a loaded spec, such as one target of it, shares it."""
    wanted: tuple[str, tuple[str, ...]]
    seen: list[Sighting]


_LAST: Final[list[_Reading]] = []
"""The last reading, since one command plans several times; another loaded spec replaces it."""


def _read_earlier(spec: Spec, wanted: tuple[str, tuple[str, ...]]) -> list[Sighting]:
    """Return what was read for the same loaded spec already; empty where nothing was."""
    for last in _LAST:
        if last.sources is spec.sources and last.wanted == wanted:
            return last.seen
    return []


def is_beyond(spec: Spec, compat: Compat) -> bool:
    """Whether only a release that is newer than the data could serve the wish for torch."""
    wish = spec.torch.specifier
    if any(wish.contains(one.torch) for one in compat.releases):
        return False
    newest = Version(compat.newest.torch)
    return any(_is_after(one.version, newest) for one in wish if one.operator in _LOWER_BOUNDS)


def _is_after(text: str, newest: Version) -> bool:
    try:
        version = Version(text.removesuffix(".*"))
    except InvalidVersion:
        return False
    return version >= newest and not version.is_prerelease


def _base(spec: Spec) -> str:
    """Return the base of PyTorch's index or its mirror; empty where the default index is meant."""
    if spec.sources.trio == "default" and not spec.sources.isolated:
        return ""
    return spec.sources.pytorch.rstrip("/")


def _accelerators(spec: Spec, compat: Compat) -> tuple[str, ...]:
    """Return whose folders are read; ``auto`` stands for those of the newest release known."""
    named = [target.accelerator for target in spec.targets]
    if _AUTO in named:
        named += [build.accelerator for build in compat.builds(compat.newest.torch)]
    return tuple(dict.fromkeys(one for one in named if one != _AUTO))
