"""Reading the engine's answer: which version of each package, from which index, wanted by what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Origins = dict[str, tuple[str, str | None]]
"""Package name to (version, URL of its index); the URL is None for a package that is a file."""

_FROM: Final = "# from "
_VIA: Final = "# via"
_FURTHER: Final = "#   "


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The packages that solve a request."""

    origins: Origins
    parents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Package name to the names of what wants it; files and the request itself do not count."""

    def needed_by(self, names: Collection[str]) -> frozenset[str]:
        """Return the names of all packages that those named need, directly or not."""
        found: set[str] = set()
        edge = frozenset(names)
        while edge:
            edge = frozenset(
                name
                for name, parents in self.parents.items()
                if name not in found and not parents.isdisjoint(edge)
            )
            found |= edge
        return frozenset(found)


def parse_resolution(text: str) -> Resolution:
    """Read the engine's requirements output with annotations.

    The input is lines like ``numpy==2.1.0``, each followed by what wants it, ``    # via torch`` or
    ``    # via`` and lines like ``    #   torch``, and by ``    # from https://…/simple`` unless
    the package is no index's.
    """
    origins: Origins = {}
    parents: dict[str, set[str]] = {}
    last = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(_FROM) and last:
            origins[last] = (origins[last][0], stripped.removeprefix(_FROM))
        elif stripped.startswith((_VIA, _FURTHER)) and last:
            parents[last].update(_parent(stripped.removeprefix(_VIA).removeprefix("#")))
        elif stripped.startswith("-"):
            last = ""
        elif stripped and not stripped.startswith("#"):
            try:
                requirement = Requirement(stripped)
            except InvalidRequirement:
                continue
            last = str(canonicalize_name(requirement.name))
            version = next((one.version for one in requirement.specifier), "")
            origins[last] = (version, None)
            parents[last] = set()
    frozen = {name: frozenset(found) for name, found in parents.items()}
    return Resolution(origins=origins, parents=frozen)


def _parent(text: str) -> set[str]:
    """Return the name of the package in an annotation; nothing for a file or the request."""
    words = text.split()
    return {str(canonicalize_name(words[0]))} if len(words) == 1 else set()
