"""The files of a generation: the list made when it was complete, and what differs from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner._quick import list_files

if TYPE_CHECKING:
    from provisioner.environment._layout import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Files that are not as they were when the generation was complete; paths, sorted."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Another kind, size or mtime."""
    added: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether every file is as it was."""
        return not (self.missing or self.changed or self.added)


def encode(listing: str) -> bytes:
    """Return a listing as the bytes of a manifest; names that are no UTF-8 keep their bytes."""
    return listing.encode("utf-8", "surrogateescape")


def manifest_digest(generation: Generation) -> str:
    """Return the sha256 of a generation's manifest.

    Raises:
        OSError: It cannot be read.
    """
    return hashlib.sha256(generation.manifest.read_bytes()).hexdigest()


def write_manifest(generation: Generation, listing: str) -> None:
    """Write the list of all files of a generation (``provisioner._quick``) into it.

    Raises:
        OSError: It cannot be written.
    """
    paths.write_atomic(generation.manifest, encode(listing))


def find_drift(generation: Generation) -> Drift:
    """Compare every file of a generation with its manifest: kind, size and mtime.

    Raises:
        OSError: The manifest or a folder cannot be read.
    """
    recorded = generation.manifest.read_bytes()
    listing = list_files(str(generation.folder))
    return Drift() if encode(listing) == recorded else compare(recorded, encode(listing))


def compare(recorded: bytes, found: bytes) -> Drift:
    """Compare two manifests; pure."""
    before, after = _by_path(recorded), _by_path(found)
    both = before.keys() & after.keys()
    return Drift(
        missing=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(path for path in both if before[path] != after[path])),
        added=tuple(sorted(after.keys() - before.keys())),
    )


def _by_path(manifest: bytes) -> dict[str, str]:
    r"""Split lines of ``path\tkind\tsize\tmtime``; a path may hold tabs, the rest never does."""
    text = manifest.decode("utf-8", "surrogateescape")
    split = (line.rsplit("\t", 3) for line in text.split("\n"))
    return {path: " ".join(facts) for path, *facts in split if facts}
