"""Every fault of a line or a server as data: what happens, and how a fetch may end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tests.store import ways
from tests.support.fileserver import (
    Asked,
    Fault,
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
    from tests.store.ways import Way

WHOLE: Final = "whole"
SIGN_IN: Final = b"<!DOCTYPE html><title>Sign in</title>" + b" " * 2000
_PATIENCE_S: Final = 20.0
"""Longer than a busy machine ever keeps a connection waiting: no clock decides."""
_SHORT_S: Final = 0.3
"""Where silence is the fault. A machine that is busy for longer fetches some bytes twice, which
the bounds of these cases allow for."""
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


def _redirect_to_another_host(asked: Asked, reply: Served) -> Served:
    """Want a user and a password here, and none where this leads to."""
    has_credentials = "authorization" in asked.headers
    if asked.path == "/signed":
        return reply.instead(400) if has_credentials else reply
    if not has_credentials:
        return reply.instead(401)
    port = asked.headers["host"].rpartition(":")[2]
    return reply.instead(302, ("Location", f"http://localhost:{port}/signed"))


def _page(asked: Asked, reply: Served) -> Served:
    del asked
    return reply.instead(200, ("Content-Type", "text/html; charset=utf-8"), body=SIGN_IN)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, and how it may end."""

    fault: Fault = no_fault
    """Of the server."""
    ends: str
    """``whole`` or the code of the finding."""
    fresh_ends: str | None = None
    """The same where nothing had arrived before."""
    bound: float = 1.02
    """Bytes that may come, in sizes of the file, what an earlier run left included."""
    resumed_bound: float | None = None
    """The same after an earlier run, where its bytes cannot be used."""
    timeout_s: float = _PATIENCE_S
    """How long an answer is waited for."""
    stall_s: float = _PATIENCE_S
    """How long the next bytes of one are waited for."""
    says: str = ""
    """Words of the finding's message."""
    tls: bool = False
    """Whether the server speaks TLS."""
    way: Way = ways.straight
    """What is between client and server."""


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
    "stall once": Case(stall_s=_SHORT_S, bound=2, fault=first(1, hang(0.5)), ends=WHOLE),
    "stall at the first byte, always": Case(
        stall_s=_SHORT_S, bound=2, fault=hang(0), ends="TE502", fresh_ends="TE506"
    ),
    "silent before the answer, once": Case(
        timeout_s=_SHORT_S, bound=2, fault=first(1, changed(hang_head=True)), ends=WHOLE
    ),
    "silent before the answer, always": Case(
        timeout_s=_SHORT_S, bound=2, fault=changed(hang_head=True), ends="TE502", fresh_ends="TE401"
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
    "redirected to another host, which gets no credentials": Case(
        fault=_redirect_to_another_host, way=ways.signed_in, ends=WHOLE
    ),
    "redirected for ever": Case(fault=status(302, ("Location", "/x")), ends="TE402"),
    "sign-in page": Case(fault=_page, ends="TE508"),
    "called a web page": Case(
        fault=lambda _, reply: replace(
            reply, headers=(*reply.headers, ("Content-Type", "text/html"))
        ),
        ends=WHOLE,
    ),
    # -- certificates
    "TLS": Case(tls=True, ends=WHOLE),
    "TLS, cut once, FIN": Case(tls=True, fault=first(1, cut(0.5)), ends=WHOLE),
    "TLS, cut 8 times, FIN": Case(tls=True, fault=first(8, cut(0.25)), ends=WHOLE),
    "certificate of an authority that the system does not know": Case(
        tls=True, way=ways.system_authorities, ends="TE428", says="cannot be verified"
    ),
    "certificate of another authority than the configured one": Case(
        tls=True, way=ways.of_another_authority, ends="TE428", says="cannot be verified"
    ),
    "certificate that is expired": Case(
        tls=True, way=ways.expired, ends="TE428", says="is not valid at this time"
    ),
    "certificate of another host": Case(
        tls=True,
        way=ways.of_another_host,
        ends="TE428",
        says="showed the certificate of another host",
    ),
    "file of certificates that is missing": Case(
        tls=True, way=ways.missing_file, ends="TE428", says="cannot be verified"
    ),
    "file of certificates that holds none": Case(
        tls=True, way=ways.no_file_of_certificates, ends="TE428", says="cannot be verified"
    ),
    "TLS 1.1 and older only": Case(
        tls=True, way=ways.old_protocol, ends="TE428", says="There is no TLS that"
    ),
    "plain HTTP where TLS is asked for": Case(
        tls=True, way=ways.no_tls, ends="TE428", says="There is no TLS that"
    ),
    # -- proxies
    "proxy": Case(way=ways.proxy(), ends=WHOLE),
    "proxy that wants a password, given": Case(way=ways.proxy(user="me", given="me"), ends=WHOLE),
    "proxy that wants a password, not given (407)": Case(way=ways.proxy(user="me"), ends="TE429"),
    "proxy that does not run": Case(way=ways.dead_proxy("http"), ends="TE429"),
    "proxy called by the wrong scheme, https": Case(way=ways.proxy(scheme="https"), ends="TE429"),
    "proxy called by the wrong scheme, ftp": Case(way=ways.proxy(scheme="ftp"), ends="TE429"),
    "proxy, TLS": Case(tls=True, way=ways.proxy(), ends=WHOLE),
    "proxy, TLS, cut 3 times": Case(
        tls=True, fault=first(3, cut(0.5)), way=ways.proxy(), ends=WHOLE
    ),
    "proxy that wants a password, TLS, given": Case(
        tls=True, way=ways.proxy(user="me", given="me"), ends=WHOLE
    ),
    "proxy that wants a password, TLS, not given (407)": Case(
        tls=True, way=ways.proxy(user="me"), ends="TE429"
    ),
    "proxy that allows no tunnel (403)": Case(tls=True, way=ways.proxy(refuses=403), ends="TE429"),
    "proxy that does not run, TLS": Case(tls=True, way=ways.dead_proxy("http"), ends="TE429"),
    "proxy called by the wrong scheme, TLS": Case(
        tls=True, way=ways.proxy(scheme="https"), ends="TE429"
    ),
    "proxy that opens TLS, its authority not known": Case(
        tls=True, way=ways.proxy(opens="company"), ends="TE428", says="cannot be verified"
    ),
    "proxy that opens TLS, its authority configured": Case(
        tls=True, way=ways.proxy(opens="company", trusts=("company",)), ends=WHOLE
    ),
    "SOCKS proxy": Case(way=ways.socks, ends=WHOLE),
    "SOCKS proxy, TLS": Case(tls=True, way=ways.socks, ends=WHOLE),
    "SOCKS proxy that does not run": Case(way=ways.dead_proxy("socks5h"), ends="TE429"),
}
