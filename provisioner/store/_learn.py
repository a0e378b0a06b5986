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
from provisioner.store import _findings
from provisioner.store._answer import WrongFileError
from provisioner.store._fetch import (
    Board,
    Job,
    Missing,
    check_part,
    fetch_missing,
    held,
    transfer,
    wrong_file,
)
from provisioner.store._part import Progress
from provisioner.store._transfer import BrokenOffError
from provisioner.store._types import WantedWheel

if TYPE_CHECKING:
    from pathlib import Path


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


def receive(missing: Missing, job: Job) -> WantedWheel:
    """Bring the bytes of a wheel to its part and return the wheel with the hash that they have.

    Bytes of two connections or runs are joined only where the server names the state of its file.

    Args:
        missing: Name, address and size, and where the bytes go; its hash does not count.
        job: What fetches.

    Raises:
        WorldError: It cannot be had, or did not arrive whole (``TE502``).
        VerificationError: ``TE504``, it is not what its name says.
    """
    found: list[str] = []

    def fetch(one: Missing, job: Job, board: Board) -> None:
        found.append(_sha256(one, job, board))

    fetch_missing([missing], job, fetch)
    return replace(missing.wheel, sha256=found[0])


def _sha256(missing: Missing, job: Job, board: Board) -> str:
    wheel = missing.wheel
    progress = Progress(wheel.name, job.reporter)
    try:
        with held(missing, job):
            found = transfer(missing, job, board, progress, proven=False)
            check_part(missing)
            return found
    except BrokenOffError as exc:
        raise WorldError(_findings.incomplete(wheel, exc)) from exc
    except WrongFileError as exc:
        raise wrong_file(wheel, exc) from exc
    except OSError as exc:
        raise WorldError(_findings.disk_failure(job.root, exc)) from exc


def _note(folder: Path, url: str) -> Path:
    return folder / f"{sha256(url.encode()).hexdigest()}.json"
