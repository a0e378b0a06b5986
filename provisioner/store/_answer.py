"""Whether what a server sends can be the wanted file, as far as its head tells."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.network import Download

HEAD_BYTES: Final = 512
"""What is kept of a wrong file, to say what it is."""
_ZIP: Final = b"PK"


class WrongFileError(Exception):
    """What the server has is not the wanted file."""

    def __init__(self, size: int | None, head: bytes) -> None:
        """Keep what was seen.

        Args:
            size: Bytes that it has, or None where it has more than are wanted or does not say.
            head: Its first bytes.
        """
        super().__init__(size)
        self.size = size
        self.head = head

    @property
    def is_page(self) -> bool:
        """Whether a web page came, as a proxy or a sign-in page sends it in place of a file."""
        return self.head.lstrip().lower().startswith((b"<!doctype html", b"<html"))


def judged(download: Download, size: int) -> Iterator[bytes]:
    """Return the blocks of an answer that may be a wheel of ``size`` bytes, or a part of it.

    Raises:
        WrongFileError: It has another size, or is a web page.
    """
    blocks = iter(download.blocks)
    is_page = download.content_type.startswith("text/html") and not download.partial
    if download.total in {None, size} and not is_page:
        return blocks
    head = next(blocks, b"")
    if download.total in {None, size} and head.startswith(_ZIP):
        return chain([head], blocks)  # a wheel, whatever the server calls it
    raise WrongFileError(download.total, head[:HEAD_BYTES])
