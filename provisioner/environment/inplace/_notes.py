"""What torchenv applied in place last: the lock, the proof, and every file with size and time."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from provisioner import paths
from provisioner.environment._state import Proof  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The file ``torchenv-in-place.json``."""

    content: str
    """Digest of what the lock asks to be installed (``content_digest``)."""
    proof: Proof
    files: dict[str, tuple[int, int]]
    """(size, mtime in nanoseconds) by absolute path, of all files of locked packages."""

    def is_as_noted(self) -> bool:
        """Whether every file still has its size and time."""
        return facts_of(self.files) == self.files


def facts_of(files: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return size and time of each file that is there."""
    found = {}
    for path in files:
        try:
            stat = os.lstat(path)
        except OSError:
            continue
        found[path] = (stat.st_size, stat.st_mtime_ns)
    return found


def write_notes(file: Path, notes: Notes) -> None:
    """Write the notes.

    Raises:
        OSError: They cannot be written.
    """
    content = {"format": _FORMAT, **asdict(notes)}
    paths.write_atomic(file, json.dumps(content).encode() + b"\n")


def read_notes(file: Path) -> Notes | None:
    """Read notes; None where there are none that can be read."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - 60 ms

    try:
        content = json.loads(file.read_bytes())
        if content.pop("format") != _FORMAT:
            return None
        return TypeAdapter(Notes).validate_python(content)
    except (OSError, ValueError, KeyError, AttributeError, ValidationError):
        return None
