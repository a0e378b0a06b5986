"""Fetching a large wheel beside uv and pip: over slow connections, and over ones that break.

The wheel is a real torch where pip's configured folders have one, else a made-up one of the same
size. Each tool gets an empty cache; the server counts what it sends. uv unpacks what it fetches,
the others do not.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.host import probe_pip_config
from tests.store.conftest import wanted
from tests.support import run
from tests.support.command import BIN
from tests.support.fileserver import FileServer, changed, cut, no_fault
from tests.support.wheels import Member, Wheel, build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.fileserver import Asked, Fault, Served

_MADE_UP_BYTES: Final = 190_000_000
_FAULTS: Final[dict[str, Callable[[], Fault]]] = {
    "no fault": lambda: no_fault,
    "cut once at 50%": lambda: _cut_large_answers(1),
    "cut 3 times at 50%": lambda: _cut_large_answers(3),
    "cut 8 times at 50%": lambda: _cut_large_answers(8),
}
_SLOW: Final = changed(bytes_per_s=5e6)
_LARGE_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    seconds: float
    sent: float
    """Bytes that the server sent, in sizes of the wheel."""
    whole: bool
    peak: int
    """Most connections at once."""

    def __str__(self) -> str:
        end = "whole" if self.whole else "FAILED"
        return f"{self.seconds:7.2f} s  {self.sent:5.2f}x bytes  {self.peak} at once  {end}"


def _cut_large_answers(times: int) -> Fault:
    """Cut the first large answers in the middle; uv asks for a few small ranges before."""
    large = itertools.count(1)

    def fault(asked: Asked, reply: Served) -> Served:
        is_large = len(reply.body) > _LARGE_BYTES
        return cut(0.5)(asked, reply) if is_large and next(large) <= times else reply

    return fault


def _wheel() -> tuple[str, bytes]:
    """Return name and content of the wheel."""
    for place in probe_pip_config(os.environ).find_links:
        for path in sorted(Path(place).glob("torch-*.whl")):
            return path.name, path.read_bytes()
    noise = os.urandom(1 << 20)
    member = Member(path="demo/noise.bin", content=noise * (_MADE_UP_BYTES // len(noise)))
    wheel = Wheel(project="demo", version="1.0", tag="py3-none-any", members=(member,))
    return wheel.file_name, build_wheel(wheel)


def _commands(folder: Path, url: str, name: str, content: bytes) -> dict[str, list[str | Path]]:
    wheel = wanted(content, url, name)
    child: list[str | Path] = [folder / "store", url, name, str(wheel.size), wheel.sha256, "0"]
    uv: list[str | Path] = ["pip", "install", "--no-deps", "--no-index", "--no-config"]
    uv += ["--target", folder / "uv"]
    pip = ["-m", "pip", "download", "--no-deps", "--no-index", "--no-cache-dir", "--quiet"]
    return {
        "torchenv": [sys.executable, "-m", "tests.store.child", *child],
        "uv": [BIN / "uv", *uv, url],
        "pip": [sys.executable, *pip, "--dest", folder / "pip", url],
    }


def _measure(name: str, content: bytes, fault: Fault, folder: Path, tool: str) -> _Outcome:
    shutil.rmtree(folder, ignore_errors=True)
    with FileServer(content, fault) as server:
        url = f"{server.url}/{name.replace('+', '%2B')}"
        environ = {**os.environ, "UV_CACHE_DIR": str(folder / "cache"), "PIP_FIND_LINKS": ""}
        started = time.perf_counter()
        done = run(_commands(folder, url, name, content)[tool], environ=environ, timeout_s=300)
        return _Outcome(
            seconds=time.perf_counter() - started,
            sent=server.sent_bytes / len(content),
            whole=done.exit_code == 0,
            peak=server.peak,
        )


def _report(folder: Path, title: str, faults: dict[str, Callable[[], Fault]]) -> None:
    name, content = _wheel()
    print(f"\n{title}: {name}, {len(content) / 1e6:.1f} MB")  # noqa: T201 - this is a report
    for what, fault in faults.items():
        for tool in ("torchenv", "uv", "pip"):
            outcome = _measure(name, content, fault(), folder / "tool", tool)
            print(f"  {what:20} {tool:10} {outcome}")  # noqa: T201 - as above


def broken_lines(folder: Path, rounds: int) -> None:
    """How much is sent over lines that break."""
    del rounds  # bytes do not vary
    _report(folder, "Lines that break", _FAULTS)


def slow_connections(folder: Path, rounds: int) -> None:
    """5 MB/s for each connection."""
    del rounds  # half a minute each
    _report(folder, "5 MB/s a connection", {"5 MB/s": lambda: _SLOW})


BENCHES: Final = ()
REAL: Final = (broken_lines, slow_connections)
