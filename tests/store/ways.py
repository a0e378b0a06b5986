"""Ways to a server: TLS and proxies, and what goes wrong there rather than on the server.

A way is entered when the server runs and the fetch that it is about begins, so that an earlier
fetch had none of it; it changes the server's side, and yields what the client is configured with.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.certificates import bundle_of, old_context, server_context
from tests.support.proxy import ProxyServer
from tests.support.socks import socks_proxy

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.support.fileserver import FileServer

Settings = dict[str, Any]
"""Fields of :class:`provisioner.network.Network`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a way is taken."""

    server: FileServer
    folder: Path
    """For files that the client's settings name."""


Way = Callable[[Place], AbstractContextManager[Settings]]


@contextmanager
def straight(place: Place) -> Iterator[Settings]:
    """Nothing is between; a server with TLS has an authority that the client is told of."""
    yield {} if place.server.tls is None else {"cert": bundle_of("ours", place.folder)}


def shows(context: Callable[[], ssl.SSLContext]) -> Way:
    """Have the server show another certificate from now on."""

    @contextmanager
    def way(place: Place) -> Iterator[Settings]:
        place.server.tls = context()
        yield {"cert": bundle_of("ours", place.folder)}

    return way


expired = shows(lambda: server_context(expired=True))
of_another_host = shows(lambda: server_context(host="other.example"))
of_another_authority = shows(lambda: server_context("nobody"))
old_protocol = shows(old_context)


@contextmanager
def no_tls(place: Place) -> Iterator[Settings]:
    """Have the server speak plain HTTP where TLS is asked for."""
    place.server.tls = None
    yield {"cert": bundle_of("ours", place.folder)}


@contextmanager
def system_authorities(place: Place) -> Iterator[Settings]:
    """Tell the client of no authority: the system's count."""
    del place
    yield {}


@contextmanager
def missing_file(place: Place) -> Iterator[Settings]:
    """Name a file of certificates that is not there."""
    yield {"cert": place.folder / "nowhere.pem"}


@contextmanager
def no_file_of_certificates(place: Place) -> Iterator[Settings]:
    """Name a file that holds something else."""
    file = place.folder / "notes.txt"
    file.write_text("no certificate", encoding="utf-8")
    yield {"cert": file}


def proxy(  # noqa: PLR0913 - what a proxy does, and what the client knows of it
    *,
    scheme: str = "http",
    user: str | None = None,
    given: str | None = None,
    opens: str | None = None,
    trusts: tuple[str, ...] = ("ours",),
    refuses: int | None = None,
) -> Way:
    """Put a proxy between.

    Args:
        scheme: What the client is told that it speaks.
        user: Whom it serves; everybody by default.
        given: Whom the client says that it is.
        opens: The authority in whose name it answers in the place of servers with TLS.
        trusts: The authorities that the client is told of.
        refuses: What it answers everything with.
    """

    @contextmanager
    def way(place: Place) -> Iterator[Settings]:
        context = None if opens is None else server_context(opens)
        with ProxyServer(user=user, password="pw", opens=context, refuses=refuses) as one:  # noqa: S106 - a test's own
            address = one.url.removeprefix("http://")
            address = address if given is None else f"{given}:pw@{address}"
            bundle = place.folder / "authorities.pem"
            bundle.write_bytes(
                b"".join(bundle_of(name, place.folder).read_bytes() for name in trusts)
            )
            yield {"proxy": f"{scheme}://{address}", "cert": bundle}

    return way


def dead_proxy(scheme: str) -> Way:
    """Name a proxy that does not run."""

    @contextmanager
    def way(place: Place) -> Iterator[Settings]:
        with socket.socket() as one:
            # Bound, so that nobody else gets the port, and nobody listens.
            one.bind(("127.0.0.1", 0))
            settings = {"proxy": f"{scheme}://127.0.0.1:{one.getsockname()[1]}"}
            with straight(place) as more:
                yield {**more, **settings}

    return way


@contextmanager
def socks(place: Place) -> Iterator[Settings]:
    """Put a SOCKS proxy between."""
    with socks_proxy() as (address, _), straight(place) as more:
        yield {**more, "proxy": address}


@contextmanager
def signed_in(place: Place) -> Iterator[Settings]:
    """Give a user and a password for the server, under the one name that the wheel's URL has."""
    yield {"known_urls": (place.server.url.replace("//", "//lab:s3cr3t@"),)}
