"""Installing exactly the locked wheels, from files, by the engine.

The engine gets a throwaway lock (PEP 751) in which every package is one file with its hash. So it
resolves nothing, asks no index, builds nothing, and checks every hash itself; no variable or
setting of the user can lift that.

``_unpacked`` says where the engine unpacks the wheels, and how their files get here.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provisioner.engine import Engine
from provisioner.environment._os_errors import disk_full
from provisioner.findings import Finding, TorchenvError, VerificationError, WorldError
from provisioner.process import ProcessFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.environment._unpacked import LinkMode
    from provisioner.events import Reporter
    from provisioner.lockfile import LockedPackage

_FLAGS: Final = (
    "--offline",
    "--no-index",
    "--no-build",
    "--preview-features",
    "pylock",
)
_FULL: Final = re.compile(rf"os error ({errno.ENOSPC}|{errno.EDQUOT})\b")
"""How the engine ends a message about a full disk or quota."""
_LAST_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is to be installed where."""

    packages: Sequence[LockedPackage]
    """All that is to be there afterwards."""
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    generation: Generation
    cache: Path
    """The engine's."""
    mode: LinkMode
    """How files reach the generation; with ``copy`` the cache lies in it, and they are linked."""
    reinstall: tuple[str, ...] = ()
    """Names of packages to be installed anew where they are already."""


def install(installation: Installation, environ: Mapping[str, str], reporter: Reporter) -> None:
    """Install the locked packages into a generation.

    Args:
        installation: What, and where to.
        environ: The caller's environment variables.
        reporter: Hears what the engine says.

    Raises:
        VerificationError: A wheel in the store does not match its hash (``TE501``).
        WorldError: The disk is full (``TE503``), or the engine failed otherwise (``TE604``).
        OSError: The throwaway lock cannot be written.
    """
    generation = installation.generation
    throwaway = generation.building / "pylock.toml"
    throwaway.write_text(throwaway_lock(installation), encoding="utf-8")
    engine = Engine(cache=installation.cache, environ=environ)
    link_mode = "hardlink" if installation.mode == "copy" else installation.mode
    flags = [*_FLAGS, "--link-mode", link_mode]
    for name in installation.reinstall:
        flags += ["--reinstall-package", name]
    try:
        engine.run(
            ["pip", "sync", throwaway, "--python", generation.python, *flags],
            on_stderr=reporter.detail,
        )
    except ProcessFailedError as exc:
        raise install_error(installation, exc) from exc
    throwaway.unlink()


def throwaway_lock(installation: Installation) -> str:
    """Return a PEP 751 file in which every package is a local wheel."""
    # Imported late: only building needs it.
    from provisioner.lockfile import render_by_path  # noqa: PLC0415

    wheels = installation.wheels
    chosen = [replace(one, wheels=(one.wheel,)) for one in installation.packages]
    return render_by_path(chosen, lambda wheel: str(wheels[wheel.sha256]))


def install_error(installation: Installation, exc: ProcessFailedError) -> TorchenvError:
    """Word what the engine failed with."""
    said = exc.completed.stderr
    if _FULL.search(said):
        return WorldError(disk_full(installation.generation.folder))
    changed = [_hash_mismatch(path) for path in _changed_wheels(installation)]
    if changed:
        return VerificationError(changed)
    last = "\n".join([line for line in said.splitlines() if line.strip()][-_LAST_LINES:])
    finding = Finding(
        code="TE604",
        message="Installing the wheels failed.",
        why=f"The engine (`uv`, {exc.reason}) said:\n{last}",
        do="If a wheel is at fault, lock again; if the machine is, mend it and run the same "
        "command again. The old environment is untouched.",
    )
    # Imported late: a no-op never fails.
    from provisioner.diagnosis.own import with_cause, with_log  # noqa: PLC0415

    return WorldError(with_log(with_cause(finding, said), said, quoted_lines=_LAST_LINES))


def _changed_wheels(installation: Installation) -> list[Path]:
    """Return the wheels that are no longer what was verified a moment ago.

    The engine checks every hash too, but a damaged wheel often fails to unpack before that.
    """
    from provisioner.store import sha256_of  # noqa: PLC0415 - urllib3, not for a no-op

    wheels = sorted(installation.wheels.items())
    return [path for sha256, path in wheels if sha256_of(path) != sha256]


def _hash_mismatch(path: Path) -> Finding:
    return Finding(
        code="TE501",
        message=f"`{path.name}` in the store does not match its hash.",
        why=f"`{path}` was changed after it was verified.",
        do="Run the same command again: a damaged wheel is fetched anew. If this comes back, check "
        "the disk and the memory of this machine.",
    )
