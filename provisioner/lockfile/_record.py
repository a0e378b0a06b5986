"""Recording the public place of what a mirror of PyTorch's index serves.

A lock that names a mirror works where the mirror is. With ``record = "public"`` it names the public
index instead, so that it works outside too; inside, the client asks the mirror for whatever begins
with the public address. That both have the same file is known where the public index states the
hash; where it cannot be asked, the wheel is marked as not confirmed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, VerificationError
from provisioner.network import NetworkError, parse_index_page
from provisioner.urls import project_url, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.lockfile._types import LockedPackage, LockedWheel
    from provisioner.network import Client

_CONNECTIONS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """A mirror and what it is a mirror of."""

    mirror: str
    """Base of the mirror, without credentials and final slash."""
    public: str

    def public_url(self, url: str) -> str:
        """Return the public address of what the mirror has at ``url``.

        Others are left alone: what a mirror links elsewhere, without rewriting, is public already.
        """
        url = strip_credentials(url)
        below = url.removeprefix(self.mirror)
        return f"{self.public}{below}" if below != url and below[:1] in {"", "/"} else url


def record_public(
    packages: tuple[LockedPackage, ...], places: Places, client: Client
) -> tuple[LockedPackage, ...]:
    """Return the packages with the public addresses of what comes from the mirror.

    Args:
        packages: What is to be locked.
        places: The mirror, and the public index.
        client: Asks the public index itself; given up after the first page that cannot be had.

    Raises:
        VerificationError: ``TE445``, the public index has another file of the same name.
    """
    ours = [
        package for package in packages if places.public_url(package.wheel.url) != package.wheel.url
    ]
    hashes = _public_hashes(ours, places, client)
    recorded = {one.name: _recorded(one, places, hashes.get(one.name)) for one in ours}
    wrong = [
        _differs(wheel.name, places)
        for package in ours
        for wheel in package.wheels
        if _stated(wheel, hashes.get(package.name)) not in {None, wheel.sha256}
    ]
    if wrong:
        raise VerificationError(wrong)
    return tuple(recorded.get(one.name, one) for one in packages)


def _public_hashes(
    packages: list[LockedPackage], places: Places, client: Client
) -> dict[str, dict[str, str | None]]:
    """Return project to file name to sha256, as far as the public index can be asked."""
    if not packages:
        return {}

    def ask(package: LockedPackage) -> dict[str, str | None] | None:
        try:
            page = client.get(project_url(_index(package, places), package.name))
            return {file.name: file.sha256 for file in parse_index_page(page)}
        except NetworkError:
            return None

    first = ask(packages[0])
    if first is None:
        return {}
    # The pool ends here: the engine must not be forked beside threads.
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        answers = [first, *pool.map(ask, packages[1:])]
    return {
        package.name: files
        for package, files in zip(packages, answers, strict=True)
        if files is not None
    }


def _recorded(
    package: LockedPackage, places: Places, known: Mapping[str, str | None] | None
) -> LockedPackage:
    wheels = tuple(
        replace(
            wheel,
            url=places.public_url(wheel.url),
            confirmed=wheel.confirmed and _stated(wheel, known) == wheel.sha256,
        )
        for wheel in package.wheels
    )
    return replace(package, wheels=wheels, index=_index(package, places))


def _index(package: LockedPackage, places: Places) -> str:
    """Return the public index of a package; a mirror in a folder is named by its files only."""
    return places.public_url(package.index or package.wheel.url.rpartition("/")[0])


def _stated(wheel: LockedWheel, known: Mapping[str, str | None] | None) -> str | None:
    return known.get(wheel.name) if known is not None else None


def _differs(name: str, places: Places) -> Finding:
    return Finding(
        code="TE445",
        message=f"The mirror's `{name}` is not the public index's.",
        why=f"{places.mirror} and {places.public} state different hashes for it, so a lock that "
        "names the public address would not install what was resolved here.",
        do='Find out why the mirror differs; `record = "mirror"` under `[sources]` locks it as the '
        "mirror has it.",
    )
