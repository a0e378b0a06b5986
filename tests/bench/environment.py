"""Switching, going back and verifying, beside ``uv pip sync`` and a plain hashlib loop."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import re
import shutil
import statistics
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.environment import apply_lock
from provisioner.environment._hashing import encode_digest
from provisioner.environment._inspect import name_and_version
from provisioner.lockfile import read_lock
from provisioner.paths import store_root
from provisioner.store import Store
from tests.bench._measure import Contender, python, report
from tests.environment.kit import Steps, make_project, put_wheel, stored, tiny, trio
from tests.support import run
from tests.support.command import BIN
from tests.support.wheels import Member

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from provisioner.lockfile import Lock
    from tests.environment.kit import Project
    from tests.support.wheels import Wheel

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "cpu.toml"
PACKAGES: Final = 60
OTHER: Final = "2.13.99+cpu"
"""What the second torch of the real switch says that it is."""
FILES: Final = 500
"""Of each package: 30,000 in all."""
HASH: Final = """
import concurrent.futures, hashlib, os, sys
files = []
for top, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = f"{top}/{name}"
        if not os.path.islink(path):
            files.append((os.stat(path).st_size, path))
files.sort(reverse=True)
def digest(path):
    found = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
def every(batch):
    for _, path in batch:
        digest(path)
with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    list(pool.map(every, [files[n:n + 200] for n in range(0, len(files), 200)]))
"""
"""All that hashing every file on all cores can cost."""


class Timed(Steps):
    """Notes when each step begins."""

    def __init__(self) -> None:
        """Start the clock."""
        super().__init__()
        self.times: list[tuple[str, float]] = []

    def step(self, text: str) -> None:
        """Note a step."""
        self.times.append((text, time.perf_counter()))

    def proof_s(self) -> float:
        """Return how long the proof took."""
        names = [text.split()[0] for text, _ in self.times]
        if "Proving" not in names:
            return 0.0
        place = names.index("Proving")
        return self.times[place + 1][1] - self.times[place][1]


def large(folder: Path, rounds: int) -> None:
    """Switch between two locks of 60 packages and 30,000 files, all of them other ones."""
    project = make_project(folder)
    others = [[_package(n, version) for n in range(PACKAGES - 3)] for version in ("1.0", "2.0")]
    locks = [
        project.lock([*trio(release), *those])
        for release, those in zip(("2.2.0", "2.2.1"), others, strict=True)
    ]
    _switch(f"{PACKAGES} packages, all of them replaced", project, locks, rounds)


def large_trio(folder: Path, rounds: int) -> None:
    """Switch between two locks of 60 packages and 30,000 files that differ in the trio only.

    uv replaces three tiny packages where they are; a generation has all sixty.
    """
    project = make_project(folder)
    others = [_package(number, "1.0") for number in range(PACKAGES - 3)]
    locks = [project.lock([*trio(version), *others]) for version in ("2.2.0", "2.2.1")]
    _switch(f"{PACKAGES} packages, three of them replaced", project, locks, rounds)


def _package(number: int, version: str) -> Wheel:
    name = f"package_{number:02}"
    members = tuple(
        Member(path=f"{name}/part_{n % 20}/m{n}.py", content=f"V = {n}, {version}\n".encode() * 40)
        for n in range(FILES)
    )
    return tiny(name, version, members=members)


def _switch(title: str, project: Project, locks: Sequence[Lock], rounds: int) -> None:
    """Print medians of a switch without the proof, and of uv's; both are seen to have switched."""
    seconds: dict[str, list[float]] = {
        "uv pip sync": [],
        "torchenv, without the proof": [],
        "  and without having it on the disk": [],
    }
    environment = project.root / "uv-venv"
    environ = {**project.environ, "UV_CACHE_DIR": str(project.root / "uv-cache")}
    run([BIN / "uv", "venv", "-q", "--python", sys.executable, environment], environ=environ)
    peak = 0.0
    for number in range(2 * min(rounds, 5) + 2):
        lock = locks[number % 2]
        wheels = [stored(project.store, one.wheel) for one in lock.packages]
        requirements = project.root / "requirements.txt"
        requirements.write_text("".join(f"{one}\n" for one in wheels))
        words = ["-q", "--offline", "--link-mode", "hardlink", "--python"]
        sync: list[str | Path] = [BIN / "uv", "pip", "sync", *words]
        argv = [*sync, environment / "bin" / "python", requirements]
        started = time.perf_counter()
        run(argv, environ=environ).check()
        uv = time.perf_counter() - started
        ours, flush, peak = _apply(project, lock)
        for top in (environment, project.current):
            _require_installed(top, lock)
        if number > 1:  # the first two unpack
            seconds["uv pip sync"].append(uv)
            seconds["torchenv, without the proof"].append(ours)
            seconds["  and without having it on the disk"].append(ours - flush)
    print(f"\nSwitch, unpacked before: {title}")  # noqa: T201 - this is a report
    floor = statistics.median(seconds["uv pip sync"])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:44} {median * 1e3:8.1f} ms  {median / floor:5.1f}x")  # noqa: T201
    print(f"  peak memory of torchenv {peak:.0f} MiB")  # noqa: T201


def _apply(project: Project, lock: Lock) -> tuple[float, float, float]:
    """Apply in a process of its own.

    Returns:
        Seconds without the proof, how many of them having it on the disk took (which uv does not
        wait for), and the peak in MiB.
    """
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=_applied, args=(project, lock, send))
    child.start()
    told: tuple[float, float, float] = receive.recv()
    child.join()
    return told


