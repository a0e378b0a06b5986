"""Switching, going back and verifying, beside ``uv pip sync`` and a plain hashlib loop."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.environment import apply_lock
from tests.bench._measure import Contender, python, report
from tests.environment.kit import Steps, make_project, stored, tiny, trio
from tests.support import IndexServer, load_scenario, make_workspace, run
from tests.support.command import BIN
from tests.support.wheels import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.lockfile import Lock
    from tests.environment.kit import Project
    from tests.support.wheels import Wheel

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "cpu.toml"
PACKAGES: Final = 60
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
    """Switch between two locks of 60 packages and 30,000 files, both unpacked before."""
    project = make_project(folder)
    project.spec(more="keep = 1\n")
    others = [_package(number) for number in range(PACKAGES - 3)]
    locks = [project.lock([*trio(version), *others]) for version in ("2.2.0", "2.2.1")]
    _switch(project, locks, rounds)


def _package(number: int) -> Wheel:
    name = f"package_{number:02}"
    members = tuple(
        Member(path=f"{name}/part_{n % 20}/m{n}.py", content=f"V = {n}\n".encode() * 40)
        for n in range(FILES)
    )
    return tiny(name, "1.0", members=members)


def _switch(project: Project, locks: Sequence[Lock], rounds: int) -> None:
    """Print medians of a switch without the proof, and of uv's."""
    spec = project.spec(more="keep = 1\n")
    seconds: dict[str, list[float]] = {"torchenv, without the proof": [], "uv pip sync": []}
    environment = project.root / "uv-venv"
    environ = {**project.environ, "UV_CACHE_DIR": str(project.root / "uv-cache")}
    run([BIN / "uv", "venv", "-q", "--python", sys.executable, environment], environ=environ)
    for number in range(2 * min(rounds, 5) + 2):
        lock = locks[number % 2]
        timed, started = Timed(), time.perf_counter()
        apply_lock(project.request(lock, spec=spec), timed)
        ours = time.perf_counter() - started - timed.proof_s()
        wheels = [stored(project.store, one.wheel) for one in lock.packages]
        requirements = project.root / "requirements.txt"
        requirements.write_text("".join(f"{one}\n" for one in wheels))
        argv: list[str | Path] = [
            BIN / "uv",
            "pip",
            "sync",
            "-q",
            "--offline",
            "--link-mode",
            "hardlink",
        ]
        argv += ["--python", environment / "bin" / "python", requirements]
        started = time.perf_counter()
        run(argv, environ=environ).check()
        if number > 1:  # the first two unpack
            seconds["torchenv, without the proof"].append(ours)
            seconds["uv pip sync"].append(time.perf_counter() - started)
    print(f"\nSwitch, unpacked before: {PACKAGES} packages")  # noqa: T201 - this is a report
    floor = statistics.median(seconds["uv pip sync"])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:44} {median * 1e3:8.1f} ms  {median / floor:5.1f}x")  # noqa: T201
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of this process {peak:.0f} MiB")  # noqa: T201


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
    """Roll back, and apply the lock again, which takes the generation that was kept."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        workspace.write_spec(torch="2.2.0", accelerator="cu118")
        workspace.torchenv("apply").check()
        spec = workspace.write_spec(torch="2.1.0", accelerator="cu118")
        workspace.torchenv("apply").check()
        report(
            "Back and forth, tiny wheels",
            (
                Contender(
                    name="torchenv apply, to the kept generation",
                    argv=[BIN / "torchenv", "apply", spec],
                    environ=workspace.environ,
                ),
                Contender(
                    name="torchenv rollback",
                    argv=[BIN / "torchenv", "rollback", "--spec", spec],
                    environ=workspace.environ,
                ),
            ),
            rounds,
        )


BENCHES: Final = (large, go_back)
REAL: Final = (verify_real,)
