"""Parts of files over HTTP: what to ask for, what an answer says (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.network._failures import NetworkError
from provisioner.network._types import Download
from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from provisioner.network._transport import Reply

_PARTIAL_CONTENT: Final = 206
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def range_headers(start: int, end: int | None, validator: str | None) -> dict[str, str]:
    """Return the headers that ask for bytes ``start`` to ``end``; none for the whole file."""
    if start == 0 and end is None:
        return {}
    last = "" if end is None else end - 1
    headers = {"Range": f"bytes={start}-{last}"}
    if validator is not None:
        headers["If-Range"] = validator
    return headers


def download_of(reply: Reply, start: int) -> Download:
    """Return the transfer that an answer begins.

    Args:
        reply: The answer to a request for a whole file or for a range that begins at ``start``.
        start: Offset of the first byte that was asked for.

    Raises:
        NetworkError: ``ranges``, it is another range.
    """
    partial = reply.status == _PARTIAL_CONTENT
    total = reply.length
    if partial:
        found = _CONTENT_RANGE.fullmatch(reply.header("Content-Range").strip())
        if found is None or int(found[1]) != start:
            said = reply.header("Content-Range") or "nothing"
            why = f"The bytes from {start} on were asked for, and it calls what it sends `{said}`"
            raise NetworkError("ranges", reply.url, why)
        total = int(found[3]) if found[3].isdecimal() else None
    return Download(
        url=strip_credentials(reply.url),
        start=start if partial else 0,
        length=reply.length,
        partial=partial,
        total=total,
        validator=validator_of(reply.header("ETag"), reply.header("Last-Modified")),
        content_type=reply.header("Content-Type"),
        blocks=reply.blocks(decode=False),
        cut=reply.cut,
    )


def validator_of(etag: str, last_modified: str) -> str | None:
    """Return what ``If-Range`` may carry: a strong ``ETag``, else a date, else None.

    A weak ``ETag`` stands for "much the same", which is not enough for joining bytes.
    """
    if etag.startswith('"'):
        return etag
    return last_modified or None
