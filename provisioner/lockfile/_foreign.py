"""Reading a lock of another tool, as far as it says which versions were chosen.

``uv pip compile --format pylock.toml`` lists all wheels of a version, ``pip lock`` the one that it
would install; neither says for which accelerator. So that is taken from torch's own version and
index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name, parse_wheel_filename

from provisioner.findings import Finding, VerificationError, Where, WorldError
from provisioner.lockfile._read import parse_lock, unreadable, validate_lock
from provisioner.lockfile._trust import LockTrust, untrusted_places
from provisioner.lockfile._write import LOCK_VERSION
from provisioner.paths import display
from provisioner.urls import file_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ACCELERATORS: Final = ("cpu", "cu", "rocm", "xpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPackage:
    """One package of a lock of another tool."""

    name: str
    """Normalised."""
    version: str | None
    """None for a source tree, whose version is not fixed."""
    wheels: tuple[str, ...]
    """File names."""
    index: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLock:
    """A lock of another tool."""

    file: Path
    tool: str
    """What ``created-by`` says."""
    requires_python: str | None
    packages: tuple[ForeignPackage, ...]
    """Sorted by name."""

    def package(self, name: str) -> ForeignPackage | None:
        """Return the package of a normalised name, None where the lock has none."""
        return next((one for one in self.packages if one.name == name), None)

    @property
    def accelerator(self) -> str | None:
        """What torch was compiled for, as its version or its index says; None where neither."""
        torch = self.package("torch")
        if torch is None:
            return None
        local = (torch.version or "").partition("+")[2]
        folder = (torch.index or "").rstrip("/").rpartition("/")[2]
        for word in (local, folder):
            if word.startswith(_ACCELERATORS):
                return word
        return None

    @property
    def pythons(self) -> tuple[str, ...]:
        """The Pythons that torch's wheels are for, ``3.11`` and ``3.13t``, oldest first."""
        torch = self.package("torch")
        tags = {
            (tag.interpreter, tag.abi)
            for name in (torch.wheels if torch is not None else ())
            for tag in parse_wheel_filename(name)[3]
            if tag.interpreter.startswith("cp3")
        }
        found = {(int(cp[3:]), "t" if abi == f"{cp}t" else "") for cp, abi in tags}
        return tuple(f"3.{minor}{kind}" for minor, kind in sorted(found))

    @property
    def pytorch(self) -> str | None:
        """The base of the index that torch comes from, where that has a folder per accelerator."""
        torch = self.package("torch")
        base, _, folder = (torch.index or "" if torch else "").rstrip("/").rpartition("/")
        return base if base and folder.startswith(_ACCELERATORS) else None


def read_foreign_lock(path: Path, trust: LockTrust | None = None) -> ForeignLock:
    """Read a PEP 751 lock that any tool made.

    Raises:
        WorldError: ``TE421``, there is none or it cannot be read.
        VerificationError: It is not TOML or not PEP 751 (``TE422``), of another version
            (``TE423``), or names places that are not trusted (``TE440``).
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise WorldError(unreadable(path, exc)) from exc
    document = parse_lock(path, content)
    if document.get("lock-version") not in {None, LOCK_VERSION}:
        raise VerificationError(_other_version(path, document["lock-version"]))
    validate_lock(path, document)
    untrusted = untrusted_places(document, path, trust or LockTrust())
    if untrusted:
        raise VerificationError(untrusted)
    packages = map(_package, document["packages"])
    return ForeignLock(
        file=path,
        tool=str(document["created-by"]),
        requires_python=document.get("requires-python"),
        packages=tuple(sorted(packages, key=lambda one: one.name)),
    )


def _package(package: Mapping[str, Any]) -> ForeignPackage:
    wheels = [
        wheel.get("name") or file_name(wheel.get("url") or wheel.get("path", ""))
        for wheel in package.get("wheels", ())
    ]
    version = package.get("version")
    if version is None and wheels:
        version = str(parse_wheel_filename(wheels[0])[1])
    index = package.get("index") or _folder_of(package)
    return ForeignPackage(
        name=str(canonicalize_name(package["name"])),
        version=version,
        wheels=tuple(wheels),
        index=index,
    )


def _folder_of(package: Mapping[str, Any]) -> str | None:
    """Return the folder of the first wheel: on PyTorch's index that is the accelerator's."""
    urls = [wheel["url"] for wheel in package.get("wheels", ()) if "url" in wheel]
    return urls[0].rpartition("/")[0] if urls else None


def _other_version(path: Path, found: object) -> Finding:
    return Finding(
        code="TE423",
        message=f"`{display(path)}` has `lock-version = {found!r}`.",
        why=f"This torchenv reads `lock-version = {LOCK_VERSION!r}`.",
        do="Use a newer torchenv, or let the tool that made it write that version.",
        where=Where(file=display(path), key="lock-version"),
    )
