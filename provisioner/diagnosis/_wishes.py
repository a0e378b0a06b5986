"""What a text says was asked for: requirements that could not be met, and what was offered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEAR: Final = 400
"""Characters after a requirement in which pip says who asked and what there is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A requirement that could not be met."""

    name: str
    """Normalised project name."""
    version: str | None
    """Public version, where the requirement pins one or gives a lowest one."""
    operator: str
    """``==``, ``>=``, ``<`` and so on; empty without a version."""
    accelerator: str | None
    """Local part of the version: ``cu118``."""
    offered: tuple[str, ...] | None
    """What pip saw instead (``from versions: …``); None where the text does not say."""
    from_package: str | None = None
    """Who asked for it: ``(from torch)``."""
    limits: tuple[tuple[str, str], ...] = ()
    """The other clauses of a range, operator and public version: ``<3.0.0`` of ``>=2.3,<3.0.0``."""


_UNSATISFIED: Final = tuple(
    map(
        pattern,
        (
            r"could not find a version that satisfies the requirement ([^()]{1,300})",
            (
                r"no matching distribution found for ([^()]{1,300}?)"
                r"(?: \(from| error:| warning:| you |$)"
            ),
        ),
    )
)
_UV_WISHES: Final = tuple(
    map(
        pattern,
        (
            (
                r"there is no version of "
                r"([a-z0-9][\w.-]{0,80}(?:\[[^\]]{0,80}\])?(?:\{[^}]{0,120}\})?"
                r"(?:[<>=!~]=?[^ ]{1,60})?)"
            ),
            r"([a-z0-9][\w.-]{0,80}(?:[<>=!~]=?[^ ]{1,60})?) has no (?:usable )?wheels",
            r"because ([a-z0-9][\w.-]{0,80}[<>=!~]=?[^ ]{1,60}) is unusable because",
            r"is available and you require ([a-z0-9][\w.-]{0,80}[<>=!~]=?[^ ,]{1,60})",
            r"because ([a-z0-9][\w.-]{0,80}(?:[<>=!~]=?[^ ]{1,60})?) was not found in the",
            r"distribution `([a-z0-9][\w.-]{0,80}==[^ ]{1,60}) @ ",
            r"depends on ([a-z0-9][\w.-]{0,80} \([^)]{1,60}\)) which doesn't match any versions",
            r"unable to find installation candidates for ([a-z0-9][\w.-]{0,80} \([^)]{1,60}\))",
        ),
    )
)
_OFFERED: Final = re.compile(r"\(from versions: ?([^)]{0,20000})")
_FROM: Final = re.compile(r"\(from ([a-z0-9][\w.-]{0,80})[^)]{0,200}\)")
_REQUIREMENT: Final = re.compile(
    r"^([a-z0-9](?:[\w.-]{0,80}[a-z0-9])?)(?:\[[^\]]*\])?(?:\{[^}]*\})? ?"
    r"(?:(===|==|~=|>=|<=|!=|<|>)? ?v?(\d[\w.+!*-]*))?"
)
_CLAUSE: Final = re.compile(r",? ?(===|==|~=|>=|<=|!=|<|>) ?v?(\d[\w.+!*-]*)")
_LOWER: Final = frozenset({"==", "===", ">=", "~=", ">"})
_ACCELERATOR: Final = re.compile(r"^(?:cu\d{2,3}|cpu|rocm\d[\d.]*|xpu)$")


def read_wishes(flow: str) -> Iterator[Wish]:
    """Yield the requirements that could not be met, each project once."""
    seen: dict[str, Wish] = {}
    for each in _UNSATISFIED:
        for found in each.find_all(flow):
            wish = _wish(found[1], flow[found.end(1) : found.end(1) + 20400])
            if wish is not None and (wish.name not in seen or seen[wish.name].offered is None):
                seen[wish.name] = wish
    for each in _UV_WISHES:
        for found in each.find_all(flow):
            wish = _wish(found[1], "")
            if wish is not None:
                seen.setdefault(wish.name, wish)
    yield from seen.values()


def _wish(requirement: str, after: str) -> Wish | None:
    """Read a requirement; ``after`` is what follows it in pip's words."""
    bare = requirement.strip(" `'\"").replace("(", "")
    found = _REQUIREMENT.match(bare)
    if found is None:
        return None
    operator, version, accelerator, limits = _clauses(bare, found)
    offered = _OFFERED.search(after[:20400])
    asked_by = _FROM.search(after[:_NEAR])
    return Wish(
        name=canonicalize_name(found[1].rstrip(".-_")),
        version=version,
        operator=operator,
        accelerator=accelerator,
        offered=None if offered is None or offered.start() > _NEAR else _offered(offered[1]),
        from_package=None
        if asked_by is None or asked_by[1].startswith("versions")
        else canonicalize_name(asked_by[1].partition("==")[0]),
        limits=limits,
    )


def _clauses(
    bare: str, first: re.Match[str]
) -> tuple[str, str | None, str | None, tuple[tuple[str, str], ...]]:
    """Return the clause that says what is wanted, lowest or exact one before an upper limit."""
    clauses = [(first[2] or "==", first[3])]
    at = first.end()
    while (more := _CLAUSE.match(bare, at)) is not None:
        clauses.append((more[1], more[2]))
        at = more.end()
    main = next((one for one in clauses if one[0] in _LOWER), clauses[0])
    version, accelerator = split_local(main[1])
    if version is None:
        return "", None, accelerator, ()
    rest = ((operator, split_local(text)[0]) for operator, text in clauses if text is not main[1])
    return main[0], version, accelerator, tuple((it, to) for it, to in rest if to is not None)


def _offered(listed: str) -> tuple[str, ...]:
    return tuple(one for one in (read_version(part.strip()) for part in listed.split(",")) if one)


def split_local(text: str | None) -> tuple[str | None, str | None]:
    """Return public version and accelerator of ``2.1.0+cu118``; both may be missing."""
    if text is None:
        return None, None
    public, _, local = text.replace("%2b", "+").partition("+")
    version = read_version(public.removesuffix(".*").rstrip(".,"))
    return version, local if _ACCELERATOR.match(local) else None


def read_version(text: str | None) -> str | None:
    """Return a version that is one, without a full stop that ended a sentence."""
    try:
        return None if text is None else str(Version(text.rstrip(".-+_")))
    except InvalidVersion:
        return None
