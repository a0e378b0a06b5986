"""The pages of indexes and the sizes of files that one lock needs, each asked for once.

Several steps look at the same pages, for every target of a spec anew. What is known to be needed
later is fetched while the engine works, and waits here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

from provisioner.findings import WorldError
from provisioner.network import NetworkError, parse_index_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provisioner.lockfile._sources import Index
    from provisioner.network import Client, IndexFile

T = TypeVar("T")

_CONNECTIONS: Final = 8


class Pages:
    """Reads pages and sizes over one client, several at a time. Failures are not remembered."""

    def __init__(self, client: Client) -> None:
        """Ask nothing yet."""
        self._client = client
        self._files: dict[str, tuple[IndexFile, ...]] = {}
        self._sizes: dict[str, int] = {}

    @contextmanager
    def hasty(self) -> Iterator[Pages]:
        """Read pages for a while that are tried just once, and not remembered here."""
        with self._client.hasty() as client:
            yield Pages(client)

    def of(self, index: Index, project: str) -> tuple[IndexFile, ...]:
        """Return the files that an index has of a project.

        Raises:
            NetworkError: The page that links them cannot be had.
        """
        files = self._at(index.page_of(project))
        return tuple(file for file in files if file.project == project) if index.flat else files

    def _at(self, url: str) -> tuple[IndexFile, ...]:
        if url not in self._files:
            self._files[url] = parse_index_page(self._client.get(url))
        return self._files[url]

    def of_each(self, index: Index, projects: Iterable[str]) -> dict[str, tuple[IndexFile, ...]]:
        """Return the files of each project.

        Raises:
            NetworkError: The first page that cannot be had.
            WorldError: Nobody may be asked, and several are not on this machine (``TE532``).
        """
        if index.flat:
            return {project: self.of(index, project) for project in projects}
        return self._together(lambda project: self.of(index, project), projects)

    def sizes(self, urls: Iterable[str]) -> dict[str, int]:
        """Return the size of each file.

        Raises:
            NetworkError: A server cannot be asked, or does not say.
        """
        return self._together(self._size, urls)

    def fetch_ahead(self, index: Index, projects: Iterable[str]) -> None:
        """Fetch pages that are probably needed; one that cannot be had is asked for again later."""
        with suppress(WorldError):
            self.of_each(index, projects)

    def measure_ahead(self, urls: Iterable[str]) -> None:
        """Ask for sizes that are probably needed, as :meth:`fetch_ahead`."""
        with suppress(WorldError):
            self.sizes(urls)

    def _size(self, url: str) -> int:
        if url not in self._sizes:
            self._sizes[url] = self._client.size(url)
        return self._sizes[url]

    def _together(self, ask: Callable[[str], T], questions: Iterable[str]) -> dict[str, T]:
        wanted = list(dict.fromkeys(questions))
        # The pool ends here: the engine must not be forked beside threads.
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            answers = [pool.submit(ask, one) for one in wanted]
        failures = [one.exception() for one in answers]
        not_here = [
            one for one in failures if isinstance(one, NetworkError) and one.cause == "offline"
        ]
        if len(not_here) > 1:
            raise WorldError(finding for one in not_here for finding in one.findings)
        return {one: answer.result() for one, answer in zip(wanted, answers, strict=True)}
