"""Fetching large wheels beside uv and pip: slow connections, broken ones, kills, and all of apply.

The wheel is a real torch where pip's configured folders have one, else a made-up one of the same
size. Each tool gets an empty cache; the server counts what it sends. uv unpacks what it fetches,
the others do not. ``TORCHENV_BENCH_GB`` is the size of the sparse wheel.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.host import probe_pip_config
from provisioner.lockfile import read_lock, render_lock
from provisioner.store import sha256_of
from provisioner.urls import quote_name
from tests.bench._files import Files, serving
from tests.support import clean_environ, run
from tests.support.command import BIN
from tests.support.fileserver import FileServer, changed, cut, no_fault
from tests.support.wheels import Member, Wheel, build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Buffer

    from provisioner.lockfile import LockedPackage
    from tests.support.fileserver import Asked, Fault, Served

_MADE_UP_BYTES: Final = 190_000_000
_SPARSE_BYTES: Final = int(float(os.environ.get("TORCHENV_BENCH_GB", "1.5")) * 1e9)
_SPARSE_NAME: Final = "sparse-1.0-py3-none-any.whl"
_SPARSE_RATE: Final = 50e6
"""Bytes a second over each connection; 5 MB/s would take five minutes for each tool."""
_FAULTS: Final[dict[str, Callable[[], Fault]]] = {
    "no fault": lambda: no_fault,
    "cut once at 50%": lambda: _cut_large_answers(1),
    "cut 3 times at 50%": lambda: _cut_large_answers(3),
    "cut 8 times at 50%": lambda: _cut_large_answers(8),
}
_SLOW: Final = changed(bytes_per_s=5e6)
_KILL_RATE: Final = 20e6
_LARGE_BYTES: Final = 4 << 20
_TOOLS: Final = ("torchenv", "uv", "pip")
_EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "cpu.toml"


def _say(line: str) -> None:
    print(line)  # noqa: T201 - this is a report


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A wheel on a server."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    seconds: float
    sent: float
    """Bytes that the server sent, in sizes of the wheel."""
    whole: bool
    peak: int
    """Most connections at once."""
    memory_mib: float

    def __str__(self) -> str:
        end = "whole" if self.whole else "FAILED"
        return (
            f"{self.seconds:7.2f} s  {self.sent:5.2f}x bytes  {self.peak} at once  "
            f"{self.memory_mib:4.0f} MiB  {end}"
        )


def _cut_large_answers(times: int) -> Fault:
    """Cut the first large answers in the middle; uv asks for a few small ranges before."""
    large = itertools.count(1)

    def fault(asked: Asked, reply: Served) -> Served:
        is_large = len(reply.body) > _LARGE_BYTES
        return cut(0.5)(asked, reply) if is_large and next(large) <= times else reply

    return fault


def _wheel(folder: Path) -> Path:
    """Return a large wheel."""
    for place in probe_pip_config(os.environ).find_links:
        for path in sorted(Path(place).glob("torch-*.whl")):
            return path
    noise = os.urandom(1 << 20)
    member = Member(path="demo/noise.bin", content=noise * (_MADE_UP_BYTES // len(noise)))
    wheel = Wheel(project="demo", version="1.0", tag="py3-none-any", members=(member,))
    path = folder / wheel.file_name
    path.write_bytes(build_wheel(wheel))
    return path


class _Holes(io.FileIO):
    """Leaves a hole where zeros are written."""

    def write(self, block: Buffer) -> int:
        content = bytes(block)
        if content.count(0) == len(content):
            self.seek(len(content), os.SEEK_CUR)
            return len(content)
        return super().write(content) or 0


def _sparse_wheel(folder: Path, size: int) -> Path:
    """Write a wheel of a given size that takes up next to nothing."""
    path = folder / _SPARSE_NAME
    info = "sparse-1.0.dist-info"
    with _Holes(path, "w+") as file, zipfile.ZipFile(file, "w") as archive:
        with archive.open("sparse/zeros.bin", "w", force_zip64=True) as member:
            block = bytes(1 << 20)
            for _ in range(size // len(block)):
                member.write(block)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: sparse\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "sparse/zeros.bin,,\n")
    return path


def _commands(folder: Path, url: str, file: _File) -> dict[str, list[str | Path]]:
    child: list[str | Path] = [folder / "store", url, file.name, str(file.size), file.sha256, "0"]
    uv: list[str | Path] = ["pip", "install", "--no-deps", "--no-index", "--no-config"]
    uv += ["--target", folder / "uv"]
    pip = ["-m", "pip", "download", "--no-deps", "--no-index", "--no-cache-dir", "--quiet"]
    return {
        "torchenv": [sys.executable, "-m", "tests.store.child", *child],
        "uv": [BIN / "uv", *uv, url],
        "pip": [sys.executable, *pip, "--dest", folder / "pip", url],
    }


def _started(argv: list[str | Path], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen([*map(str, argv)], env=dict(environ), stdout=nothing, stderr=nothing)


def _measure(
    server: FileServer | Files, file: _File, folder: Path, tool: str, *, kill: bool = False
) -> _Outcome:
    """Fetch a file with a tool; with ``kill``, stop it after half of the bytes and begin again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    url = f"{server.url}/{quote_name(file.name)}"
    environ = {**os.environ, "UV_CACHE_DIR": str(folder / "cache"), "PIP_FIND_LINKS": ""}
    argv = _commands(folder, url, file)[tool]
    started = time.perf_counter()
    child = _started(argv, environ)
    if kill:
        while server.sent_bytes < file.size / 2 and child.poll() is None:
            time.sleep(0.005)
        child.kill()
        child.wait()
        child = _started(argv, environ)
    memory_mib = 0.0
    while child.poll() is None:
        memory_mib = max(memory_mib, _memory_mib(child.pid))
        time.sleep(0.01)
    return _Outcome(
        seconds=time.perf_counter() - started,
        sent=server.sent_bytes / file.size,
        whole=child.returncode == 0,
        peak=server.peak,
        memory_mib=memory_mib,
    )


