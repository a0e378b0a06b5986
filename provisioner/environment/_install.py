"""Installing exactly the locked wheels, from files, by the engine.

The engine gets a throwaway lock (PEP 751) in which every package is one file with its hash. So it
resolves nothing, asks no index, builds nothing, and checks every hash itself; no variable or
setting of the user can lift that.

Files are copied, never hard linked: a hard link shares its bytes with the engine's cache and with
every other environment, so that one damaged file damages all of them, and a re-install brings the
damage back (uv 0.13). Where the file system can share blocks between copies (XFS, Btrfs, APFS), the
copy is one of those and costs next to nothing. Elsewhere the real torch 2.13.0+cpu (12,200 files,
700 MB) was copied in 1 s on tmpfs and in 3 to 9 s on ext4 in a virtual machine of two cores, where
hard links take 1 s.
"""

from __future__ import annotations

import errno
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.environment._os_errors import disk_full
from provisioner.findings import Finding, TorchenvError, VerificationError, WorldError
from provisioner.process import ProcessFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.engine import Engine
    from provisioner.environment._layout import Generation
    from provisioner.events import Reporter
    from provisioner.lockfile import Lock

_FLAGS: Final = (
    "--link-mode",
    "copy",
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

    lock: Lock
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    generation: Generation
    use_cache: bool = True
    """False makes the engine unpack every wheel anew."""


def install(engine: Engine, installation: Installation, reporter: Reporter) -> None:
    """Install the locked packages into an empty generation.

    Raises:
        VerificationError: A wheel in the store does not match its hash (``TE501``).
        WorldError: The disk is full (``TE503``), or the engine failed otherwise (``TE604``).
        OSError: The throwaway lock cannot be written.
    """
    generation = installation.generation
    throwaway = generation.building / "pylock.toml"
    throwaway.write_text(_throwaway_lock(installation), encoding="utf-8")
    cache = () if installation.use_cache else ("--no-cache",)
    try:
        engine.run(
            ["pip", "sync", throwaway, "--python", generation.python, *_FLAGS, *cache],
            on_stderr=reporter.detail,
        )
    except ProcessFailedError as exc:
        raise _install_error(installation, exc) from exc
    throwaway.unlink()


def _throwaway_lock(installation: Installation) -> str:
    """Return a PEP 751 file in which every package is a local wheel."""
    # Imported late: only building needs them.
    import tomlkit  # noqa: PLC0415
    from packaging.pylock import Package, PackageWheel, Pylock  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415
    from packaging.version import Version  # noqa: PLC0415

    packages = [
        Package(
            name=canonicalize_name(package.name),
            version=Version(package.version),
            wheels=[
                PackageWheel(
                    name=package.wheel.name,
                    path=str(installation.wheels[package.wheel.sha256]),
                    size=package.wheel.size,
                    hashes={"sha256": package.wheel.sha256},
                )
            ],
        )
        for package in installation.lock.packages
    ]
    lock = Pylock(lock_version=Version("1.0"), created_by="torchenv", packages=packages)
    return tomlkit.dumps(lock.to_dict())


def _install_error(installation: Installation, exc: ProcessFailedError) -> TorchenvError:
    """Word what the engine failed with."""
    said = exc.completed.stderr
    if _FULL.search(said):
        return WorldError(disk_full(installation.generation.folder))
    changed = [_hash_mismatch(path) for path in _changed_wheels(installation)]
    if changed:
        return VerificationError(changed)
    last = "\n".join([line for line in said.splitlines() if line.strip()][-_LAST_LINES:])
    return WorldError(
        Finding(
            code="TE604",
            message="Installing the wheels failed.",
            why=f"The engine (`uv`, {exc.reason}) said:\n{last}",
            do="If a wheel is at fault, lock again; if the machine is, mend it and run the same "
            "command again. The old environment is untouched.",
        )
    )


def _changed_wheels(installation: Installation) -> list[Path]:
    """Return the wheels that are no longer what was verified when they were fetched.

    The engine checks every hash too, but a damaged wheel often fails to unpack before that.
    """
    return [path for sha256, path in sorted(installation.wheels.items()) if _sha256(path) != sha256]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(2**20), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _hash_mismatch(path: Path) -> Finding:
    return Finding(
        code="TE501",
        message=f"`{path.name}` in the store does not match its hash.",
        why=f"`{path}` was changed after it was fetched and verified.",
        do="Remove that file and run the same command again: it is fetched anew. If this comes "
        "back, check the disk of this machine.",
    )
