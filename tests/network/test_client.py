"""The client against real sockets: pages, files, redirects, retries, a finding per failure."""

from __future__ import annotations

import gzip
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from provisioner.network import Client, Network, NetworkError, StoppedError, StopSignal
from tests.network.server import Answer, Server, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HTML = {"Content-Type": "text/html"}


def _free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _failure(action: Callable[[], object]) -> NetworkError:
    with pytest.raises(NetworkError) as raised:
        action()
    return raised.value


def test_get_returns_the_page_and_where_it_was(server: Server, client: Client) -> None:
    """A page comes decoded, with its type and its final URL, asked for as an index page."""
    url = server.put(
        "/simple/torch/",
        Answer(body=gzip.compress(b"<a>"), headers={**_HTML, "Content-Encoding": "gzip"}),
    )
    page = client.get(url)
    assert (page.url, page.content_type, page.body) == (url, "text/html", b"<a>")
    headers = server.requests[0].headers
    assert headers["Accept"].startswith("application/vnd.pypi.simple.v1+json, ")
    assert headers["User-Agent"].startswith("torchenv/")


def test_page_url_has_no_credentials(server: Server, client: Client) -> None:
    """What links are joined to cannot carry a secret into a lock."""
    server.put("/s/", Answer(body=b"x"))
    page = client.get(server.url.replace("//", "//u:secret@") + "/s/")
    assert page.url == f"{server.url}/s/"
    assert server.requests[0].headers["Authorization"] == "Basic dTpzZWNyZXQ="


def test_one_connection_serves_several_requests(server: Server, client: Client) -> None:
    """Connections are kept: fifty pages are not fifty handshakes."""
    url = server.put("/s/", Answer(body=b"x"))
    for _ in range(5):
        client.get(url)
    assert server.connections == 1


def test_redirects_are_followed_and_the_page_is_where_they_end(
    server: Server, client: Client
) -> None:
    """Relative and absolute targets work, and links resolve against the last of them."""
    server.put("/a", Answer(status=301, headers={"Location": "b"}))
    server.put("/b", Answer(status=302, headers={"Location": f"{server.url}/c/"}))
    server.put("/c/", Answer(body=b"here"))
    page = client.get(f"{server.url}/a")
    assert (page.url, page.body) == (f"{server.url}/c/", b"here")


def test_endless_redirects_end(server: Server, client: Client) -> None:
    """A loop is a finding, not a hang."""
    server.put("/a", Answer(status=302, headers={"Location": "/a"}))
    error = _failure(lambda: client.get(f"{server.url}/a"))
    assert error.findings[0].code == "TE402"
    assert "redirects again and again" in error.findings[0].why


def test_redirect_to_a_file_is_refused(server: Server, client: Client) -> None:
    """A server cannot make us read this machine's files."""
    server.put("/a", Answer(status=302, headers={"Location": "file:///etc/passwd"}))
    error = _failure(lambda: client.get(f"{server.url}/a"))
    assert error.findings[0].code == "TE412"
    assert error.findings[0].message == "`file:///etc/passwd` cannot be used as an address."


def test_transient_statuses_are_tried_again(server: Server, client: Client) -> None:
    """A busy or failing server gets more chances."""
    url = server.put("/s/", Answer(status=503), Answer(status=429), Answer(body=b"x"))
    assert client.get(url).body == b"x"
    assert len(server.requests) == 3


def test_broken_connections_are_tried_again(server: Server, client: Client) -> None:
    """A connection that ends before or within the answer costs nothing but time."""
    url = server.put(
        "/s/", Answer(drop=True), Answer(body=b"whole page", send=3), Answer(body=b"whole page")
    )
    assert client.get(url).body == b"whole page"


def test_final_statuses_are_not_tried_again(server: Server, client: Client) -> None:
    """What the server is sure of is believed at once."""
    assert _failure(lambda: client.get(f"{server.url}/s/")).status == 404
    assert len(server.requests) == 1


def test_retry_after_is_kept_and_limited(server: Server) -> None:
    """The server's wish for a pause is heard, up to a limit."""
    url = server.put("/s/", Answer(status=429, headers={"Retry-After": "3600"}))
    network = Network(retries=1, longest_wait_s=0)
    with Client(network) as client:
        error = _failure(lambda: client.get(url))
    assert (error.status, error.retry_after_s, len(server.requests)) == (429, 3600, 2)


