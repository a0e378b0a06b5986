"""Every fault of a line or a server, fresh and resumed, over one connection and several.

The end is a verified file or a named finding; what came over the line is counted and bounded.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pytest

from provisioner.events import Reporter
from provisioner.findings import TorchenvError
from provisioner.network import Client, Network
from provisioner.store import Store, WantedWheel
from tests.store.conftest import wanted
from tests.support.fileserver import (
    Asked,
    Fault,
    FileServer,
    Served,
    changed,
    cut,
    first,
    hang,
    no_fault,
    status,
)
from tests.support.wheels import Member, Wheel, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE: Final = "whole"
SIGN_IN: Final = b"<!DOCTYPE html><title>Sign in</title>" + b" " * 2000
PART: Final = 32 * 1024


def _wheel() -> bytes:
    """A wheel of half a megabyte that does not compress."""
    noise = b"".join(i.to_bytes(4, "big") for i in range(128 * 1024))
    member = Member(path="demo/noise.bin", content=noise)
    return build_wheel(Wheel(project="demo", version="1.0", tag="py3-none-any", members=(member,)))


CONTENT: Final = _wheel()
OTHER: Final = bytes(len(CONTENT))
SIZE: Final = len(CONTENT)


def _flip(asked: Asked, reply: Served) -> Served:
    """Change one byte of an answer."""
    del asked
    body = bytearray(reply.body)
    if reply.status < 300 and body:
        body[len(body) // 2] ^= 0xFF
    return replace(reply, body=bytes(body))


def _no_ranges(asked: Asked, reply: Served) -> Served:
    """Always send the whole file."""
    del asked
    return Served(status=200, body=CONTENT, headers=reply.headers[:1])


def _cut_without_ranges(asked: Asked, reply: Served) -> Served:
    return replace(_no_ranges(asked, reply), cut_at=SIZE // 2)


def _lie_about_ranges(asked: Asked, reply: Served) -> Served:
    """Send the first bytes and call them so, whatever was asked for."""
    if not asked.start:
        return reply
    length = asked.end - asked.start
    span = ("Content-Range", f"bytes 0-{length - 1}/{SIZE}")
    return Served(status=206, body=CONTENT[:length], headers=(span,))


def _send_wrong_bytes(asked: Asked, reply: Served) -> Served:
    """Send the first bytes and call them those that were asked for."""
    if not asked.start:
        return reply
    return replace(reply, body=CONTENT[: asked.end - asked.start])


def _new_etag_each_time(asked: Asked, reply: Served) -> Served:
    """Name another state of the same file in each answer, and look at If-Range."""
    state = ("ETag", f'"{asked.number}"')
    if asked.start is None or asked.if_range is not None:
        return Served(status=200, body=CONTENT, headers=(state,))
    return replace(reply, headers=(state, *reply.headers[1:]))


def _new_etag_each_time_blindly(asked: Asked, reply: Served) -> Served:
    """Name another state of the same file in each answer, and do not look at If-Range."""
    del reply
    state = ("ETag", f'"{asked.number}"')
    if asked.start is None:
        return Served(status=200, body=CONTENT, headers=(state,))
    span = ("Content-Range", f"bytes {asked.start}-{asked.end - 1}/{SIZE}")
    return Served(status=206, body=CONTENT[asked.start : asked.end], headers=(state, span))


def _becomes(content: bytes) -> Fault:
    """Serve another file of the same length first, and from the second request on this one."""
    old = OTHER if content is CONTENT else CONTENT

    def fault(asked: Asked, reply: Served) -> Served:
        is_old = asked.number == 1
        body, etag = (old, '"old"') if is_old else (content, '"new"')
        state = ("ETag", etag)
        reply = Served(status=200, body=body, headers=(state,))
        if asked.start is not None and asked.if_range in {None, etag}:
            span = ("Content-Range", f"bytes {asked.start}-{asked.end - 1}/{SIZE}")
            part = body[asked.start : asked.end]
            reply = Served(status=206, body=part, headers=(state, span))
        return replace(reply, cut_at=len(reply.body) // 2) if is_old else reply

    return fault


def _one_at_a_time(asked: Asked, reply: Served) -> Served:
    """Answer a second connection with 503."""
    return reply if asked.at_work == 1 else reply.instead(503)


def _redirect(asked: Asked, reply: Served) -> Served:
    """Lead to another path first, as indexes do that sign URLs."""
    return reply if asked.path == "/signed" else reply.instead(302, ("Location", "/signed"))


def _page(asked: Asked, reply: Served) -> Served:
    del asked
    return reply.instead(200, ("Content-Type", "text/html; charset=utf-8"), body=SIGN_IN)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, and how it may end."""

    fault: Fault
    ends: str
    """``whole`` or the code of the finding."""
    fresh_ends: str | None = None
    """The same where nothing had arrived before."""
    bound: float = 1.02
    """Bytes that may come, in sizes of the file, what an earlier run left included."""
    resumed_bound: float | None = None
    """The same after an earlier run, where its bytes cannot be used."""


