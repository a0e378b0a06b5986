"""Where everything of an environment lies.

For the environment ``project/.venv``::

    project/.venv -> .torchenv/.venv/0002      the path that the user names: a relative link
    project/.torchenv/.gitignore               keeps all of this out of git
    project/.torchenv/CACHEDIR.TAG             ... and out of backups
    project/.torchenv/torchenv.quick           pointer file of the spec `torchenv.toml`
    project/.torchenv/.venv/0001/              a generation: a whole virtual environment
    project/.torchenv/.venv/0002/              the current one
    project/.torchenv/.venv/0000-kept-1/       made by another tool, found at `.venv`, kept aside
    project/.torchenv/.venv/unpacked/          unpacked wheels, where the store is on another disk
    project/.torchenv/.venv/history.jsonl    what it was, and when
    project/.torchenv/.venv/last-generation    the last number that was given out
    project/.torchenv/.venv/lock               locked while an apply works
    project/.torchenv/.venv/lock-holder        who that is, for the one who waits
    project/.torchenv/.venv/lock-link          the lock where the file system cannot lock files

A generation is built at its final path and never moves, so that what was started from it keeps
working, and numbers only grow: whatever still writes into a generation that was given up (an engine
that outlived a killed apply) can never meet a new one.

In a generation, beside what belongs to any virtual environment::

    .building/               there while it is incomplete; holds the throwaway lock and the
                             engine's cache of this one installation
    torchenv-state.json      what it was made from, and the proof (``State``)
    torchenv-made.txt        hashes of the files that are in no wheel (``_expected``)
    torchenv-files.txt       every file with kind, size and mtime (``provisioner._quick``)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner import paths
from provisioner._quick import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

BESIDE: Final = "unpacked"
"""Name of the cache of unpacked wheels beside the generations."""
_NUMBER: Final = re.compile(r"\d{4,}")
_GITIGNORE: Final = b"*\n"
_CACHEDIR_TAG: Final = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# Environments made by torchenv; every one can be made again from its lock.\n"
    b"# See https://bford.info/cachedir/\n"
)
_MARKS: Final = {".gitignore": _GITIGNORE, "CACHEDIR.TAG": _CACHEDIR_TAG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One numbered folder."""

    number: int
    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter by the generation's own path."""
        return self.folder / "bin" / "python"

    @property
    def building(self) -> Path:
        """The folder that exists while the generation is incomplete."""
        return self.folder / ".building"

    @property
    def state_file(self) -> Path:
        """What the generation was made from."""
        return self.folder / "torchenv-state.json"

    @property
    def manifest(self) -> Path:
        """The list of its files."""
        return self.folder / MANIFEST

    @property
    def made(self) -> Path:
        """Hashes of the files that no wheel vouches for."""
        return self.folder / "torchenv-made.txt"

    @property
    def is_complete(self) -> bool:
        """Whether it was built to its end."""
        return self.manifest.is_file() and not self.building.exists()

    def site_packages(self) -> tuple[Path, ...]:
        """Folders with installed packages; several where ``lib64`` is not a link to ``lib``."""
        found = {path.resolve() for path in self.folder.glob("lib*/python3*/site-packages")}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one environment; nothing here touches the disk unless its name says so."""

    link: Path
    """The environment's path, absolute."""

    @property
    def folder(self) -> Path:
        """``.torchenv`` beside the environment."""
        return self.link.parent / ".torchenv"

    @property
    def root(self) -> Path:
        """Where this environment's generations are."""
        return self.folder / self.link.name

    @property
    def unpacked(self) -> Path:
        """Wheels that were unpacked here, where the store is on another file system."""
        return self.root / BESIDE

    @property
    def lock_file(self) -> Path:
        """Locked while an apply works."""
        return self.root / "lock"

    @property
    def holder_file(self) -> Path:
        """Who holds the lock."""
        return self.root / "lock-holder"

    @property
    def new_link(self) -> Path:
        """The link while it is being made, beside the environment.

        A rename needs one file system, and ``.torchenv`` may be a link to another one.
        """
        return self.link.parent / f".{self.link.name}.torchenv-new"

    def generation(self, number: int) -> Generation:
        """Return generation ``number``, whether it exists or not."""
        return Generation(number=number, folder=self.root / f"{number:04d}")

    def target(self, number: int) -> str:
        """Return the text of the link that leads to generation ``number``."""
        return f".torchenv/{self.link.name}/{number:04d}"

    def number_of(self, target: str) -> int | None:
        """Return the number of the generation that a link leads to, None for other links."""
        folder, _, name = target.rpartition("/")
        is_ours = folder == f".torchenv/{self.link.name}" and _NUMBER.fullmatch(name) is not None
        return int(name) if is_ours else None

    def iter_numbers(self) -> list[int]:
        """Return the numbers of the generations on disk, complete or not, smallest first."""
        try:
            found = [path for path in self.root.iterdir() if _NUMBER.fullmatch(path.name)]
        except FileNotFoundError:
            return []
        # A link leads from a generation that was removed to the environment.
        return sorted(int(path.name) for path in found if not path.is_symlink())

    def next_number(self) -> int:
        """Give out a number that was never used before, and remember it on disk.

        Raises:
            OSError: It cannot be written down.
        """
        counter = self.root / "last-generation"
        text = counter.read_text(encoding="ascii").strip() if counter.exists() else "0"
        last = int(text) if text.isdigit() else 0
        number = max([last, *self.iter_numbers()]) + 1
        paths.write_atomic(counter, f"{number}\n".encode())
        return number

    def create_root(self) -> None:
        """Make the folders and the files that keep them out of git and of backups.

        Raises:
            OSError: They cannot be written.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        mark_folder(self.folder)


def mark_folder(folder: Path) -> None:
    """Write ``.gitignore`` and ``CACHEDIR.TAG`` into a ``.torchenv`` folder that lacks them.

    Raises:
        OSError: They cannot be written.
    """
    for name, content in _MARKS.items():
        if not (folder / name).exists():
            paths.write_atomic(folder / name, content)


def holds_marks_only(folder: Path) -> bool:
    """Whether a folder is there and has nothing but what :func:`mark_folder` writes, or began to.

    Raises:
        OSError: It cannot be read.
    """
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else None
    return names is not None and all(_is_mark(name) for name in names)


def _is_mark(name: str) -> bool:
    begun = (name.startswith(f".{mark}.") and name.endswith(".tmp") for mark in _MARKS)
    return name in _MARKS or any(begun)


def remove_marked(folder: Path) -> None:
    """Remove a ``.torchenv`` folder in which nothing of anybody is left.

    Raises:
        OSError: It cannot be written.
    """
    if holds_marks_only(folder):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
