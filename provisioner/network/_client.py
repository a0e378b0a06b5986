"""The client: pages and files from servers and from this machine, with every failure a finding."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from provisioner._version import __version__
from provisioner.network._credentials import CredentialBook
from provisioner.network._failures import NetworkError
from provisioner.network._files import open_file, read_page, size_of_file
from provisioner.network._ranges import download_of, range_headers
from provisioner.network._shelf import Shelf
from provisioner.network._stop import StopSignal
from provisioner.network._types import Page
from provisioner.urls import local_path, strip_credentials, with_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from provisioner.network._settings import Network
    from provisioner.network._transport import Reply, Transport
    from provisioner.network._types import Download

T = TypeVar("T")

INDEX_ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
"""What an index may answer with, JSON first: PEP 691, "Version + Format Selection"."""
PAGE_LIMIT_BYTES: Final = 256 << 20
"""Far above the largest page of an index known (about 40 MB); ends an endless answer."""
_SIZE: Final = "size"
"""What stands in the place of a content type where a file's size is kept."""
_MOST_REDIRECTS: Final = 10
_NO_AUTHORITY: Final = (
    "Its host or port cannot be understood; in a password, `/`, `?`, `#` and `@` are written as "
    "`%2F`, `%3F`, `%23` and `%40`"
)
_NO_HEAD: Final = frozenset({400, 403, 405, 501})
"""What servers answer that do not know ``HEAD``, or whose signed URLs are for ``GET`` only."""