@pytest.mark.parametrize(
    ("status", "message", "why"),
    [
        (401, "answered 401", "It wants a user and a password or token"),
        (403, "answered 403", "Some package servers answer so for what they do not have"),
        (404, "answered 404", "It has nothing under that address."),
        (407, "The proxy for", "The proxy wants a user and a password"),
        (410, "answered 410", "was removed for good"),
        (418, "answered 418", "The server does not accept the request."),
        (429, "answered 429", "too many requests"),
        (500, "answered 500", "The server failed."),
    ],
)
def test_each_status_has_its_finding(
    server: Server, client: Client, status: int, message: str, why: str
) -> None:
    """The caller can tell by ``status``, the user by the text; secrets are in neither."""
    server.put("/s/", Answer(status=status))
    error = _failure(lambda: client.get(server.url.replace("//", "//u:secret@") + "/s/"))
    finding = error.findings[0]
    assert (error.cause, error.status) == ("status", status)
    assert finding.code == ("TE429" if status == 407 else "TE402")
    assert message in finding.message
    assert why in finding.why
    assert "secret" not in f"{error} {finding}"
    assert error.is_absent == (status in {404, 410})


def test_refused_connection(client: Client) -> None:
    """Nothing listens: the finding names host and port."""
    port = _free_port()
    finding = _failure(lambda: client.get(f"http://127.0.0.1:{port}/s/")).findings[0]
    assert finding.code == "TE401"
    assert finding.message == f"The host `127.0.0.1:{port}` refused the connection."
    assert finding.why == (
        "Nothing listens on that port (Connection refused); "
        f"needed for `http://127.0.0.1:{port}/s/`."
    )


def test_unknown_host(client: Client) -> None:
    """A name without an address; `.invalid` never has one (RFC 2606)."""
    error = _failure(lambda: client.get("https://registry.invalid/simple/"))
    assert (error.cause, error.findings[0].code) == ("dns", "TE401")
    assert error.findings[0].message == "The host `registry.invalid` was not found."


