"""Every way in which a source can fail, as one error with one finding by cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from provisioner.findings import Finding, WorldError
from provisioner.urls import host_of, mask, strip_credentials

Cause = Literal[
    "dns",  # the host has no address
    "refused",  # nothing listens there
    "unreachable",  # no way to the host
    "reset",  # the connection broke
    "timeout",
    "stall",  # a connection carried next to nothing for a while
    "ranges",  # another part of a file than was asked for
    "changed",  # the file became another one while it was fetched
    "truncated",  # the connection ended before all bytes had come
    "status",  # an HTTP status from 400 up
    "content",  # an answer that is not what was asked for
    "tls",
    "tls-expired",  # a certificate whose time is over, or has not come
    "tls-host",  # a certificate of another host
    "tls-client",  # the server wants a certificate of ours, and another one than it got
    "tls-protocol",  # no version of TLS that both sides accept, or no TLS at all
    "proxy",
    "insecure",  # plain HTTP to a host that is not trusted
    "offline",  # no server is to be asked
    "address",  # a URL that cannot be used
    "missing",  # a local path that does not exist
    "unreadable",  # a local path that cannot be read
]

_TRANSIENT: Final = frozenset(
    {"dns", "refused", "unreachable", "reset", "timeout", "stall", "truncated"}
)
_TRANSIENT_STATUS: Final = frozenset({429, 500, 502, 503, 504})
"""The statuses that pip tries again, and ``429 Too Many Requests`` and ``504 Gateway Timeout``."""

_LATER: Final = "Try again later; wheels that arrived whole are kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """The three sentences of a finding, with ``{host}``, ``{url}`` and ``{detail}`` to fill in."""

    code: str
    message: str
    why: str
    do: str


_TEXTS: Final[dict[Cause, _Text]] = {
    "dns": _Text(
        code="TE401",
        message="The host `{host}` was not found.",
        why="Its name has no address here ({detail}); needed for `{url}`.",
        do="Check the network connection and the spelling. Behind a proxy, set `HTTPS_PROXY` or "
        "pip's `proxy`.",
    ),
    "refused": _Text(
        code="TE401",
        message="The host `{host}` refused the connection.",
        why="Nothing listens on that port ({detail}); needed for `{url}`.",
        do="Check host and port, and whether the server runs.",
    ),
    "unreachable": _Text(
        code="TE401",
        message="The host `{host}` cannot be reached.",
        why="There is no way to it from here ({detail}); needed for `{url}`.",
        do="Check the network connection. Behind a proxy, set `HTTPS_PROXY` or pip's `proxy`.",
    ),
    "reset": _Text(
        code="TE401",
        message="The connection to `{host}` broke.",
        why="It ended in the middle of an exchange ({detail}); needed for `{url}`.",
        do=_LATER,
    ),
    "timeout": _Text(
        code="TE401",
        message="The host `{host}` did not answer in time.",
        why="Nothing came within the time limit ({detail}); needed for `{url}`.",
        do="Check the connection, or allow more time with pip's `timeout` option or `timeout` "
        "under `[sources]`.",
    ),
    "stall": _Text(
        code="TE506",
        message="`{host}` stopped to send in the middle of `{url}`.",
        why="Next to nothing came for {detail}.",
        do=_LATER,
    ),
    "ranges": _Text(
        code="TE402",
        message="`{host}` sent another part of `{url}` than was asked for.",
        why="{detail}.",
        do="Tell whoever runs that server: it does not handle the header `Range` as HTTP has it.",
    ),
    "changed": _Text(
        code="TE507",
        message="`{url}` became another file while it was fetched.",
        why="`{host}` names another state of it each time, and bytes of two are never joined.",
        do="Try again later; if it stays so, ask whoever runs that server.",
    ),
    "truncated": _Text(
        code="TE502",
        message="`{host}` sent only a part of `{url}`.",
        why="The connection ended before all announced bytes had come ({detail}).",
        do=_LATER,
    ),
    "content": _Text(
        code="TE402",
        message="`{host}` did not send what was asked for.",
        why="{detail} It was asked for `{url}`.",
        do="Open that address in a browser: a login or block page of the network, or an address "
        "that is no package index, are the usual reasons.",
    ),
    "tls": _Text(
        code="TE428",
        message="The identity of `{host}` cannot be verified.",
        why="{detail}; needed for `{url}`.",
        do="Where a company's own authority signs, name its certificate with pip's `cert` option, "
        "`cert` under `[sources]` or `SSL_CERT_FILE`. Also check this machine's clock.",
    ),
    "tls-expired": _Text(
        code="TE428",
        message="The certificate of `{host}` is not valid at this time.",
        why="{detail}; needed for `{url}`.",
        do="Check this machine's clock with `date`. If it is right, whoever runs that server must "
        "renew the certificate.",
    ),
    "tls-host": _Text(
        code="TE428",
        message="`{host}` showed the certificate of another host.",
        why="{detail}; needed for `{url}`.",
        do="Check the address for its spelling. Behind a proxy or a firewall that opens TLS, it "
        "answers in the server's place: ask whoever runs it.",
    ),
    "tls-client": _Text(
        code="TE531",
        message="`{host}` wants a certificate of its user, and got none that it accepts.",
        why="{detail}; needed for `{url}`.",
        do="Name yours, with its key, by pip's `client-cert` or `client-cert` under `[sources]`.",
    ),
    "tls-protocol": _Text(
        code="TE428",
        message="There is no TLS that `{host}` and this machine have in common.",
        why="{detail}; needed for `{url}`.",
        do="Check port and scheme: an `http` server answers `https` like that. Otherwise the "
        "server knows TLS 1.1 and older only, which is not safe.",
    ),
    "proxy": _Text(
        code="TE429",
        message="The proxy for `{host}` failed.",
        why="{detail}; needed for `{url}`.",
        do="Check pip's `proxy` option and the variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, "
        "and whether the proxy asks for a user and password. `NO_PROXY` names hosts to reach "
        "without it.",
    ),
    "insecure": _Text(
        code="TE411",
        message="`{host}` is asked over plain HTTP and is not trusted.",
        why="Anybody on the way could exchange what `{url}` sends. As with pip, plain HTTP is "
        "accepted from this machine and from trusted hosts only.",
        do="Use `https`, or trust the host with pip's `trusted-host` option or `trusted-hosts` "
        "under `[sources]`.",
    ),
    "offline": _Text(
        code="TE532",
        message="`{url}` is not on this machine, and `--offline` asks nobody.",
        why="A lock is made from the pages of indexes; offline those count that an earlier lock of "
        "this machine read, and this one did not.",
        do="Run `torchenv lock` once without `--offline`, or bring the lock and its wheels with "
        "`torchenv bundle` from a machine that has a network.",
    ),
    "address": _Text(
        code="TE412",
        message="`{url}` cannot be used as an address.",
        why="{detail}.",
        do="Correct it where it is configured: `pip config debug` and `[sources]` show the places.",
    ),
    "missing": _Text(
        code="TE403",
        message="`{url}` does not exist.",
        why="It is a path on this machine that a source or lock names.",
        do="Check the path, and whether its disk is mounted.",
    ),
    "unreadable": _Text(
        code="TE402",
        message="`{url}` cannot be read.",
        why="{detail}.",
        do="Check the permissions of the path.",
    ),
}

_STATUS_REASONS: Final[dict[int, tuple[str, str]]] = {
    401: (
        "It wants a user and a password or token, and was given none that it accepts.",
        "Put them into the index URL of pip's configuration, `~/.netrc`, or pip's keyring.",
    ),
    403: (
        "It does not allow this. Some package servers answer so for what they do not have.",
        "Check the name, and the credentials in pip's configuration or `~/.netrc`.",
    ),
    404: ("It has nothing under that address.", "Check the index's address and the name."),
    410: (
        "What was under that address was removed for good.",
        "Choose another version, or another index.",
    ),
    429: ("It got too many requests from this network.", "Wait a while and try again."),
}


class NetworkError(WorldError):
    """A source failed; holds one finding."""

    def __init__(
        self,
        cause: Cause,
        url: str,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Keep the facts; credentials in ``url`` and ``detail`` are dropped here."""
        self.cause: Cause = cause
        self.url = mask(strip_credentials(url))
        self.status = status
        """HTTP status for the cause ``status``; 404 for a path that is missing; else None."""
        self.retry_after_s = retry_after_s
        """Seconds that the server asks to wait, where it does."""
        super().__init__(_finding(cause, self.url, mask(detail), status))

    @property
    def is_transient(self) -> bool:
        """Whether trying again may help."""
        return self.cause in _TRANSIENT or self.status in _TRANSIENT_STATUS

    @property
    def is_absent(self) -> bool:
        """Whether the server says that it does not have this: 404, 410, or a missing path.

        403 does not count, although PyTorch's index answers so for an unknown project: only the
        caller knows whether that is to be expected.
        """
        return self.status in {404, 410}


def _finding(cause: Cause, url: str, detail: str, status: int | None) -> Finding:
    text = _status_text(status) if cause == "status" and status is not None else _TEXTS[cause]
    fill = {"host": host_of(url) or url, "url": url, "detail": detail or "no details"}
    return Finding(
        code=text.code,
        message=text.message.format(**fill),
        why=text.why.format(**fill),
        do=text.do.format(**fill),
    )


def _status_text(status: int) -> _Text:
    if status == 407:  # noqa: PLR2004 - Proxy Authentication Required (RFC 9110, 15.5.8)
        return _TEXTS["proxy"]
    if status in _STATUS_REASONS:
        why, do = _STATUS_REASONS[status]
    elif status >= 500:  # noqa: PLR2004 - server errors (RFC 9110, 15.6)
        why, do = "The server failed.", _LATER
    else:
        why, do = "The server does not accept the request.", "Check the index's address."
    return _Text(
        code="TE402", message=f"`{{host}}` answered {status} for `{{url}}`.", why=why, do=do
    )