def _applied(project: Project, lock: Lock, send: Connection) -> None:
    request = project.request(lock, spec=project.spec(more="keep = 1\n"))
    flushed = 0.0

    def flush(folder: Path) -> None:
        nonlocal flushed
        begun = time.perf_counter()
        request.flush(folder)
        flushed += time.perf_counter() - begun

    timed, started = Timed(), time.perf_counter()
    apply_lock(replace(request, flush=flush), timed)
    seconds = time.perf_counter() - started - timed.proof_s()
    # Not `getrusage`: what it tells of a child begins with the peak of the parent.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    send.send((seconds, flushed, int(peak) / 1024))


def _require_installed(environment: Path, lock: Lock) -> None:
    """See that an environment has what a lock says, and nothing else."""
    (site,) = environment.glob("lib/python3*/site-packages")
    found = {name_and_version(path) for path in site.glob("*.dist-info")}
    assert found == {(one.name, one.version) for one in lock.packages}
    torch = next(one for one in lock.packages if one.name == "torch")
    said = (site / "torch" / "version.py").read_text("utf-8")
    assert torch.version in said, said


def switch_real(folder: Path, rounds: int) -> None:
    """Switch between the real torch of the example and a copy of it with another version."""
    spec = Path(shutil.copy(EXAMPLE, folder))
    run([BIN / "torchenv", "apply", spec], environ=os.environ, timeout_s=900).check()
    project = make_project(folder)
    packages = read_lock(folder / "pylock.cpu.toml").packages
    store = Store(store_root(os.environ))
    for one in packages:
        path = stored(project.store, one.wheel)
        path.parent.mkdir(parents=True)
        shutil.copyfile(stored(store, one.wheel), path)
    torch = next(one for one in packages if one.name == "torch")
    other = relabelled(stored(project.store, torch.wheel), torch.version, OTHER)
    name = torch.wheel.name.replace(torch.version, OTHER)
    wheel = put_wheel(project.store, name, other)
    others = [one for one in packages if one.name != "torch"]
    relabelled_torch = replace(torch, version=OTHER, wheels=(wheel,))
    locks = [project.lock_of([*others, one]) for one in (torch, relabelled_torch)]
    _switch(f"real torch {torch.version}", project, locks, rounds)
    _back_and_forth(f"real torch {torch.version}", project, locks, rounds)


def _empty_zip(content: io.BytesIO) -> zipfile.ZipFile:
    """Open a new zip file that compresses as little as it may: the real wheel is compressed too."""
    return zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def relabelled(wheel: Path, version: str, other: str) -> bytes:
    """Return a wheel with the same files as another one, which says that it is another version."""
    content = io.BytesIO()
    rows = []
    with zipfile.ZipFile(wheel) as before, _empty_zip(content) as after:
        for info in before.infolist():
            name = info.filename.replace(f"-{version}.dist-info/", f"-{other}.dist-info/")
            if name.endswith((".dist-info/RECORD", "/")):
                continue
            data = before.read(info)
            if name.endswith((".dist-info/METADATA", "torch/version.py")):
                data = data.replace(version.encode(), other.encode())
            after.writestr(name, data)
            digest = encode_digest("sha256", hashlib.sha256(data).digest())
            rows.append(f"{name},{digest},{len(data)}\n")
        record = f"torch-{other}.dist-info/RECORD"
        after.writestr(record, "".join([*rows, f"{record},,\n"]))
    return content.getvalue()


def verify_real(folder: Path, rounds: int) -> None:
    """Verify the real torch of the example, beside a plain hashlib loop on all cores."""
    spec = Path(shutil.copy(EXAMPLE, folder))
    run([BIN / "torchenv", "apply", spec], environ=os.environ, timeout_s=900).check()
    top = (folder / ".venv-cpu").resolve()
    report(
        "Verify: real torch 2.13.0+cpu",
        (
            Contender(
                name="hashlib loop, all cores", argv=[*python(HASH), top], environ=os.environ
            ),
            Contender(
                name="torchenv verify",
                argv=[BIN / "torchenv", "verify", "-q", spec],
                environ=os.environ,
            ),
            Contender(
                name="torchenv status --quick",
                argv=[BIN / "torchenv", "status", "--quick", spec],
                environ=os.environ,
            ),
            Contender(
                name="torchenv apply, nothing to do",
                argv=[BIN / "torchenv", "apply", spec],
                environ=os.environ,
            ),
        ),
        rounds,
    )


def go_back(folder: Path, rounds: int) -> None:
    """Roll back, between two releases of tiny wheels."""
    project = make_project(folder)
    locks = [project.lock(trio(version)) for version in ("2.2.0", "2.2.1")]
    _back_and_forth("tiny wheels", project, locks, rounds)


def _back_and_forth(what: str, project: Project, locks: Sequence[Lock], rounds: int) -> None:
    """Compare rolling back with an apply that has nothing to do, and finds its pointer."""
    spec = project.spec()
    for lock in locks:
        apply_lock(project.request(lock, spec=spec))
    report(
        f"Roll back: {what}",
        (
            Contender(
                name="torchenv apply, nothing to do",
                argv=[BIN / "torchenv", "apply", spec.file],
                environ=project.environ,
            ),
            # There and back again, so that the environment is what was applied last.
            Contender(
                name="torchenv rollback",
                argv=[BIN / "torchenv", "rollback", "--spec", spec.file],
                environ=project.environ,
            ),
            Contender(
                name="torchenv rollback, back again",
                argv=[BIN / "torchenv", "rollback", "--spec", spec.file],
                environ=project.environ,
            ),
        ),
        rounds,
    )


BENCHES: Final = (large, large_trio, go_back)
REAL: Final = (verify_real, switch_real)
