"""What comes from a server or a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole answer of moderate size, such as a page of an index."""

    url: str
    """Where it came from in the end, after redirects and without credentials: what the links on
    it are relative to."""
    content_type: str
    """As the server says; made up from the name for a file."""
    body: bytes = field(repr=False)
    """Without content encoding (gzip)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A transfer under way."""

    url: str
    """Where it comes from in the end, without credentials."""
    start: int
    """Offset of the first byte: the one asked for, or 0 from a server that knows no ranges."""
    length: int | None
    """Bytes that are to come, or None where the server does not say."""
    partial: bool = False
    """Whether a range was asked for and is what comes: a server that knows ranges."""
    total: int | None = None
    """Size of the whole file in bytes, or None where the server does not say."""
    validator: str | None = None
    """What names this state of the file: a strong ``ETag``, else ``Last-Modified``, else None."""
    content_type: str = ""
    """As the server says."""
    blocks: Iterator[bytes] = field(repr=False)
    """The bytes, in pieces as they arrive. Raises ``NetworkError`` when they stop too early."""
    cut: Callable[[], None] = field(default=lambda: None, repr=False)
    """Ends the transfer from another thread; reading then fails or ends early."""
