"""Wheels whose hash nobody states: fetched once, hashed, and remembered by their address.

A good part of PyTorch's index states no hash. Such a wheel can only be trusted on first use: what
arrived first is what locks name from then on.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner.findings import VerificationError, WorldError
from provisioner.network import NetworkError
from provisioner.store import _findings
from provisioner.store._part import Progress, write_part
from provisioner.store._types import WantedWheel
from provisioner.store._wheel import check_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.events import Reporter
    from provisioner.network import Client


def recall(folder: Path, url: str) -> WantedWheel | None:
    """Return what was learned earlier about the wheel at ``url``, if anything."""
    with suppress(OSError, ValueError, TypeError, VerificationError):
        return WantedWheel(**json.loads(_note(folder, url).read_bytes()))
    return None


def remember(folder: Path, wheel: WantedWheel) -> None:
    """Write down what was learned about a wheel.

    Raises:
        OSError: It cannot be written.
    """
    paths.write_atomic(_note(folder, wheel.url), json.dumps(asdict(wheel)).encode())


def receive(wheel: WantedWheel, part: Path, client: Client, reporter: Reporter) -> WantedWheel:
    """Write the bytes of a wheel to ``part`` and return the wheel with the hash that they have.

    Args:
        wheel: Name, address and size; its hash does not count.
        part: File to write.
        client: Fetches.
        reporter: Hears of the progress.

    Raises:
        WorldError: It cannot be had, or did not arrive whole (``TE502``).
        VerificationError: ``TE504``, it is not what its name says.
        OSError: The disk does not take it.
    """
    progress = Progress(wheel.name, reporter)
    reporter.download_started(1, wheel.size)
    try:
        with client.open(wheel.url) as download:
            try:
                received = write_part(download.blocks, part, wheel.size, progress)
            except NetworkError as exc:
                why = exc.findings[0].why
                found = _findings.incomplete(wheel, progress.received_bytes, why)
                raise WorldError(found) from exc
    finally:
        reporter.download_finished()
    if received.size != wheel.size:
        why = f"Its server announced {wheel.size} bytes."
        raise WorldError(_findings.incomplete(wheel, received.size, why))
    check_wheel(part, wheel)
    return replace(wheel, sha256=received.sha256)


def _note(folder: Path, url: str) -> Path:
    return folder / f"{sha256(url.encode()).hexdigest()}.json"
