"""Looking at the sources before the engine is asked, since its words on a bad one help nobody.

What it would be handed is checked here: addresses that can be used, plain HTTP only where that is
trusted, folders and constraint files that exist. Constraints of a URL are fetched here too: the
engine takes their address as an argument only, which every user of the machine can read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.findings import WorldError
from provisioner.network import NetworkError
from provisioner.urls import local_path

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from provisioner.lockfile._sources import LockSources
    from provisioner.network import Client

_TEXT: Final = "text/plain, */*;q=0.5"


def check_sources(sources: LockSources, client: Client) -> None:
    """Check every place that packages and constraints may come from, without asking any server.

    Raises:
        WorldError: ``TE403`` for each path that does not exist, ``TE411`` and ``TE412`` for each
            address that may not or cannot be used.
    """
    indexes = () if sources.no_index else (sources.trio, *sources.general)
    urls = [index.url for index in indexes]
    places = dict.fromkeys((*urls, *sources.find_links, *sources.constraints))
    findings = [finding for place in places for finding in _problems(place, client)]
    if findings:
        raise WorldError(findings)


def _problems(place: str, client: Client) -> tuple[Finding, ...]:
    try:
        client.check(place)
    except NetworkError as exc:
        return exc.findings
    return ()


def fetch_constraints(sources: LockSources, client: Client) -> tuple[str, ...]:
    """Return the texts of the constraints that are URLs.

    Raises:
        WorldError: One of them cannot be had.
    """
    urls = [place for place in sources.constraints if local_path(place) is None]
    return tuple(client.get(url, accept=_TEXT).body.decode("utf-8", "replace") for url in urls)
