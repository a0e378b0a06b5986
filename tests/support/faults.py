"""Faults of a server, as data: what goes wrong, for which requests, how often.

A fault changes the reply that the site would have given, or how it is sent. None of them sleeps:
a stalled reply waits for an event that the test (or the server's end) sets.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from typing_extensions import assert_never

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.site import Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Answer with a status code and a short text."""

    code: int
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """For instance ``Retry-After``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Close the connection after some bytes of the body, although more were announced."""

    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shorten:
    """Send only the first bytes of the body and announce just these: whole, but truncated."""

    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Send some bytes of the body, then nothing until the rule is released."""

    after: int = 0
    limit_s: float = 60.0
    """Seconds after which the connection is closed all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipByte:
    """Change one byte of the body."""

    offset: int = -1
    """Position; negative counts from the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRanges:
    """Ignore ``Range`` and always send the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Send the client elsewhere."""

    to: str
    """Path or URL."""
    code: int = 302


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Answer with a sign-in page, as a captive portal or a company's proxy does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """Refuse who does not name this user and password."""

    user: str
    password: str


Fault = Status | Drop | Cut | Shorten | Stall | FlipByte | NoRanges | Redirect | SignIn | BasicAuth
_KINDS: dict[str, type[Fault]] = {
    "status": Status,
    "drop": Drop,
    "cut": Cut,
    "shorten": Shorten,
    "stall": Stall,
    "flip-byte": FlipByte,
    "no-ranges": NoRanges,
    "redirect": Redirect,
    "sign-in": SignIn,
    "basic-auth": BasicAuth,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """A fault and the requests that it meets."""

    path: str
    """Glob over the decoded path: ``/whl/cu118/torch-*.whl``."""
    fault: Fault
    skip: int = 0
    """Number of matching requests that are served well before the first fault."""
    times: int | None = None
    """Number of requests that meet the fault; None: all."""
    host: str | None = None
    """``main`` or ``second``; None: both."""
    methods: tuple[str, ...] = ("GET", "HEAD")


def parse_fault_rule(table: Mapping[str, Any]) -> FaultRule:
    """Make a rule of a flat table: ``{path = "…", kind = "status", code = 503, times = 2}``.

    Raises:
        KeyError: The kind is unknown.
        TypeError: The kind does not know one of the other keys.
    """
    values = dict(table)
    kind = _KINDS[values.pop("kind")]
    rule = {key: values.pop(key) for key in ("path", "skip", "times", "host") if key in values}
    return FaultRule(fault=kind(**values), **rule)


@dataclass(eq=False, kw_only=True)
class ActiveRule:
    """A rule at work in a server: counts its requests, holds those that it stalls."""

    rule: FaultRule
    seen: int = 0
    """Matching requests so far, skipped ones included."""
    reached: threading.Event = field(default_factory=threading.Event)
    """Set when a request met the fault; for ``Stall``, when the client has been left hanging."""
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let stalled replies go on, now and later."""
        self._released.set()

    def hold(self, limit_s: float) -> bool:
        """Wait until released, or for ``limit_s`` seconds; tells which it was."""
        self.reached.set()
        return self._released.wait(limit_s)

    def claims(self, request: Request) -> bool:
        """Count ``request`` and tell whether the fault is for it."""
        rule = self.rule
        if (
            request.method not in rule.methods
            or rule.host not in {None, request.host}
            or not fnmatchcase(request.path, rule.path)
        ):
            return False
        self.seen += 1
        past = self.seen - rule.skip
        return past > 0 and (rule.times is None or past <= rule.times)


class Faults:
    """The rules of one server; the first that claims a request decides."""

    def __init__(self) -> None:
        """Start without rules."""
        self._rules: list[ActiveRule] = []
        self._lock = threading.Lock()

    def add(self, path: str, fault: Fault, **options: Any) -> ActiveRule:  # noqa: ANN401
        """Add a rule for a glob over paths; ``options`` are the other fields of ``FaultRule``."""
        return self.add_rule(FaultRule(path=path, fault=fault, **options))

    def add_rule(self, rule: FaultRule) -> ActiveRule:
        """Add a rule."""
        active = ActiveRule(rule=rule)
        with self._lock:
            self._rules.append(active)
        return active

    def clear(self) -> None:
        """Forget all rules and let stalled replies go on."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.release()

    def claim(self, request: Request) -> ActiveRule | None:
        """Return the rule that ``request`` meets, if any."""
        with self._lock:
            return next((rule for rule in self._rules if rule.claims(request)), None)


def spoil(  # noqa: C901, PLR0911 - one line for each kind of fault
    request: Request, reply: Reply, active: ActiveRule
) -> Reply:
    """Return what ``request`` gets instead of ``reply``."""
    match active.rule.fault:
        case Status(code=code, text=text, headers=headers):
            return reply.instead(code, text.encode(), *headers)
        case Drop():
            return replace(reply, dropped=True)
        case Cut(after=after):
            return replace(reply, cut_after=after)
        case Shorten(to=to):
            return replace(reply, body=reply.body[:to])
        case Stall(after=after, limit_s=limit_s):
            return replace(reply, stall_after=after, stall=lambda: active.hold(limit_s))
        case FlipByte(offset=offset):
            return replace(reply, body=_flipped(reply.body, offset))
        case NoRanges():
            return replace(reply, ranges=False)
        case Redirect(to=to, code=code):
            return reply.instead(code, b"", ("Location", to))
        case SignIn():
            return reply.instead(200, _SIGN_IN, ("Content-Type", "text/html; charset=utf-8"))
        case BasicAuth(user=user, password=password):
            if request.headers.get("authorization") == basic_credentials(user, password):
                return reply
            return reply.instead(401, b"", ("WWW-Authenticate", 'Basic realm="packages"'))
        case never:
            assert_never(never)


def basic_credentials(user: str, password: str) -> str:
    """Return the header value for HTTP basic authentication (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


_SIGN_IN = b"""<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><form action="/login" method="post"><input name="user"><input name="password"></form></body>
</html>
"""


def _flipped(body: bytes, offset: int) -> bytes:
    changed = bytearray(body)
    changed[offset] ^= 0xFF
    return bytes(changed)
