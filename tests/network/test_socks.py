"""A SOCKS proxy is the only way out on some clusters."""

from __future__ import annotations

import socket

import pytest

from provisioner.network import Client, Network, NetworkError
from tests.network.server import Answer, Server
from tests.support.socks import socks_proxy


def test_pages_come_through_a_socks_proxy(server: Server) -> None:
    """As with an HTTP proxy, by pip's option or the variables."""
    url = server.put("/s/", Answer(body=b"x"))
    with socks_proxy() as (proxy, asked), Client(Network(proxy=proxy)) as client:
        assert client.get(url).body == b"x"
        assert asked == [url.split("/")[2]]


def test_socks_proxy_that_does_not_run(server: Server) -> None:
    """Named as the proxy's failure, not the server's."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    network = Network(proxy=f"socks5h://127.0.0.1:{port}", retries=0)
    with Client(network) as client, pytest.raises(NetworkError) as raised:
        client.get(server.put("/s/", Answer(body=b"x")))
    assert raised.value.findings[0].code == "TE429"
    assert "Connection refused" in raised.value.findings[0].why
