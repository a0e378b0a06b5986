"""Fixtures of the network's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.network import Client, Network
from tests.network.server import Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator


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
