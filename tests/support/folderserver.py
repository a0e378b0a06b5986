"""Serves a folder of files over HTTP, with listings, as the simplest server of files does."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from typing import TYPE_CHECKING

from tests.support.listener import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve the files of a folder and below within the block; yields its URL, without a slash."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *words: object) -> None:
            super().__init__(*words, directory=str(folder))  # type: ignore[arg-type]  # as inherited

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - inherited name
            """Say nothing."""

    listener = Listener(Handler)
    try:
        yield listener.url
    finally:
        listener.close()
