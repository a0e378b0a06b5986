"""The state of a folder as a value: for tests that say "nothing changed"."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def tree_state(folder: Path) -> dict[str, str]:
    """Return what is at each path below ``folder``, and at ``.`` for itself.

    Files by permissions and hash, links by where they lead, folders by permissions; times do not
    count. An absent folder gives an empty dictionary.
    """
    if not os.path.lexists(folder):
        return {}
    paths = [folder]
    if folder.is_dir() and not folder.is_symlink():
        paths += sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): _state(path) for path in paths}


def _state(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    mode = f"{path.stat().st_mode & 0o7777:o}"
    if path.is_dir():
        return f"folder {mode}"
    return f"file {mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"
