"""A SOCKS proxy, the only way out on some clusters."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.proxy import pass_on

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
            back = threading.Thread(target=pass_on, args=(server, client))
            back.start()
            pass_on(client, server)
            back.join()


@contextmanager
def socks_proxy() -> Iterator[tuple[str, list[str]]]:
    """Run a proxy; yields its address, and the ``host:port`` that it was asked for so far."""
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
