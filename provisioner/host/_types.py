"""Host facts: what the probes read from this machine, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

Libc = Literal["glibc", "musl", "none"]
FactState = Literal["present", "absent", "unreadable", "unknown"]
"""What is known of a thing that may not be there.

``present``: seen, and it answered. ``absent``: every place where it would be was looked at, and it
is in none. ``unreadable``: something of it is there, but it does not answer (broken, not let into
this container, no permission). ``unknown``: nobody looked, or there is no way to look here.
"""


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

    @property
    def is_usable(self) -> bool:
        """Whether torch can have wheels for it: for nothing but 64-bit CPython."""
        return self.implementation == "CPython" and self.is_64bit

    def fits(self, python: str) -> bool:
        """Whether this is a ``python``: a minor version, an exact one, ``t`` for free-threaded."""
        wanted = python.removesuffix("t").split(".")
        same_threads = self.free_threaded == python.endswith("t")
        return same_threads and self.version.split(".")[: len(wanted)] == wanted


class Gpu(NamedTuple):
    """One GPU as its driver names it."""

    name: str | None
    """``NVIDIA GeForce RTX 4090``; of a GPU that only the bus names, its PCI id ``8086:56a0``."""
    arch: str | None
    """``sm_89`` for compute capability 8.9, ``gfx1100``; None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuStack:
    """The driver of one maker's GPUs, and the GPUs that it drives here."""

    state: FactState = "unknown"
    """Of the driver: whether programs on this machine can use it."""
    driver: str | None = None
    """Version of the driver, ``535.129.03`` (not of CUDA or ROCm); None where it is not known. It
    may be known of a driver that is ``unreadable``. Under WSL it is that of Windows' driver."""
    gpus: tuple[Gpu, ...] = ()
    """In the driver's order; empty where there are none or they are not known. The kernel may know
    some of a driver that is ``absent`` or ``unreadable``."""
    evidence: str = ""
    """Where the facts were read, or what was seen instead: the part of a sentence that answers
    "how do you know?"."""


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
    nvidia: GpuStack = GpuStack()
    amd: GpuStack = GpuStack()
    intel: GpuStack = GpuStack()
    container: bool | None = None
    """Whether this is inside a container (Docker, Podman, Kubernetes, LXC)."""
    wsl: bool | None = None
    """Whether this is the Windows Subsystem for Linux."""
    rosetta: bool | None = None
    """Whether the Python that ran the probe is an x86_64 one, translated on an ARM Mac."""
    bits: Literal[32, 64] | None = None
    """Width of a pointer in the Python that ran the probe."""
    pythons: tuple[str, ...] = ()
    """Minor versions of the interpreters that an environment can be made from; empty where nobody
    asked, since asking takes time and matters only for a range of Pythons."""
    evidence: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """(field of this class, where it was read); GPU drivers carry their own."""

    def evidence_of(self, fact: str) -> str:
        """Return where a fact was read, empty where that is not recorded."""
        return dict(self.evidence).get(fact, "")
