"""Which proxy is taken, and what a proxy's failure looks like."""

from __future__ import annotations

import pytest

from provisioner.network import Client, Network, NetworkError
from provisioner.network._proxies import proxy_for
from tests.network.server import Answer, Server

_ENVIRON = {
    "https_proxy": "http://secure:1",
    "HTTP_PROXY": "http://plain:1",
    "NO_PROXY": "inside.example, .corp.example,10.0.0.0/8,192.168.1.5,[::1],port.example:8443",
}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://a.example/s", "http://secure:1"),
        ("http://a.example/s", "http://plain:1"),
        ("https://inside.example/s", None),
        ("https://x.inside.example/s", None),
        ("https://notinside.example/s", "http://secure:1"),
        ("https://corp.example/s", None),
        ("https://x.corp.example/s", None),
        ("https://10.1.2.3/s", None),
        ("https://11.1.2.3/s", "http://secure:1"),
        ("https://192.168.1.5:8443/s", None),
        ("https://[::1]/s", None),
        ("https://port.example:8443/s", None),
        ("https://port.example/s", "http://secure:1"),
    ],
)
def test_environment_chooses_by_scheme_and_host(url: str, proxy: str | None) -> None:
    """`<scheme>_proxy` unless `no_proxy` names the host, its domain, address or network."""
    assert proxy_for(url, Network(environ=_ENVIRON)) == proxy


@pytest.mark.parametrize(
    ("network", "proxy"),
    [
        (Network(), None),
        (Network(environ={"ALL_PROXY": "p:3128"}), "http://p:3128"),
        (Network(environ={"https_proxy": "a:1", "HTTPS_PROXY": "b:1"}), "http://a:1"),
        (Network(environ={"https_proxy": "a:1", "no_proxy": "*"}), None),
        (Network(environ={"https_proxy": "a:1"}, no_proxy_env=True), None),
        (Network(environ=_ENVIRON, proxy="u:p@p.example:3128"), "http://u:p@p.example:3128"),
    ],
)
def test_settings_choose(network: Network, proxy: str | None) -> None:
    """The explicit proxy stands above the environment, exceptions included, as with pip."""
    assert proxy_for("https://inside.example/s", network) == proxy


def test_requests_go_through_the_proxy(server: Server) -> None:
    """The proxy gets the whole URL and its own credentials; the server gets none of them."""
    server.put("http://registry.example/s/", Answer(body=b"x"))
    network = Network(proxy=server.url.replace("//", "//u:p@"), trusted_hosts=("registry.example",))
    with Client(network) as client:
        assert client.get("http://registry.example/s/").body == b"x"
    headers = server.requests[0].headers
    assert headers["Proxy-Authorization"] == "Basic dTpw"
    assert "Authorization" not in headers


@pytest.mark.parametrize("status", [407, 403, 502])
def test_refused_tunnel_is_the_proxys_failure(server: Server, status: int) -> None:
    """A proxy that does not open a tunnel is named as the culprit, with its answer."""
    server.put("registry.example:443", Answer(status=status))
    network = Network(proxy=server.url.replace("//", "//u:secret@"), backoff_s=0)
    with Client(network) as client, pytest.raises(NetworkError) as raised:
        client.get("https://registry.example/s/")
    finding = raised.value.findings[0]
    assert (finding.code, finding.message) == ("TE429", "The proxy for `registry.example` failed.")
    assert f"Tunnel connection failed: {status}" in finding.why
    assert "secret" not in repr(finding)


def test_unreachable_proxy_is_the_proxys_failure() -> None:
    """A proxy that is not there is not reported as a missing index."""
    network = Network(proxy="http://u:secret@proxy.invalid:1", backoff_s=0)
    with Client(network) as client, pytest.raises(NetworkError) as raised:
        client.get("https://registry.example/s/")
    assert raised.value.findings[0].code == "TE429"
    assert "secret" not in repr(raised.value.findings)


@pytest.mark.parametrize("address", ["ftp://{}p.example:1", "http://{}[p.example:1", "http://{}"])
def test_other_proxies_are_refused(address: str) -> None:
    """What is no address of a proxy that is known is said, not tried."""
    network = Network(proxy=address.format("u:secret@"))
    with Client(network) as client, pytest.raises(NetworkError) as raised:
        client.get("https://registry.example/s/")
    assert raised.value.findings[0].why == (
        f"`{address.format('****@')}` is not the address of an `http`, `https` or `socks5` proxy; "
        "needed for `https://registry.example/s/`."
    )
