"""Host facts: what the probes read from this machine, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Libc = Literal["glibc", "musl", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """One Python interpreter that was found and asked about itself."""

    path: Path
    """Absolute path of the executable."""
    version: str
    """Full version, ``3.11.7``."""
    implementation: str
    """``CPython``, ``PyPy``."""
    free_threaded: bool
    is_64bit: bool

    @property
    def minor(self) -> str:
        """``3.11``, or ``3.13t`` for a free-threaded build."""
        return ".".join(self.version.split(".")[:2]) + ("t" if self.free_threaded else "")

    def fits(self, python: str) -> bool:
        """Whether this is a ``python``: a minor version, an exact one, ``t`` for free-threaded."""
        wanted = python.removesuffix("t").split(".")
        same_threads = self.free_threaded == python.endswith("t")
        return same_threads and self.version.split(".")[: len(wanted)] == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What planning needs to know of a machine.

    None always means "not known", never "absent".
    """

    platform: str
    """``linux-x86_64``, ``linux-aarch64``, ``macos-arm64``, ``macos-x86_64``, ``windows-x86_64``,
    or another ``<system>-<machine>`` in lower case that no build exists for."""
    libc: Libc
    """``none`` on macOS and Windows."""
    libc_version: str | None
    """``2.36`` for glibc."""
    macos_version: str | None
    """``14.5`` on macOS, else None."""
