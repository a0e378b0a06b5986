"""The pointer file, by which the next ``torchenv apply`` with nothing to do is decided at once.

``provisioner._entry`` reads it: ``key value`` lines, with everything that must still be as it was.
It is a hint and never the truth: without it, or where anything differs, the whole program decides.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner._quick import POINTER_FORMAT, list_installed, pointer_path
from provisioner._version import __version__
from provisioner.environment._drift import manifest_digest
from provisioner.environment._layout import mark_folder

if TYPE_CHECKING:
    from provisioner.environment._layout import Generation, Layout
    from provisioner.environment._state import State
    from provisioner.lockfile import Lock
    from provisioner.spec import Spec


def summarise(lock: Lock) -> str:
    """Return what an environment is, in a few words: ``torch 2.13.0+cpu, Python 3.11, cpu``."""
    torch = lock.trio[0]
    return f"torch {torch.version}, Python {lock.target.python}, {torch.accelerator}"


def write_pointer(
    spec: Spec, lock: Lock, layout: Layout, generation: Generation, state: State
) -> None:
    """Write the pointer file of a spec whose environment is right; where that fails, do without.

    Nothing is written where the spec or a template is no longer what ``spec`` was read from, which
    may be an hour ago.
    """
    with contextlib.suppress(OSError):
        own, *templates = spec.inputs
        if any(_digest(one.path) != one.sha256 for one in spec.inputs):
            return
        facts = {
            "version": __version__,
            "spec": str(spec.file),
            "spec-sha256": own.sha256,
            "asked-for": spec.asked_for or "",
            **{f"template-{at}": f"{one.sha256} {one.path}" for at, one in enumerate(templates)},
            "lock": str(lock.file),
            "lock-sha256": lock.digest,
            "link": str(layout.link),
            "target": layout.target(generation.number),
            "python": state.python.path,
            "python-stat": f"{state.python.size} {state.python.mtime_ns}",
            "files-sha256": manifest_digest(generation),
            **_installed_facts(generation),
            "summary": summarise(lock),
        }
        if any("\n" in value for value in facts.values()):
            return
        lines = [POINTER_FORMAT, *(f"{key} {value}" for key, value in facts.items()), ""]
        pointer = Path(pointer_path(str(spec.file)))
        pointer.parent.mkdir(exist_ok=True)
        mark_folder(pointer.parent)
        paths.write_atomic(pointer, os.fsencode("\n".join(lines)))


def _installed_facts(generation: Generation) -> dict[str, str]:
    """Return where packages are installed, and a digest of which; for ``torchenv run``."""
    site = generation.site_packages()[0]
    listing = list_installed(str(site)).encode("utf-8", "surrogateescape")
    return {
        "site": str(site.relative_to(generation.folder.resolve())),
        "installed-sha256": hashlib.sha256(listing).hexdigest(),
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
