"""Moving files aside and others into their place, so that it can be undone at any moment.

Beforehand a journal says all that will be moved, and is on the disk (``fsync``) before the first
move. Then every old file is moved aside, every new one into its place, each by one rename within
one file system. Folders are never moved: overlay file systems, as containers have, refuse that for
folders of their lower layers. When all is checked, ``commit`` is added to the journal.

Whoever comes after a kill finds the journal. Without ``commit`` everything is moved back: first the
new files out of their places, all of them, then the old ones into theirs; which moves were made is
seen by which files are there, so that undoing can itself be killed and begun again. With it, what
was moved aside is removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from provisioner.environment._disk import flush_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COMMIT: Final = b"commit\n"
Recovered = Literal["undone", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What a transaction moves; absolute paths."""

    aside: tuple[str, ...]
    """Old files."""
    place: tuple[tuple[str, str], ...]
    """(where a new file was prepared, where it goes)"""


class Transaction:
    """One transaction in a folder of its own, on the file system of all that it moves."""

    def __init__(self, folder: Path) -> None:
        """Do nothing yet."""
        self.folder = folder
        self.stage = folder / "new"
        """Where new files are prepared."""
        self.scratch = folder / "scratch"
        """What is needed to prepare them."""
        self._old = folder / "old"
        self._journal = folder / "journal"

    def run(self, moves: Moves) -> None:
        """Write the journal and make the moves.

        Raises:
            OSError: A move failed; :meth:`recover` undoes the others.
        """
        self._old.mkdir()
        self._write_journal(moves)
        for number, path in enumerate(moves.aside):
            with contextlib.suppress(FileNotFoundError):  # RECORD may name what is not there
                os.rename(path, self._old / str(number))  # noqa: PTH104 - thousands of times
        for folder in sorted({os.path.dirname(path) for _, path in moves.place}):  # noqa: PTH120
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
        for prepared, path in moves.place:
            os.rename(prepared, path)  # noqa: PTH104 - as above

    def commit(self) -> None:
        """Make the new state the one that a kill leaves.

        Raises:
            OSError: It cannot be written; the old state is still the one.
        """
        with self._journal.open("ab") as file:
            file.write(_COMMIT)
            file.flush()
            os.fsync(file.fileno())

    def recover(self) -> Recovered | None:
        """Undo or finish what a killed or failed transaction left; None where there is nothing.

        Raises:
            OSError: A file cannot be moved back; nothing is lost, and it can be tried again.
        """
        moves, is_committed = self._read_journal()
        if moves is None:
            self.clear()
            return None
        if not is_committed:
            self._undo(moves)
        self._remove_empty_folders(moves, new=not is_committed)
        self.clear()
        return "finished" if is_committed else "undone"

    def clear(self) -> None:
        """Remove all that is prepared or was moved aside; the journal first, in one step."""
        self._journal.unlink(missing_ok=True)
        for folder in (self._old, self.stage, self.scratch):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def is_open(self) -> bool:
        """Whether a transaction was begun and neither undone nor finished."""
        return self._journal.exists()

    def _undo(self, moves: Moves) -> None:
        for prepared, path in moves.place:
            if not os.path.lexists(prepared):
                os.rename(path, prepared)  # noqa: PTH104 - thousands of times
        for number, path in enumerate(moves.aside):
            old = self._old / str(number)
            if os.path.lexists(old):
                os.rename(old, path)  # noqa: PTH104 - as above

    def _remove_empty_folders(self, moves: Moves, *, new: bool) -> None:
        """Remove the folders that the moves emptied."""
        paths = [path for _, path in moves.place] if new else moves.aside
        for folder in sorted({os.path.dirname(path) for path in paths}, key=len, reverse=True):  # noqa: PTH120
            _remove_upwards(folder)

    def _write_journal(self, moves: Moves) -> None:
        line = json.dumps({"aside": moves.aside, "place": moves.place}).encode() + b"\n"
        with self._journal.open("wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        flush_names(self.folder)

    def _read_journal(self) -> tuple[Moves | None, bool]:
        """Return the moves and whether they are committed; no moves where none was made."""
        try:
            first, *rest = self._journal.read_bytes().splitlines(keepends=True) or [b""]
        except FileNotFoundError:
            return None, False
        if not first.endswith(b"\n"):
            return None, False  # killed while it was written: before the first move
        content = json.loads(first)
        place = tuple((prepared, path) for prepared, path in content["place"])
        return Moves(aside=tuple(content["aside"]), place=place), _COMMIT in rest


def moves_of(old: Iterable[str], new: Iterable[tuple[str, str]]) -> Moves:
    """Return the moves that replace old files by new ones; pure but for asking what is there.

    What is in the place of a new file is moved aside too, and so is the byte code of old sources.
    """
    place = tuple(sorted(new, key=lambda move: move[1]))
    paths = set(old) | {path for _, path in place}
    paths |= {cached for path in paths for cached in _byte_code_of(path)}
    return Moves(aside=tuple(sorted(path for path in paths if os.path.lexists(path))), place=place)


def _byte_code_of(source: str) -> list[str]:
    folder, name = os.path.split(source)
    if not name.endswith(".py"):
        return []
    cache = f"{folder}/__pycache__"
    start = f"{name.removesuffix('.py')}."
    with contextlib.suppress(OSError):
        names = os.listdir(cache)  # noqa: PTH208 - thousands of times
        return [f"{cache}/{one}" for one in names if one.startswith(start) and one[-4:] == ".pyc"]
    return []


def _remove_upwards(folder: str) -> None:
    """Remove a folder and those above it as long as they are empty."""
    with contextlib.suppress(OSError):
        while True:
            os.rmdir(folder)  # noqa: PTH106 - as above
            folder = os.path.dirname(folder)  # noqa: PTH120 - as above
