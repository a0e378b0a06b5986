"""What a generation says about itself: made from which lock, with which Python, proven how.

The state is written once, when the generation is complete, and never changed. Generations of older
torchenv versions stay readable: ``schema`` grows when the meaning changes, and a state that cannot
be read counts as unknown, which makes apply build anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from provisioner.planner import (  # noqa: TC001 - pydantic reads the annotations
    ChosenBuild,
    Target,
)

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.lockfile import Lock

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One installed package."""

    name: str
    """Normalised name."""
    version: str
    sha256: str
    """Of its wheel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePython:
    """The interpreter that a generation was made from, so that an upgrade of it is noticed."""

    path: str
    version: str
    free_threaded: bool
    size: int
    """Bytes of the executable."""
    mtime_ns: int

    def is_unchanged(self) -> bool:
        """Whether the executable is still the same file, by size and time."""
        from pathlib import Path  # noqa: PLC0415 - at the top it is for annotations only

        try:
            stat = Path(self.path).stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was seen from inside the environment."""

    versions: tuple[tuple[str, str], ...]
    """(trio member, ``__version__``)."""
    build: str | None
    """``torch.version.cuda``, ``.hip`` or ``.xpu``; None for a CPU build."""
    operations: tuple[str, ...]
    """What was computed with the right result: ``tensor``, ``torchvision.ops.nms``."""
    gpus: int
    """GPUs that torch can use here."""
    notes: tuple[str, ...] = ()
    """What could not be checked, and why."""
    blamed: tuple[str, ...] = ()
    """Variables of the caller with which the proof fails, and without which it passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state file of one generation."""

    schema: Literal[1] = SCHEMA
    torchenv: str
    """Version of torchenv that made it."""
    created: str
    """When, ISO 8601 in UTC."""
    path: str
    """The generation's own path: a copied or moved environment does not work."""
    spec_digest: str
    lock_digest: str
    content: str
    """Digest of what the lock asks to be installed (:func:`content_digest`)."""
    target: Target
    trio: tuple[ChosenBuild, ...]
    python: BasePython
    packages: tuple[Package, ...]
    """Sorted by name."""
    proof: Proof
    made: str | None = None
    """sha256 of the list of files that no wheel vouches for; None of an older torchenv."""
    link_mode: Literal["clone", "hardlink", "copy"] = "copy"
    """How its files came from the cache of unpacked wheels."""


def locked_packages(lock: Lock) -> tuple[Package, ...]:
    """Return what a lock asks to be installed, sorted by name."""
    return tuple(
        Package(name=package.name, version=package.version, sha256=package.wheel.sha256)
        for package in sorted(lock.packages, key=lambda package: package.name)
    )


def content_digest(lock: Lock) -> str:
    """Return a digest of all that a lock says about an environment.

    Two locks that differ in anything else (URLs, constraints, reasons) make the same environment.
    """
    by_hash = replace(lock, packages=lock.hashed)
    packages = [asdict(package) for package in locked_packages(by_hash)]
    trio = [asdict(build) for build in lock.trio]
    content: dict[str, object] = {
        "packages": packages,
        "target": asdict(lock.target),
        "trio": trio,
    }
    if lock.sources:
        content["sources"] = [asdict(source) for source in lock.sources]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def render_state(state: State) -> bytes:
    """Return the state as the bytes of its file."""
    return (json.dumps(asdict(state), indent=1) + "\n").encode()


def read_state(file: Path) -> State | None:
    """Read a state file; None where it is missing, damaged or of a version that is not known."""
    # Imported late: 60 ms that `apply` with a matching pointer file does not pay.
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    try:
        return TypeAdapter(State).validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
