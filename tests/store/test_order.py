"""Large wheels are whole one after the other, so that they can be unpacked while the rest comes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

from provisioner.events import Reporter
from provisioner.network import Client, Network
from provisioner.store._fetch import Board
from tests.store.cases import PART
from tests.store.conftest import wanted
from tests.support.fileserver import FileServer
from tests.support.wheels import Member, Wheel, build_wheel

if TYPE_CHECKING:
    from provisioner.store import Store
    from provisioner.store._transfer import Transfer


class _Waiting:
    """Stands for a transfer that can use another connection, or not."""

    def __init__(self) -> None:
        self.wants_help = True


def test_who_has_a_wheel_of_its_own_helps_earlier_ones_first() -> None:
    """Those that were begun later are not its business."""
    board = Board()
    waiting = [_Waiting() for _ in range(3)]
    first, second, third = (cast("Transfer", one) for one in waiting)
    with ExitStack() as stack:
        for one in (first, second, third):
            stack.enter_context(board.shown(one))
        assert board.earlier(third) is first
        waiting[0].wants_help = False
        assert board.earlier(third) is second
        assert board.earlier(second) is None
    assert board.earlier(third) is None


def test_several_large_wheels_come_once_each(store: Store) -> None:
    """However threads turn from one to the other, nothing is asked for twice."""
    network = Network(backoff_s=0, connections=4, parallel_from_bytes=1, part_bytes=PART)
    with ExitStack() as stack, Client(network) as client:
        servers, wheels = [], []
        for number in range(3):
            noise = b"".join((i * 7 + number).to_bytes(4, "big") for i in range(64 * 1024))
            member = Member(path="demo/noise.bin", content=noise)
            wheel = Wheel(
                project=f"demo{number}", version="1.0", tag="py3-none-any", members=(member,)
            )
            content = build_wheel(wheel)
            servers.append(stack.enter_context(FileServer(content)))
            url = f"{servers[-1].url}/{wheel.file_name}"
            wheels.append(wanted(content, url, wheel.file_name))
        files = store.fetch(wheels, client, Reporter())
        assert len(files) == len(wheels)
        assert [one.sent_bytes for one in servers] == [one.size for one in wheels]