def _memory_mib(pid: int) -> float:
    """Return the most memory that a process has had; 0 where the system does not tell.

    Of itself: what ``wait4`` tells begins with the memory of the process that forked it.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _report(folder: Path, title: str, faults: Mapping[str, Callable[[], Fault]]) -> None:
    """Measure each tool with each fault."""
    path = _wheel(folder)
    file = _File(name=path.name, size=path.stat().st_size, sha256=sha256_of(path))
    content = path.read_bytes()
    _say(f"\n{title}: {file.name}, {file.size / 1e6:.1f} MB")
    for (what, fault), tool in itertools.product(faults.items(), _TOOLS):
        with FileServer(content, fault()) as server:
            outcome = _measure(server, file, folder / "tool", tool, kill=what == _KILL)
        _say(f"  {what:24} {tool:10} {outcome}")


_KILL: Final = "killed at 50%, run again"


def broken_lines(folder: Path, rounds: int) -> None:
    """How much is sent over lines that break, and after a kill."""
    del rounds  # bytes do not vary
    faults = {**_FAULTS, _KILL: lambda: changed(bytes_per_s=_KILL_RATE)}
    _report(folder, "Lines that break", faults)


def slow_connections(folder: Path, rounds: int) -> None:
    """5 MB/s for each connection."""
    del rounds  # half a minute each
    _report(folder, "5 MB/s a connection", {"5 MB/s": lambda: _SLOW})


def sparse(folder: Path, rounds: int) -> None:
    """A wheel of gigabytes: memory, and connections that carry 50 MB/s each."""
    del rounds  # half a minute each
    (folder / "served").mkdir()
    path = _sparse_wheel(folder / "served", _SPARSE_BYTES)
    file = _File(name=path.name, size=path.stat().st_size, sha256=sha256_of(path))
    _say(
        f"\nA sparse wheel of {file.size / 1e9:.2f} GB, {_SPARSE_RATE / 1e6:.0f} MB/s a connection"
    )
    for tool in _TOOLS:
        with serving(folder / "served", _SPARSE_RATE) as server:
            outcome = _measure(server, file, folder / "tool", tool)
        shutil.rmtree(folder / "tool")
        _say(f"  {tool:10} {outcome}")


def cold_apply(folder: Path, rounds: int) -> None:
    """All of an apply with nothing but a lock, without the proof, over unthrottled loopback."""
    home, spec = folder / "home", Path(shutil.copy(_EXAMPLE, folder))
    home.mkdir()
    environ = {**os.environ, "TORCHENV_STORE": str(folder / "store")}
    run([BIN / "torchenv", "lock", "-q", spec], environ=environ).check()
    run([BIN / "torchenv", "bundle", "-q", "--spec", spec, folder / "b"], environ=environ).check()
    with serving(folder / "b" / "wheels") as server:
        lock = read_lock(folder / "pylock.cpu.toml")
        there = [
            replace(
                one, wheels=(replace(one.wheel, url=f"{server.url}/{quote_name(one.wheel.name)}"),)
            )
            for one in lock.packages
        ]
        lock.file.write_text(render_lock(replace(lock, packages=tuple(there))), encoding="utf-8")
        urls = [f"{one.wheel.url}#sha256={one.wheel.sha256}" for one in there]
        seconds: dict[str, list[float]] = {tool: [] for tool in _TOOLS}
        for _ in range(min(rounds, 5)):
            for tool in _TOOLS:
                seconds[tool].append(_cold(tool, folder, urls))
    _say(f"\nCold apply of {len(there)} wheels over loopback, without the proof (s, each round)")
    for tool, values in seconds.items():
        _say(f"  {tool:10} {'  '.join(f'{one:6.2f}' for one in values)}")


def _at(address: str, package: LockedPackage) -> LockedPackage:
    url = f"{address}/{quote_name(package.wheel.name)}"
    return replace(package, wheels=(replace(package.wheel, url=url),))


def _cold(tool: str, folder: Path, urls: list[str]) -> float:
    """Return the seconds of one tool with nothing but its lock, the proof left out."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for name in ("cpu.toml", "pylock.cpu.toml"):
        shutil.copy(folder / name, work)
    environ = {
        **clean_environ(folder / "home"),
        "TORCHENV_STORE": str(work / "store"),
        "UV_CACHE_DIR": str(work / "cache"),
        "PIP_CACHE_DIR": str(work / "cache"),
    }
    python = work / "venv" / "bin" / "python"
    sync: list[str | Path] = [
        "pip",
        "sync",
        "-q",
        "--preview-features",
        "pylock",
        "--python",
        python,
    ]
    install: list[str | Path] = ["-m", "pip", "--python", python, "install", "-q", "--no-deps"]
    commands: dict[str, list[list[str | Path]]] = {
        "torchenv": [[BIN / "torchenv", "apply", "--locked", "--events", work / "cpu.toml"]],
        "uv": [
            [BIN / "uv", "venv", "-q", "--python", sys.executable, work / "venv"],
            [BIN / "uv", *sync, work / "pylock.cpu.toml"],
        ],
        "pip": [
            [BIN / "uv", "venv", "-q", "--python", sys.executable, work / "venv"],
            [sys.executable, *install, *urls],
        ],
    }
    started = time.perf_counter()
    proof_s = sum(_without_proof(argv, environ) for argv in commands[tool])
    return time.perf_counter() - started - proof_s


def _without_proof(argv: list[str | Path], environ: Mapping[str, str]) -> float:
    """Run a command; return how long its proof took, as its events tell."""
    began = proof_s = 0.0
    with subprocess.Popen(
        [*map(str, argv)], env=dict(environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        assert child.stderr is not None
        for line in child.stderr:
            event = json.loads(line) if line.startswith(b"{") else {}
            if event.get("event") == "step":
                if began:
                    proof_s, began = time.perf_counter() - began, 0.0
                if event["text"].startswith("Proving"):
                    began = time.perf_counter()
    assert child.returncode == 0, argv
    return proof_s


BENCHES: Final = ()
REAL: Final = (cold_apply, broken_lines, slow_connections, sparse)