def test_silent_server() -> None:
    """A server that accepts and says nothing costs the time limit and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with Client(Network(timeout_s=0.05, retries=0)) as client:
            error = _failure(lambda: client.get(url))
    assert (error.cause, error.findings[0].code) == ("timeout", "TE401")
    assert "did not answer in time" in error.findings[0].message


def test_broken_connection(server: Server, client: Client) -> None:
    """A server that always hangs up is a finding after the last attempt."""
    url = server.put("/s/", Answer(drop=True))
    error = _failure(lambda: client.get(url))
    assert (error.cause, error.findings[0].code, len(server.requests)) == ("reset", "TE401", 4)


def test_bad_encoding(server: Server, client: Client) -> None:
    """An answer that is not compressed as it says is not passed on."""
    url = server.put("/s/", Answer(body=b"plain", headers={"Content-Encoding": "gzip"}))
    error = _failure(lambda: client.get(url))
    assert (error.cause, error.findings[0].code) == ("content", "TE402")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://registry.example/s",
        "https://",
        "https://registry.example:port/",
        "git+https://x/y",
        "https://[registry.example/",
    ],
)
def test_unusable_addresses(client: Client, url: str) -> None:
    """What no server can be asked for is refused before anything is sent."""
    assert _failure(lambda: client.get(url)).findings[0].code == "TE412"


def test_plain_http_needs_trust() -> None:
    """As with pip: plain HTTP only from this machine or a trusted host."""
    with Client(Network()) as client:
        finding = _failure(lambda: client.get("http://u:secret@registry.example/s/")).findings[0]
    assert finding.code == "TE411"
    assert finding.message == ("`registry.example` is asked over plain HTTP and is not trusted.")
    assert "trusted-host" in finding.do
    assert "secret" not in repr(finding)


@pytest.mark.parametrize(
    ("trusted", "url", "secure"),
    [
        ("a.example", "http://a.example:8080/s", True),
        ("a.example:8080", "http://a.example:8080/s", True),
        ("a.example:8080", "http://a.example/s", False),
        ("A.Example", "http://a.example/s", True),
        ("[fe80::1]:80", "http://[fe80::1]:80/s", True),
        ("a.example:port", "http://a.example/s", False),
        ("a.example", "http://b.a.example/s", False),
        ("a.example", "https://b.example/s", True),
        ("a.example", "http://localhost/s", True),
        ("a.example", "http://127.8.9.1/s", True),
        ("a.example", "http://[::1]:80/s", True),
        ("a.example", "http://10.0.0.1/s", False),
    ],
)
def test_trust_is_by_host_and_port(trusted: str, url: str, secure: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """A port narrows the trust, a subdomain is another host."""
    assert Network(trusted_hosts=(trusted,)).is_secure(url) == secure


def test_credentials_stay_on_their_server(server: Server) -> None:
    """A redirect to another port is another server: it gets no credentials."""
    with running() as other, Client(Network(known_urls=(_secret(server.url, "simple"),))) as client:
        target = other.put("/file", Answer(body=b"x"))
        server.put("/simple/x", Answer(status=302, headers={"Location": target}))
        client.get(f"{server.url}/simple/x")
        assert "Authorization" in server.requests[0].headers
        assert "Authorization" not in other.requests[0].headers


def test_links_beside_a_known_index_get_its_credentials(server: Server) -> None:
    """Files lie beside the index on one server; of two indexes the nearer one counts."""
    known = (_secret(server.url, "a/simple", "one"), _secret(server.url, "b/simple", "two"))
    url = server.put("/b/files/x.whl", Answer(body=b"x"))
    with Client(Network(known_urls=known)) as client:
        client.get(url)
    assert server.requests[0].headers["Authorization"] == "Basic dTp0d28="


def test_netrc_is_used(server: Server, tmp_path: Path) -> None:
    """Credentials of `.netrc` go to the hosts it names, never the `default` entry to all."""
    file = tmp_path / ".netrc"
    url = server.put("/s/", Answer(body=b"x"))
    file.write_text("machine 127.0.0.1 login u password p\n", encoding="utf-8")
    with Client(Network(environ={"HOME": str(tmp_path)})) as client:
        client.get(url)
    file.write_text("default login u password p\n", encoding="utf-8")
    with Client(Network(environ={"NETRC": str(file)})) as client:
        client.get(url)
    file.write_text("nonsense\n", encoding="utf-8")
    with Client(Network(environ={"NETRC": str(file)})) as client:
        client.get(url)
    sent = [request.headers.get("Authorization") for request in server.requests]
    assert sent == ["Basic dTpw", None, None]


def test_settings_print_no_secret() -> None:
    """A log of the settings leaks neither proxy nor index credentials."""
    network = Network(
        proxy="http://u:secret@p.example",
        known_urls=("https://u:secret@a.example",),
        environ={"HTTPS_PROXY": "http://u:secret@p.example"},
    )
    assert "secret" not in repr(network)


def _secret(url: str, path: str, word: str = "secret") -> str:
    return f"{url.replace('//', f'//u:{word}@')}/{path}"


# -- streaming


def test_open_streams_a_file(server: Server, client: Client) -> None:
    """Bytes come as they are on the server: no encoding is asked for or undone."""
    body = gzip.compress(b"x" * 100)
    url = server.put("/f", Answer(body=body, headers={"Content-Encoding": "gzip"}))
    with client.open(url) as download:
        assert (download.start, download.length) == (0, len(body))
        assert b"".join(download.blocks) == body
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("ranges", "start", "rest"), [(True, 4, b"456789"), (False, 0, b"0123456789")]
)
def test_open_starts_where_it_is_told(
    server: Server,
    client: Client,
    ranges: bool,  # noqa: FBT001 - a parameter of the table
    start: int,
    rest: bytes,
) -> None:
    """A server that knows no ranges sends everything, and the caller can see that."""
    url = server.put("/f", Answer(body=b"0123456789", ranges=ranges))
    with client.open(url, start=4) as download:
        assert (download.start, download.length) == (start, len(rest))
        assert b"".join(download.blocks) == rest


def test_truncated_stream_is_an_error(server: Server, client: Client) -> None:
    """Fewer bytes than announced never pass for a whole file."""
    url = server.put("/f", Answer(body=b"0123456789", send=4))
    with client.open(url) as download, pytest.raises(NetworkError) as raised:
        list(download.blocks)
    assert (raised.value.cause, raised.value.findings[0].code) == ("truncated", "TE502")
    assert "sent only a part" in raised.value.findings[0].message


def test_stop_ends_a_transfer_in_another_thread(server: Server, client: Client) -> None:
    """A silent server does not hold up the end: the connection is cut at once."""
    go_on = threading.Event()
    url = server.put("/f", Answer(body=b"0123456789", length=99, hang=go_on))
    stop, begun, ended = StopSignal(), threading.Event(), []

    def transfer() -> None:
        try:
            with client.open(url, stop=stop) as download:
                for _ in download.blocks:
                    begun.set()
        except StoppedError as exc:
            ended.append(exc)

    thread = threading.Thread(target=transfer)
    thread.start()
    assert begun.wait(10)
    stop.request()
    thread.join(30)
    go_on.set()
    assert not thread.is_alive()
    assert len(ended) == 1


def test_stop_ends_a_stream_of_unknown_length(server: Server, client: Client) -> None:
    """A cut stream without a length does not pass for a whole file."""
    url = server.put("/f", Answer(body=b"0123456789", length=-1))
    stop = StopSignal()

    def transfer() -> None:
        with client.open(url, stop=stop) as download:
            list(download.blocks)
            stop.request()

    with pytest.raises(StoppedError):
        transfer()


def test_stop_ends_waiting_for_the_next_attempt(server: Server) -> None:
    """A pause between attempts ends when a stop is requested."""
    url = server.put("/f", Answer(status=503, headers={"Retry-After": "60"}))
    stop = StopSignal()
    with Client(Network()) as client:
        timer = threading.Timer(0.05, stop.request)
        timer.start()
        with pytest.raises(StoppedError):
            client.get(url, stop=stop)
        timer.join()


def test_stopped_work_sends_nothing(server: Server, client: Client) -> None:
    """After a request to stop no new transfer begins."""
    stop = StopSignal()
    stop.request()
    with pytest.raises(StoppedError):
        client.get(f"{server.url}/s/", stop=stop)
    assert server.requests == []


@pytest.mark.parametrize("first", [Answer(body=b"12345"), Answer(status=405), Answer(status=403)])
def test_size_is_asked_without_the_body(server: Server, client: Client, first: Answer) -> None:
    """`HEAD`, or the head of a `GET` where the server does not know `HEAD`."""
    url = server.put("/f", first, Answer(body=b"12345"))
    assert client.size(url) == 5


def test_unknown_size_is_a_finding(server: Server, client: Client) -> None:
    """A server that does not say the size is named."""
    url = server.put("/f", Answer(body=b"12345", length=-1))
    assert "does not say how large" in _failure(lambda: client.size(url)).findings[0].why


# -- this machine


def test_folder_without_index_is_listed(tmp_path: Path, client: Client) -> None:
    """A find-links folder reads like a page of links."""
    (tmp_path / "b+1.whl").touch()
    (tmp_path / "a&b.whl").touch()
    (tmp_path / "sub").mkdir()
    for place in (str(tmp_path), tmp_path.as_uri(), f"{tmp_path}/"):
        page = client.get(place)
        assert page.url == f"{tmp_path.as_uri()}/"
        assert page.body.decode() == (
            '<!DOCTYPE html>\n<a href="a%26b.whl">a&amp;b.whl</a>\n'
            '<a href="b%2B1.whl">b+1.whl</a>\n<a href="sub/">sub/</a>\n'
        )


def test_folder_with_index_gives_it(tmp_path: Path, client: Client) -> None:
    """A simple index on disk: a project's folder holds `index.html`."""
    (tmp_path / "index.html").write_bytes(b"<a>")
    page = client.get(tmp_path.as_uri())
    assert (page.url, page.body) == ((tmp_path / "index.html").as_uri(), b"<a>")
    assert page.content_type.startswith("text/html")


def test_missing_path_is_like_404(tmp_path: Path, client: Client) -> None:
    """A caller treats a missing folder and a missing page alike."""
    error = _failure(lambda: client.get(f"file://{tmp_path}/none/"))
    assert (error.cause, error.status, error.is_absent) == ("missing", 404, True)
    assert error.findings[0].code == "TE403"
    assert error.findings[0].message == f"`{tmp_path}/none` does not exist."


def test_files_stream_from_an_offset(tmp_path: Path, client: Client) -> None:
    """A file behaves as a server that knows ranges."""
    file = tmp_path / "f"
    file.write_bytes(b"0123456789")
    with client.open(str(file), start=4) as download:
        assert (download.start, download.length) == (4, 6)
        assert b"".join(download.blocks) == b"456789"
    assert client.size(file.as_uri()) == 10


def test_folder_is_no_file(tmp_path: Path, client: Client) -> None:
    """Opening a folder says so."""
    with pytest.raises(NetworkError) as raised, client.open(str(tmp_path)):
        pass
    assert raised.value.findings[0].why == "Is a directory."