CASES: Final[dict[str, Case]] = {
    "no fault": Case(fault=no_fault, ends=WHOLE),
    "no length": Case(fault=changed(length=-1), ends=WHOLE),
    "cut once, FIN": Case(fault=first(1, cut(0.5)), ends=WHOLE),
    "cut 3 times, FIN": Case(fault=first(3, cut(0.5)), ends=WHOLE),
    "cut 8 times, FIN": Case(fault=first(8, cut(0.25)), ends=WHOLE),
    "cut 30 times, FIN": Case(fault=first(30, cut(0.05)), ends=WHOLE),
    # What lies in the receiver's buffer is lost with RST: a few hundred KB, much of this file.
    "cut once, RST": Case(fault=first(1, cut(0.5, reset=True)), ends=WHOLE, bound=2),
    "cut 3 times, RST": Case(fault=first(3, cut(0.5, reset=True)), ends=WHOLE, bound=3),
    "cut 8 times, RST": Case(fault=first(8, cut(0.25, reset=True)), ends=WHOLE, bound=3),
    "cut before the first byte, always": Case(fault=cut(0), ends="TE502"),
    "no answer, twice": Case(fault=first(2, changed(drop=True)), ends=WHOLE),
    "no answer, always": Case(fault=changed(drop=True), ends="TE502", fresh_ends="TE401"),
    "stall once": Case(fault=first(1, hang(0.5)), ends=WHOLE),
    "stall at the first byte, always": Case(fault=hang(0), ends="TE502", fresh_ends="TE506"),
    "silent before the answer, once": Case(fault=first(1, changed(hang_head=True)), ends=WHOLE),
    "silent before the answer, always": Case(
        fault=changed(hang_head=True), ends="TE502", fresh_ends="TE401"
    ),
    "throttled": Case(fault=changed(bytes_per_s=4e6), ends=WHOLE),
    "no ranges": Case(fault=_no_ranges, ends=WHOLE, resumed_bound=1.42),
    "no ranges, cut once": Case(fault=first(1, _cut_without_ranges), ends=WHOLE, bound=1.52),
    "no ranges, cut always": Case(
        fault=_cut_without_ranges, ends="TE502", bound=2.5, resumed_bound=2.9
    ),
    "another range than asked for": Case(fault=_lie_about_ranges, ends=WHOLE, bound=2.1),
    "wrong bytes under the right name": Case(fault=_send_wrong_bytes, ends=WHOLE, bound=2.1),
    "another ETag each time": Case(fault=_new_etag_each_time, ends=WHOLE, bound=2.1),
    "another ETag, If-Range ignored": Case(
        fault=_new_etag_each_time_blindly, ends=WHOLE, bound=2.1
    ),
    "changes each time, cut each time": Case(
        fault=lambda asked, reply: cut(0.5)(asked, _new_etag_each_time_blindly(asked, reply)),
        ends="TE507",
        bound=2.5,
        resumed_bound=2.9,
    ),
    "becomes the wanted file": Case(
        fault=_becomes(CONTENT), ends=WHOLE, bound=2.1, resumed_bound=2.5
    ),
    "becomes another file": Case(fault=_becomes(OTHER), ends="TE501", bound=3.1),
    "one byte flipped, once": Case(fault=first(1, _flip), ends=WHOLE, bound=2.1),
    "one byte flipped, always": Case(fault=_flip, ends="TE501", bound=2.1),
    "too short": Case(fault=changed(body=CONTENT[:9999], status=200), ends="TE509"),
    "too long": Case(fault=changed(body=CONTENT + b"x", status=200), ends="TE509", bound=2.1),
    "too long, no length": Case(
        fault=changed(body=CONTENT + b"x", status=200, length=-1),
        ends="TE509",
        bound=2.1,
        resumed_bound=2.5,
    ),
    "401": Case(fault=status(401), ends="TE402"),
    "403": Case(fault=status(403), ends="TE403"),
    "404": Case(fault=status(404), ends="TE403"),
    "407": Case(fault=status(407), ends="TE429"),
    "410": Case(fault=status(410), ends="TE403"),
    "416": Case(fault=status(416), ends="TE402"),
    "429 once": Case(fault=first(1, status(429, ("Retry-After", "0"))), ends=WHOLE),
    "429 always": Case(fault=status(429), ends="TE502", fresh_ends="TE402"),
    "500 once": Case(fault=first(1, status(500)), ends=WHOLE),
    "502 twice": Case(fault=first(2, status(502)), ends=WHOLE),
    "503 always": Case(fault=status(503), ends="TE502", fresh_ends="TE402"),
    "504 once": Case(fault=first(1, status(504)), ends=WHOLE),
    "503 for a second connection": Case(fault=_one_at_a_time, ends=WHOLE),
    "redirected": Case(fault=_redirect, ends=WHOLE),
    "redirected for ever": Case(fault=status(302, ("Location", "/x")), ends="TE402"),
    "sign-in page": Case(fault=_page, ends="TE508"),
    "called a web page": Case(
        fault=lambda _, reply: replace(
            reply, headers=(*reply.headers, ("Content-Type", "text/html"))
        ),
        ends=WHOLE,
    ),
}


