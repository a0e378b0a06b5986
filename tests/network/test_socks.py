"""A SOCKS proxy is the only way out on some clusters."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from provisioner.network import Client, Network, NetworkError
from tests.network.server import Answer, Server

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Socks(socketserver.BaseRequestHandler):
    """SOCKS 5 without a password (RFC 1928): greets, connects, passes on."""

    asked: list[str]

    def handle(self) -> None:
        client: socket.socket = self.request
        client.recv(2 + client.recv(2, socket.MSG_PEEK)[1])
        client.sendall(b"\x05\x00")
        head = client.recv(4)
        if head[3] == 1:
            host = socket.inet_ntoa(client.recv(4))
        else:
            host = client.recv(client.recv(1)[0]).decode()
        port = int.from_bytes(client.recv(2), "big")
        self.asked.append(f"{host}:{port}")
        with socket.create_connection((host, port)) as server:
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            back = threading.Thread(target=_pass_on, args=(server, client))
            back.start()
            _pass_on(client, server)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def _proxy() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (_Socks,), {"asked": asked})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"socks5h://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def test_pages_come_through_a_socks_proxy(server: Server) -> None:
    """As with an HTTP proxy, by pip's option or the variables."""
    url = server.put("/s/", Answer(body=b"x"))
    with _proxy() as (proxy, asked), Client(Network(proxy=proxy)) as client:
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