class Client:
    """Fetches from ``https``, ``http`` and ``file`` URLs and from plain paths. Thread-safe.

    Credentials come from the URL itself, from the known URLs of the settings, else from ``.netrc``;
    they go to the scheme, host and port that they belong to and nowhere else, redirects included.
    Use as a context manager::

        with Client(Network(known_urls=(index,))) as client:
            page = client.get(project_url(index, "torch"))
    """

    def __init__(self, network: Network) -> None:
        """Connect to nothing yet."""
        self._network = network
        self._book = CredentialBook(network)
        self._transport: Transport | None = None
        self._connecting = threading.Lock()

    def hasty(self) -> Client:
        """Return a client with the same settings that tries everything just once."""
        return Client(replace(self._network, retries=0))

    def straight(self) -> Client:
        """Return a client that asks every address itself, mirrors or not, and just once."""
        return Client(replace(self._network, retries=0, mirrors=()))

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        if self._transport is not None:
            self._transport.close()

    def check(self, url: str) -> None:
        """Check that ``url`` can be asked at all, without asking: paths must exist.

        Raises:
            NetworkError: ``missing``, ``address`` or ``insecure``.
        """
        url = self._network.placed(url)
        path = local_path(url)
        if path is None:
            _check_address(url, self._network)
        else:
            size_of_file(path)

    def ask(self, url: str) -> None:
        """Ask a server for ``url``, and read nothing of the answer.

        Raises:
            NetworkError: By cause; a refusal among them.
        """
        self._request("GET", self._network.placed(url), {"Accept": "*/*"}, StopSignal()).close()

    def signed(self, url: str) -> str:
        """Return ``url`` with the credentials that it is asked for with; as it is without any."""
        found = None if local_path(url) is not None else self._book.look_up(url)
        return url if found is None else with_credentials(strip_credentials(url), *found)

    def get(self, url: str, *, accept: str = INDEX_ACCEPT, stop: StopSignal | None = None) -> Page:
        """Return a whole page of at most 256 MiB; a folder gives its ``index.html`` or a listing.

        Raises:
            NetworkError: By cause; ``status`` holds the HTTP status where there was one, and 404
                for a path that does not exist.
            StoppedError: ``stop`` was requested.
        """
        url = self._network.placed(url)
        path = local_path(url)
        if path is not None:
            return read_page(path, PAGE_LIMIT_BYTES)
        headers = {"Accept": accept, "Accept-Encoding": "gzip, deflate"}
        stop = stop or StopSignal()

        def fetch() -> Page:
            return self._read_page(self._request("GET", url, headers, stop), stop)

        return self._kept(url, accept, lambda: self._retrying(fetch, stop))

    def _kept(self, url: str, accept: str, fetch: Callable[[], Page]) -> Page:
        """Fetch a page and keep it; offline, return it as it was kept."""
        shelf = None if self._network.pages is None else Shelf(self._network.pages)
        if self._network.offline:
            page = None if shelf is None else shelf.find(url, accept)
            if page is None:
                raise NetworkError("offline", url)
            return page
        page = fetch()
        if shelf is not None:
            shelf.keep(url, accept, page)
        return page

    @property
    def settings(self) -> Network:
        """How this client talks to servers."""
        return self._network

    @contextmanager
    def open(  # noqa: PLR0913 - what of the file, and how to fail
        self,
        url: str,
        *,
        start: int = 0,
        end: int | None = None,
        validator: str | None = None,
        retry: bool = True,
        stop: StopSignal | None = None,
    ) -> Iterator[Download]:
        """Open a file for streaming, or a part of it where the server can do that.

        Only opening is tried again; what to do when the bytes stop is the caller's decision.

        Args:
            url: URL or path.
            start: Offset of the first byte that is wanted.
            end: Offset behind the last one; None: the end of the file.
            validator: The state of the file that the range is of. A server whose file is another
                one now sends all of it.
            retry: Whether a transient failure to open is tried again.
            stop: Ends the transfer.

        Raises:
            NetworkError: By cause; also from ``blocks``, while reading. ``ranges`` where a server
                sends another range than the one that it was asked for.
            StoppedError: ``stop`` was requested; also while reading.
        """
        url = self._network.placed(url)
        path = local_path(url)
        if path is not None:
            with open_file(path, start) as download:
                yield download
            return
        # Hashes are of the file itself, so no content encoding may be applied on the way.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        headers.update(range_headers(start, end, validator))
        stop = stop or StopSignal()

        def request() -> Reply:
            return self._request("GET", url, headers, stop)

        reply = self._retrying(request, stop) if retry else request()
        try:
            with stop.watching(reply.cut):
                yield download_of(reply, start)
        finally:
            reply.close()

    def size(self, url: str) -> int:
        """Return the size of a file in bytes, without fetching it.

        Raises:
            NetworkError: By cause; also where the server does not say the size.
        """
        url = self._network.placed(url)
        path = local_path(url)
        if path is not None:
            return size_of_file(path)

        def fetch() -> Page:
            body = str(self._size(url)).encode()
            return Page(url=strip_credentials(url), content_type=_SIZE, body=body)

        return int(self._kept(url, _SIZE, fetch).body)

    def _size(self, url: str) -> int:
        try:
            length = self._length("HEAD", url)
        except NetworkError as exc:
            if exc.status not in _NO_HEAD:
                raise
            length = self._length("GET", url)
        if length is None:
            raise NetworkError("content", url, "The answer does not say how large the file is.")
        return length

    def _length(self, method: str, url: str) -> int | None:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        stop = StopSignal()
        reply = self._retrying(lambda: self._request(method, url, headers, stop), stop)
        reply.close()
        return reply.length

    def _read_page(self, reply: Reply, stop: StopSignal) -> Page:
        body = bytearray()
        try:
            with stop.watching(reply.cut):
                for block in reply.blocks(decode=True):
                    body += block
                    if len(body) > PAGE_LIMIT_BYTES:
                        raise NetworkError("content", reply.url, "The page does not end.")
        finally:
            reply.close()
        return Page(
            url=strip_credentials(reply.url),
            content_type=reply.header("Content-Type"),
            body=bytes(body),
        )

    def _retrying(self, action: Callable[[], T], stop: StopSignal) -> T:
        """Run ``action``, again after a pause where its failure is transient.

        urllib3 has the same, but sleeps where a request to stop cannot wake it, and does not cover
        the body.
        """
        pause_s = self._network.backoff_s
        for _ in range(self._network.retries):
            try:
                return action()
            except NetworkError as exc:  # noqa: PERF203 - a loop over attempts is all this is
                if not exc.is_transient:
                    raise
                stop.wait(min(exc.retry_after_s or pause_s, self._network.longest_wait_s))
                pause_s *= 2
        return action()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], stop: StopSignal
    ) -> Reply:
        """Send a request, follow redirects, and return an answer that is no error."""
        if self._network.offline:
            raise NetworkError("offline", url)
        for _ in range(_MOST_REDIRECTS + 1):
            stop.check()
            self._book.remember(url)
            url = strip_credentials(url)
            _check_address(url, self._network)
            reply = self._connected().send(method, url, {**self._headers(url), **headers})
            target = reply.redirect_url
            if target is None:
                return _checked(reply)
            reply.close()
            url = target
        raise NetworkError("content", url, "It redirects again and again.")

    def prepare(self) -> None:
        """Load what asking servers takes, while there is nothing else to do; nobody is asked."""
        self._connected()

    def _connected(self) -> Transport:
        with self._connecting:
            if self._transport is None:
                # Imported late: urllib3 takes longer to load than a command that needs no server.
                from provisioner.network._transport import Transport  # noqa: PLC0415

                self._transport = Transport(self._network)
        return self._transport

    def _headers(self, url: str) -> dict[str, str]:
        from provisioner.network._transport import basic_authorization  # noqa: PLC0415 - as above

        headers = {"User-Agent": f"torchenv/{__version__}"}
        credentials = self._book.look_up(url)
        if credentials is not None:
            headers["Authorization"] = basic_authorization(*credentials)
        return headers


def _check_address(url: str, network: Network) -> None:
    """Refuse what is no web address, and plain HTTP to a host that is not trusted."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # Python's own words quote what stands in the port's place: often a part of a password.
        raise NetworkError("address", url, _NO_AUTHORITY) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        reason = "It is no `https`, `http` or `file` address, and no path"
        raise NetworkError("address", url, reason)
    if not network.is_secure(url):
        raise NetworkError("insecure", url)


def _checked(reply: Reply) -> Reply:
    """Return an answer whose status is below 400."""
    if reply.status < 400:  # noqa: PLR2004 - RFC 9110, 15: errors start there
        return reply
    reply.close()
    raise NetworkError(
        "status",
        reply.url,
        "The proxy wants a user and a password",  # said of 407 only
        status=reply.status,
        retry_after_s=reply.retry_after_s,
    )
