"""``torchenv init``: a first spec, made from nothing or from what is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.findings import Finding, SpecError, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from pathlib import Path


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        SpecError: Something is there already (``TE891``); it is left as it is.
        WorldError: It cannot be written (``TE893``).
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise SpecError(
            Finding(
                code="TE891",
                message=f"`{display(path)}` is there already.",
                why="A spec that somebody wrote is never written over.",
                do="Move it away, or name another file.",
            )
        ) from exc
    except OSError as exc:
        raise WorldError(
            Finding(
                code="TE893",
                message=f"`{display(path)}` cannot be written.",
                why=f"The system says: {exc.strerror or exc}.",
                do="Make the folder writable, or name another file.",
            )
        ) from exc
