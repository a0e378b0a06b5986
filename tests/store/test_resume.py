"""Whatever an end at any point leaves, the next fetch goes on from it or does without it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.events import Reporter
from provisioner.findings import WorldError
from provisioner.network import Client, Network
from provisioner.store import Store
from tests.store.cases import CONTENT, PART, SIZE
from tests.store.conftest import wanted
from tests.support.fileserver import Asked, FileServer, Served, no_fault

if TYPE_CHECKING:
    from provisioner.store import WantedWheel


def _fetch(store: Store, wheel: WantedWheel, connections: int) -> None:
    network = Network(
        backoff_s=0, retries=0, connections=connections, parallel_from_bytes=1, part_bytes=PART
    )
    with Client(network) as client:
        store.fetch([wheel], client, Reporter())


def _break_off(
    server: FileServer, store: Store, wheel: WantedWheel, after: int, connections: int
) -> Path:
    """Have a fetch end after so many bytes; return where its part would be."""
    left = after

    def fault(asked: Asked, reply: Served) -> Served:
        nonlocal left
        del asked
        size = min(left, len(reply.body))
        left -= size
        return replace(reply, cut_at=size) if size else reply.instead(503)

    server.fault = fault
    with pytest.raises(WorldError):
        _fetch(store, wheel, connections)
    server.fault = no_fault
    server.forget()
    path = store.path(wheel)
    return path.with_name(f"{path.name}.part")


def _cut_off(path: Path, share: float) -> None:
    """Lose the end of a file, as a power cut does."""
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(int(path.stat().st_size * share))


def test_an_end_at_any_point() -> None:
    """Only what was not written is fetched, wherever it ended."""
    with FileServer(CONTENT) as server:
        wheel = wanted(CONTENT, f"{server.url}/demo-1.0-py3-none-any.whl")

        @settings(max_examples=8)
        @given(after=st.integers(0, SIZE - 1))
        def law(after: int) -> None:
            with tempfile.TemporaryDirectory() as name:
                store = Store(Path(name))
                part = _break_off(server, store, wheel, after, 1)
                assert part.exists() == (after > 0)
                _fetch(store, wheel, 4)
                assert store.path(wheel).read_bytes() == CONTENT
                assert server.sent_bytes == SIZE - after

        law()


def test_files_that_lost_their_end() -> None:
    """Part and journal may tell different tales: the hash decides, and the file comes once more."""
    with FileServer(CONTENT) as server:
        wheel = wanted(CONTENT, f"{server.url}/demo-1.0-py3-none-any.whl")

        @settings(max_examples=8)
        @given(
            after=st.integers(1, SIZE - 1),
            part_share=st.floats(0, 1),
            journal_share=st.floats(0, 1),
        )
        def law(after: int, part_share: float, journal_share: float) -> None:
            with tempfile.TemporaryDirectory() as name:
                store = Store(Path(name))
                part = _break_off(server, store, wheel, after, 4)
                _cut_off(part, part_share)
                _cut_off(part.with_name(f"{part.name}.journal"), journal_share)
                _fetch(store, wheel, 4)
                assert store.path(wheel).read_bytes() == CONTENT
                assert [one.name for one in store.path(wheel).parent.iterdir()] == [wheel.name]
                assert server.sent_bytes <= 2 * SIZE

        law()
