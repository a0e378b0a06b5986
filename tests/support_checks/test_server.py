"""The server over real HTTP: ranges, faults, two hosts, and a record of what was asked."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support import (
    BasicAuth,
    Cut,
    Drop,
    Fault,
    FaultRule,
    FlipByte,
    IndexServer,
    NoRanges,
    ProxyServer,
    Redirect,
    Scenario,
    Shorten,
    SignIn,
    Stall,
    Status,
    parse_fault_rule,
)
from tests.support.faults import basic_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEMO = Scenario().release(
    projects={"demo": "1.0+x"}, index="pytorch", accelerators=["cpu"], tags=["py3-none-any"]
)
FILE = DEMO.files[0]
USER, PASSWORD = "ann", "pw"
PATH = "/whl/cpu/demo-1.0%2Bx-py3-none-any.whl"


@dataclass(frozen=True)
class Got:
    """What a client received."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(url: str, method: str = "GET", **headers: str) -> Got:
    """Make one request, without following anything."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request(method, parts.path, headers=headers)
        response = connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


@pytest.fixture
def demo(serve: Callable[[Scenario], IndexServer]) -> IndexServer:
    """Serve one wheel."""
    return serve(DEMO)


def test_a_file_is_served_whole_under_its_escaped_name(demo: IndexServer) -> None:
    """``%2B`` in the address finds the file; size, kind and tag are stated."""
    got = fetch(demo.url + PATH)
    assert (got.status, got.body) == (200, FILE.content)
    assert got.headers["Accept-Ranges"] == "bytes"
    assert got.headers["ETag"] == f'"{FILE.sha256}"'
    assert demo.file_url(FILE) == demo.url + PATH


def test_head_sends_the_size_and_no_body(demo: IndexServer) -> None:
    """``HEAD`` is ``GET`` without a body."""
    got = fetch(demo.url + PATH, "HEAD")
    assert (got.status, got.body) == (200, b"")
    assert got.headers["Content-Length"] == str(len(FILE.content))


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-10", -10, None)],
)
def test_a_range_gives_that_part(
    range_: str, start: int, end: int | None, demo: IndexServer
) -> None:
    """All three forms of a byte range are answered with 206 and their place."""
    got = fetch(demo.url + PATH, Range=range_)
    assert (got.status, got.body) == (206, FILE.content[start:end])
    first = start % len(FILE.content)
    last = first + len(got.body) - 1
    assert got.headers["Content-Range"] == f"bytes {first}-{last}/{len(FILE.content)}"


def test_a_range_behind_the_end_is_refused(demo: IndexServer) -> None:
    """416 names the size, from which a client sees that it has everything."""
    got = fetch(demo.url + PATH, Range="bytes=999999-")
    assert got.status == 416
    assert got.headers["Content-Range"] == f"bytes */{len(FILE.content)}"


def test_a_range_of_a_file_that_changed_gives_the_whole(demo: IndexServer) -> None:
    """``If-Range`` with another tag is answered with the whole file."""
    same = fetch(demo.url + PATH, **{"Range": "bytes=5-", "If-Range": f'"{FILE.sha256}"'})
    other = fetch(demo.url + PATH, **{"Range": "bytes=5-", "If-Range": '"other"'})
    assert (same.status, other.status) == (206, 200)
    assert other.body == FILE.content


def test_the_second_host_has_the_same_files(demo: IndexServer) -> None:
    """Absolute links lead to another port, and the record tells the hosts apart."""
    watch = demo.watch()
    assert fetch(demo.second_url + PATH).body == FILE.content
    assert [seen.host for seen in watch.requests()] == ["second"]
    demo.publish(DEMO.deviate("*", second_host=True))
    assert demo.file_url(demo.find("demo-*")) == demo.second_url + PATH


def test_every_request_is_recorded(demo: IndexServer) -> None:
    """Path decoded and as sent, range, credentials, status and bytes; a watch starts anew."""
    fetch(demo.url + "/whl/cpu/demo/")
    watch = demo.watch()
    fetch(demo.url + PATH, Range="bytes=0-9", Authorization="Basic x")
    (seen,) = watch.requests()
    assert (seen.method, seen.path, seen.target) == ("GET", FILE.path, PATH)
    assert (seen.range, seen.auth, seen.status, seen.bytes_sent) == ("bytes=0-9", True, 206, 10)
    assert watch.paths("*.whl") == [FILE.path]
    assert watch.bytes_sent() == 10


REPLACED: list[tuple[Fault, int, Mapping[str, str]]] = [
    (Status(code=503, headers=(("Retry-After", "1"),)), 503, {"Retry-After": "1"}),
    (Redirect(to="/elsewhere"), 302, {"Location": "/elsewhere"}),
    (SignIn(), 200, {"Content-Type": "text/html; charset=utf-8"}),
    (BasicAuth(user=USER, password=PASSWORD), 401, {"WWW-Authenticate": 'Basic realm="packages"'}),
]


@pytest.mark.parametrize(("fault", "status", "headers"), REPLACED)
def test_a_fault_can_replace_the_reply(
    fault: Fault, status: int, headers: Mapping[str, str], demo: IndexServer
) -> None:
    """Status, redirect, sign-in page and a demand for a password come instead of the file."""
    rule = demo.faults.add("*.whl", fault)
    got = fetch(demo.url + PATH)
    assert got.status == status
    assert headers.items() <= got.headers.items()
    assert got.body != FILE.content
    assert rule.reached.is_set()


def test_who_names_the_password_gets_the_file(demo: IndexServer) -> None:
    """The right credentials pass, wrong ones do not."""
    demo.faults.add("*", BasicAuth(user=USER, password=PASSWORD))
    right = fetch(demo.url + PATH, Authorization=basic_credentials(USER, PASSWORD))
    wrong = fetch(demo.url + PATH, Authorization=basic_credentials(USER, "no"))
    assert (right.body, wrong.status) == (FILE.content, 401)


def test_a_cut_breaks_off_after_the_bytes_that_it_says(demo: IndexServer) -> None:
    """More was announced than came: the client sees an incomplete body."""
    demo.faults.add("*.whl", Cut(after=100))
    watch = demo.watch()
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(demo.url + PATH)
    assert caught.value.partial == FILE.content[:100]
    assert watch.bytes_sent() == 100


def test_a_dropped_connection_gives_no_answer(demo: IndexServer) -> None:
    """The client learns nothing but the end; the next request is served."""
    demo.faults.add("*.whl", Drop(), times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        fetch(demo.url + PATH)
    assert fetch(demo.url + PATH).status == 200


def test_a_shortened_body_looks_whole(demo: IndexServer) -> None:
    """Only the hash or the size can tell."""
    demo.faults.add("*.whl", Shorten(to=100))
    assert fetch(demo.url + PATH).body == FILE.content[:100]


def test_one_byte_can_be_changed(demo: IndexServer) -> None:
    """The body keeps its length and differs in one place, in a range as in the whole."""
    demo.faults.add("*.whl", FlipByte(offset=3))
    got = fetch(demo.url + PATH).body
    assert [
        i for i, pair in enumerate(zip(got, FILE.content, strict=True)) if len({*pair}) > 1
    ] == [3]
    assert fetch(demo.url + PATH, Range="bytes=3-3").body == got[3:4]


def test_a_server_can_ignore_ranges(demo: IndexServer) -> None:
    """A request for a part is answered with the whole."""
    demo.faults.add("*.whl", NoRanges())
    assert fetch(demo.url + PATH, Range="bytes=5-").status == 200


def test_a_stall_lasts_until_it_is_released(demo: IndexServer) -> None:
    """The client hangs, which the test can wait for, and gets the rest afterwards."""
    rule = demo.faults.add("*.whl", Stall(after=10))
    bodies: list[bytes] = []
    client = threading.Thread(target=lambda: bodies.append(fetch(demo.url + PATH).body))
    client.start()
    assert rule.reached.wait(20)
    assert not bodies
    rule.release()
    client.join(20)
    assert bodies == [FILE.content]


def test_a_stall_ends_with_its_limit(demo: IndexServer) -> None:
    """A test that forgets to release hangs no longer than the limit."""
    demo.faults.add("*.whl", Stall(after=10, limit_s=0.01))
    with pytest.raises(http.client.IncompleteRead):
        fetch(demo.url + PATH)


def test_closing_ends_stalled_replies() -> None:
    """The end of a server waits for nobody."""
    with IndexServer(DEMO) as server:
        rule = server.faults.add("*.whl", Stall(after=10, limit_s=600))
        client = threading.Thread(target=lambda: fetch(server.url + PATH))
        client.start()
        assert rule.reached.wait(20)
    client.join(20)
    assert not client.is_alive()


def test_a_rule_counts_its_requests(demo: IndexServer) -> None:
    """``skip`` lets the first through, ``times`` ends the fault, others are not touched."""
    demo.faults.add("*.whl", Status(code=500), skip=1, times=2, methods=("GET",))
    assert fetch(demo.url + PATH, "HEAD").status == 200
    assert fetch(demo.url + "/whl/cpu/demo/").status == 200
    assert [fetch(demo.url + PATH).status for _ in range(4)] == [200, 500, 500, 200]


def test_a_rule_can_be_for_one_host(demo: IndexServer) -> None:
    """The main host works while the second one does not."""
    demo.faults.add("*.whl", Status(code=500), host="second")
    assert fetch(demo.url + PATH).status == 200
    assert fetch(demo.second_url + PATH).status == 500
    demo.faults.clear()
    assert fetch(demo.second_url + PATH).status == 200


def test_rules_can_be_tables() -> None:
    """A flat table, as in a scenario or a case file, makes the same rule."""
    table = {"path": "*.whl", "kind": "status", "code": 503, "times": 2}
    assert parse_fault_rule(table) == FaultRule(path="*.whl", fault=Status(code=503), times=2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'cod'"):
        parse_fault_rule({"path": "*", "kind": "status", "cod": 503})


def test_a_scenario_brings_its_faults(serve: Callable[[Scenario], IndexServer]) -> None:
    """Rules of the scenario hold from the first request on."""
    rule = FaultRule(path="*.whl", fault=Status(code=418))
    server = serve(Scenario(files=DEMO.files, faults=(rule,)))
    assert fetch(server.url + PATH).status == 418


def test_another_scenario_can_be_published(demo: IndexServer) -> None:
    """An index that changes keeps its address."""
    demo.publish(DEMO.without("demo-*"))
    assert fetch(demo.url + PATH).status == 403


def proxied(proxy: ProxyServer, url: str, **headers: str) -> Got:
    """Make one request through a proxy."""
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=20)
    try:
        connection.request("GET", url, headers=headers)
        response = connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def test_the_proxy_forwards_and_records(demo: IndexServer) -> None:
    """Body, status and range pass through; the record names the host that was asked for."""
    with ProxyServer() as proxy:
        watch = proxy.watch()
        got = proxied(proxy, demo.url + PATH, Range="bytes=0-9")
    assert (got.status, got.body) == (206, FILE.content[:10])
    (seen,) = watch.requests()
    assert (seen.host, seen.path) == (urlsplit(demo.url).netloc, FILE.path)
    assert (seen.target, seen.bytes_sent, seen.auth) == (demo.url + PATH, 10, False)


def test_the_proxy_can_ask_for_a_password(demo: IndexServer) -> None:
    """Without it 407, with it the file; the index never sees the proxy's credentials."""
    watch = demo.watch()
    with ProxyServer(user=USER, password=PASSWORD) as proxy:
        refused = proxied(proxy, demo.url + PATH)
        credentials = {"Proxy-Authorization": basic_credentials(USER, PASSWORD)}
        served = proxied(proxy, demo.url + PATH, **credentials)
    assert (refused.status, served.status) == (407, 200)
    assert refused.headers["Proxy-Authenticate"] == 'Basic realm="proxy"'
    assert [seen.auth for seen in watch.requests()] == [False]
