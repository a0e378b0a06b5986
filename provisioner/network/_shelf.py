"""Pages and sizes that servers sent, kept for a time without a network.

Each is a file of its own, named by the hash of what was asked: a line of JSON, then the body. It is
written beside its place and moved there; one that is not as long as its first line says counts as
none, since nothing here is worth waiting for the disk.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from provisioner.network._types import Page
from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from pathlib import Path

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of pages; thread-safe. What it cannot write or read it does without."""

    folder: Path

    def keep(self, url: str, accept: str, page: Page) -> None:
        """Keep the answer to ``url``."""
        head = {"url": page.url, "type": page.content_type, "bytes": len(page.body)}
        path = self._path(url, accept)
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(head).encode() + b"\n" + page.body)
            os.replace(name, path)  # noqa: PTH105 - a name, as mkstemp gives it

    def find(self, url: str, accept: str) -> Page | None:
        """Return the last answer to ``url``, None where there is none."""
        try:
            line, _, body = self._path(url, accept).read_bytes().partition(b"\n")
            head = json.loads(line)
            if head["bytes"] != len(body):
                return None
            return Page(url=head["url"], content_type=head["type"], body=body)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, url: str, accept: str) -> Path:
        asked = f"{strip_credentials(url)}\n{accept}"
        return self.folder / sha256(asked.encode()).hexdigest()


def prune_pages(folder: Path, days: float) -> None:
    """Remove pages that are older than some days, and what a killed process began."""
    with suppress(OSError):
        for path in folder.iterdir():
            if time.time() - path.stat().st_mtime >= days * _DAY_S:
                path.unlink()
