"""Locking several targets, beside locking one, and the files that come of it."""

from __future__ import annotations

import shlex
import statistics
import time
from typing import TYPE_CHECKING, Any, Final

from provisioner.lockfile import read_lock, render_lock
from tests.bench._measure import Contender, report
from tests.support import IndexServer, load_scenario, make_workspace
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Workspace

TARGETS: Final[dict[str, dict[str, Any]]] = {
    "cluster": {"platform": "linux-x86_64", "accelerator": "cu118"},
    "desktop": {"platform": "windows-x86_64", "accelerator": "cu118"},
    "laptop": {"platform": "macos-arm64", "accelerator": "cpu"},
    "server": {"platform": "linux-x86_64", "accelerator": "cpu"},
}
LIMIT: Final = 3
"""Four targets may take so many times as long as the first of them alone."""
PACKAGES: Final = 150
SHARE: Final = 0.1
"""Writing and reading the locks may take this part of the time that the whole lock takes."""


def four_targets(folder: Path, rounds: int) -> None:
    """Resolving for four targets, with an empty store and with a full one."""
    with IndexServer(load_scenario("main")) as index:
        one, four = make_workspace(folder / "one", index), make_workspace(folder / "four", index)
        for workspace, names in ((one, ["cluster"]), (four, list(TARGETS))):
            workspace.write_spec(
                python="3.11",
                torch="2.2.0",
                dependencies={"numpy": "*"},
                targets={name: TARGETS[name] for name in names},
            )
        for title, words in (("cold", _cold), ("warm", _warm)):
            report(
                f"Lock, {title}: at most {LIMIT}x for four targets",
                (
                    Contender(name="one target", argv=words(one), environ=one.environ),
                    Contender(name="four targets", argv=words(four), environ=four.environ),
                ),
                max(3, rounds // 3),
            )


def files_of_many(folder: Path, rounds: int) -> None:
    """Writing and reading the locks of many packages for four targets, beside making them."""
    names = [f"package-{number:03}" for number in range(PACKAGES)]
    scenario = load_scenario("main").release(
        projects={name: ["1.0", "1.1"] for name in names}, index="default", tags=["py3-none-any"]
    )
    with IndexServer(scenario) as index:
        workspace = make_workspace(folder, index)
        workspace.write_spec(
            python="3.11", torch="2.2.0", dependencies=dict.fromkeys(names, "*"), targets=TARGETS
        )
        started = time.perf_counter()
        workspace.torchenv("lock", "-q").check()
        whole = time.perf_counter() - started
    locks = [read_lock(path) for path in sorted(workspace.root.glob("pylock.*.toml"))]
    written = [_seconds(lambda: [render_lock(one) for one in locks]) for _ in range(rounds)]
    read = [_seconds(lambda: [read_lock(one.file) for one in locks]) for _ in range(rounds)]
    seconds = statistics.median(written) + statistics.median(read)
    print(  # noqa: T201 - this is a report
        f"\nLocks of {len(locks)} targets and {len(locks[0].packages)} packages "
        f"({rounds} rounds, medians): at most {SHARE:.0%} of making them\n"
        f"  write {statistics.median(written) * 1e3:.1f} ms, "
        f"read {statistics.median(read) * 1e3:.1f} ms, "
        f"together {seconds / whole:.1%} of {whole:.2f} s"
    )


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _cold(workspace: Workspace) -> list[str | Path]:
    """Return the command that locks with nothing at hand."""
    store, spec = shlex.quote(str(workspace.store)), shlex.quote(str(workspace.root))
    lock = f"{shlex.quote(str(BIN / 'torchenv'))} lock -q {spec}/torchenv.toml"
    return ["sh", "-c", f"rm -rf {store} {spec}/pylock.*; {lock}"]


def _warm(workspace: Workspace) -> list[str | Path]:
    """Return the command that resolves anew with the engine's cache at hand."""
    return [BIN / "torchenv", "lock", "-q", "--upgrade", workspace.root / "torchenv.toml"]


BENCHES: Final = (four_targets, files_of_many)
REAL: Final = ()