def _network(connections: int) -> Network:
    return Network(
        timeout_s=0.4,
        stall_s=0.15,
        backoff_s=0,
        retries=3,
        connections=connections,
        parallel_from_bytes=1 if connections > 1 else 1 << 40,
        part_bytes=PART,
    )


def _fetch(store: Store, wheel: WantedWheel, connections: int) -> str:
    """Fetch; return ``whole`` or the code of what it ended with."""
    path = store.path(wheel)
    try:
        with Client(_network(connections)) as client:
            store.fetch([wheel], client, Reporter())
    except TorchenvError as exc:
        (finding,) = exc.findings
        return f"{finding.code}, but kept" if path.exists() else finding.code
    assert path.read_bytes() == CONTENT
    assert [one.name for one in path.parent.iterdir()] == [wheel.name]
    return WHOLE


def _leave_a_part(store: Store, server: FileServer, wheel: WantedWheel) -> int:
    """Have a fetch break off after 40% of the file; return how much is left of it."""
    fault, server.fault = (
        server.fault,
        lambda asked, reply: cut(0.4)(asked, reply) if asked.number == 1 else reply.instead(503),
    )
    assert _fetch(store, wheel, 1) == "TE502"
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
    with FileServer(CONTENT, case.fault) as server:
        wheel = wanted(CONTENT, f"{server.url}/demo-1.0-py3-none-any.whl")
        left = _leave_a_part(store, server, wheel) if resumed else 0
        ended = _fetch(store, wheel, connections)
        sent = server.sent_bytes
    assert ended == (case.ends if resumed else case.fresh_ends or case.ends)
    bound = case.resumed_bound or case.bound if resumed else case.bound
    assert sent + left <= bound * SIZE
