"""Fetches one wheel in a process of its own and prints a line for each report of progress.

``python -m tests.store.child STORE URL NAME SIZE SHA256 CONNECTIONS``; 0 connections: all as usual.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provisioner.events import Reporter
from provisioner.network import Client, Network
from provisioner.store import Store, WantedWheel


class _Printer(Reporter):
    def download_progress(self, name: str, received_bytes: int) -> None:
        """Print how much more is there."""
        del name
        sys.stdout.write(f"{received_bytes}\n")
        sys.stdout.flush()


def main() -> None:
    """Fetch."""
    store, url, name, size, sha256, connections = sys.argv[1:]
    wheel = WantedWheel(name=name, url=url, size=int(size), sha256=sha256)
    network = Network(
        connections=int(connections), parallel_from_bytes=1, part_bytes=1 << 20, backoff_s=0
    )
    if connections == "0":
        network = Network()
    with Client(network) as client:
        Store(Path(store)).fetch([wheel], client, _Printer())


if __name__ == "__main__":
    main()
