"""Dependencies whose releases ask for certain releases of torch.

A dependency has a say only where the compat data has every release that the spec admits of it: one
that came out since could ask for any torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.compat import Compat
    from provisioner.spec import Dependency


class TorchAsker(NamedTuple):
    """A dependency, and what those of its releases that the spec admits ask of torch."""

    dependency: Dependency
    wishes: tuple[tuple[str, SpecifierSet], ...]
    """(release, torch that it asks for), the newest release first; at least one."""
    sources: tuple[str, ...]

    def admits(self, torch: str) -> bool:
        """Whether any of the releases can go with a torch."""
        return any(wish.contains(torch) for _, wish in self.wishes)


def torch_askers(dependencies: Iterable[Dependency], compat: Compat) -> tuple[TorchAsker, ...]:
    """Return those of the dependencies that have a say in the release of torch, by name."""
    ordered = sorted(dependencies, key=lambda dependency: dependency.name)
    return tuple(one for dependency in ordered for one in _asker(dependency, compat))


def _asker(dependency: Dependency, compat: Compat) -> Iterator[TorchAsker]:
    data = None if dependency.origin else compat.torch_wishes(dependency.name)
    if data is None:
        return
    specifier = dependency.specifier
    asked = {release: wish.torch for wish in data.wishes for release in wish.releases}
    newest = max(asked, key=Version)
    if not _is_closed(specifier, newest):
        return
    releases = sorted(specifier.filter(asked), key=Version, reverse=True)
    wishes = tuple((one, SpecifierSet(asked[one])) for one in releases)
    asker = TorchAsker(dependency=dependency, wishes=wishes, sources=data.sources)
    if wishes and not all(asker.admits(release.torch) for release in compat.releases):
        yield asker


def _is_closed(specifier: SpecifierSet, newest: str) -> bool:
    """Whether a specifier admits nothing that is newer than the newest release that is known."""
    if any(one.operator == "===" for one in specifier):
        return False
    return specifier.is_disjoint(SpecifierSet(f">{newest}"))
