"""Every fault of a line or a server, fresh and resumed, over one connection and several.

The end is a verified file or a named finding; what came over the line is counted and bounded.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.events import Reporter
from provisioner.findings import TorchenvError
from provisioner.network import Client, Network
from provisioner.store import Store, WantedWheel
from tests.store import ways
from tests.store.cases import CASES, CONTENT, PART, SIZE, WHOLE, Case
from tests.store.conftest import wanted
from tests.support.certificates import server_context
from tests.support.fileserver import FileServer, cut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _network(connections: int, case: Case, **settings: Any) -> Network:  # noqa: ANN401 - the settings' own
    return Network(
        timeout_s=case.timeout_s,
        stall_s=case.stall_s,
        backoff_s=0,
        retries=3,
        connections=connections,
        parallel_from_bytes=1 if connections > 1 else 1 << 40,
        part_bytes=PART,
        **settings,
    )


def _fetch(store: Store, wheel: WantedWheel, network: Network, says: str = "") -> str:
    """Fetch; return ``whole`` or the code of what it ended with, in a message with ``says``."""
    path = store.path(wheel)
    try:
        with Client(network) as client:
            store.fetch([wheel], client, Reporter())
    except TorchenvError as exc:
        (finding,) = exc.findings
        assert says in finding.message
        return f"{finding.code}, but kept" if path.exists() else finding.code
    assert path.read_bytes() == CONTENT
    assert [one.name for one in path.parent.iterdir()] == [wheel.name]
    return WHOLE


def _leave_a_part(place: ways.Place, store: Store, wheel: WantedWheel) -> int:
    """Have a fetch break off after 40% of the file; return how much is left of it."""
    server = place.server
    fault, server.fault = (
        server.fault,
        lambda asked, reply: cut(0.4)(asked, reply) if asked.number == 1 else reply.instead(503),
    )
    with ways.straight(place) as settings:
        assert _fetch(store, wheel, _network(1, Case(ends="TE502"), **settings)) == "TE502"
    server.fault = fault
    server.forget()
    path = store.path(wheel)
    return path.with_name(f"{path.name}.part").stat().st_size


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A fork copies the locks of other threads, so none may be left when a fetch ends."""
    yield
    assert [one.name for one in threading.enumerate() if one.name.startswith("fetch")] == []


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("before", ["fresh", "resumed"])
@pytest.mark.parametrize("name", CASES)
def test_every_fault_ends_in_a_whole_file_or_a_finding(
    tmp_path: Path, name: str, before: str, connections: int
) -> None:
    """No fault can splice, hang, or fetch much more than there is."""
    case, resumed = CASES[name], before == "resumed"
    store = Store(tmp_path / "store")
    with FileServer(CONTENT, case.fault, tls=server_context() if case.tls else None) as server:
        place = ways.Place(server, tmp_path)
        wheel = wanted(CONTENT, f"{server.url}/demo-1.0-py3-none-any.whl")
        left = _leave_a_part(place, store, wheel) if resumed else 0
        with case.way(place) as settings:
            network = _network(connections, case, **settings)
            ended = _fetch(store, wheel, network, case.says)
        sent = server.sent_bytes
    assert ended == (case.ends if resumed else case.fresh_ends or case.ends)
    bound = case.resumed_bound or case.bound if resumed else case.bound
    assert sent + left <= bound * SIZE
