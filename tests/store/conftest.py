"""Fixtures of the store's tests: a server, a client, a store, and a listener that remembers."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from provisioner.events import Reporter
from provisioner.network import Client, Network
from provisioner.store import Store, WantedWheel
from tests.network.server import Answer, Server, running
from tests.support.wheels import Wheel, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.wheels import Defects


class Listener(Reporter):
    """Remembers what the store reports; from several threads."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.details: list[str] = []
        self.started: list[tuple[int, int]] = []
        self.received: dict[str, int] = {}
        self.finished = 0
        self._lock = threading.Lock()

    def detail(self, text: str) -> None:
        """Keep it."""
        self.details.append(text)

    def download_started(self, files: int, size_bytes: int) -> None:
        """Keep it."""
        self.started.append((files, size_bytes))

    def download_progress(self, name: str, received_bytes: int) -> None:
        """Add it up."""
        with self._lock:
            self.received[name] = self.received.get(name, 0) + received_bytes

    def download_finished(self) -> None:
        """Count it."""
        self.finished += 1


def wheel_bytes(project: str, version: str = "1.0", defects: Defects | None = None) -> bytes:
    """A small pure wheel."""
    wheel = Wheel(project=project, version=version, tag="py3-none-any")
    if defects is not None:
        wheel = Wheel(project=project, version=version, tag="py3-none-any", defects=defects)
    return build_wheel(wheel)


def wanted(content: bytes, url: str = "", name: str = "demo-1.0-py3-none-any.whl") -> WantedWheel:
    """What a lock would say about this content."""
    return WantedWheel(
        name=name, url=url, size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )


def publish(server: Server, project: str, version: str = "1.0") -> WantedWheel:
    """Put a wheel on the server and return what a lock would say about it."""
    content = wheel_bytes(project, version)
    name = f"{project}-{version}-py3-none-any.whl"
    url = server.put(f"/files/{name.replace('+', '%2B')}", Answer(body=content))
    return wanted(content, url, name)


@pytest.fixture
def server() -> Iterator[Server]:
    """A plain web server on this machine."""
    with running() as one:
        yield one


@pytest.fixture
def client() -> Iterator[Client]:
    """A client that does not wait between attempts."""
    with Client(Network(backoff_s=0, timeout_s=10)) as one:
        yield one


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store that was never written."""
    return Store(tmp_path / "cache" / "torchenv")


@pytest.fixture
def listener() -> Listener:
    """A listener that remembers."""
    return Listener()
