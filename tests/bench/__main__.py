"""Measure what a user waits for, beside ``python -c pass`` and ``uv pip sync``."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support import IndexServer, load_scenario, make_workspace, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "cpu.toml"
FLOOR: Final = """
import sys
import packaging.specifiers, packaging.version
from pydantic import BaseModel
if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
class Model(BaseModel):
    environment: dict[str, str]
    torch: dict[str, str]
with open(sys.argv[1], "rb") as file:
    Model.model_validate({k: v for k, v in tomllib.load(file).items() if k != "sources"})
"""
"""The least that judging a spec can cost: imports, one model, the spec read."""

WALK: Final = """
import os, sys
def walk(top):
    for entry in os.scandir(top):
        if entry.is_dir(follow_symlinks=False):
            walk(entry.path)
        else:
            entry.stat(follow_symlinks=False)
walk(sys.argv[1])
"""
"""The least that looking at every file can cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A command that is measured."""

    name: str
    argv: Sequence[str | Path]
    environ: Mapping[str, str]
    exit_code: int = 0


def measure(contenders: Sequence[Contender], rounds: int) -> dict[str, float]:
    """Return the median seconds of each contender; they take turns, so that load hits all alike."""
    seconds: dict[str, list[float]] = {one.name: [] for one in contenders}
    for _ in range(rounds):
        for one in contenders:
            started = time.perf_counter()
            run(one.argv, environ=one.environ).check(one.exit_code)
            seconds[one.name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(title: str, contenders: Sequence[Contender], rounds: int) -> None:
    """Print medians, and ratios to the first contender."""
    medians = measure(contenders, rounds)
    floor = next(iter(medians.values()))
    print(f"\n{title} ({rounds} rounds, medians)")  # noqa: T201 - this is a report
    for name, median in medians.items():
        print(f"  {name:44} {median * 1e3:8.1f} ms  {median / floor:5.1f}x")  # noqa: T201


def refused_plan(folder: Path, rounds: int) -> None:
    """A plan that is refused, offline."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        # Else the engine tries to download the interpreter that it is told of.
        workspace.environ["UV_PYTHON_DOWNLOADS"] = "never"
        spec = workspace.write_spec(python="3.10", torch="2.1.0", accelerator="cu116")
        environ = workspace.environ
        request = workspace.write("request.in", "torch==2.1.0+cu116\n")
        options = ["-q", "--no-config", "--python-version", "3.10"]
        options += ["--default-index", f"{index.pytorch}/cu118"]
        peer: list[str | Path] = [BIN / "uv", "pip", "compile", *options, request]
        report(
            "Refused plan: torch 2.1.0 for cu116",
            (
                Contender(name="python -c pass", argv=_python("pass"), environ=environ),
                Contender(
                    name="floor: pydantic, packaging, spec",
                    argv=[*_python(FLOOR), spec],
                    environ=environ,
                ),
                Contender(
                    name="torchenv plan",
                    argv=[BIN / "torchenv", "plan", spec],
                    environ=environ,
                    exit_code=2,
                ),
                Contender(name="uv pip compile, warm", argv=peer, environ=environ, exit_code=1),
            ),
            rounds,
        )


def nothing_to_do(folder: Path, rounds: int) -> None:
    """An apply with nothing to do, on tiny wheels."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        spec = workspace.write_spec(torch="2.2.0", accelerator="cu118")
        workspace.torchenv("apply").check()
        _report_no_op("tiny wheels", spec, workspace.environment, workspace.environ, rounds)


def nothing_to_do_real(folder: Path, rounds: int) -> None:
    """An apply with nothing to do, on the real torch of the example."""
    spec = Path(shutil.copy(EXAMPLE, folder))
    run([BIN / "torchenv", "apply", spec], environ=os.environ, timeout_s=900).check()
    _report_no_op("real torch 2.13.0+cpu", spec, folder / ".venv-cpu", os.environ, rounds)


def _report_no_op(
    what: str, spec: Path, environment: Path, environ: Mapping[str, str], rounds: int
) -> None:
    lock = spec.parent / f"pylock.{spec.stem}.toml"
    python = environment / "bin" / "python"
    environ = {**environ, "UV_CACHE_DIR": str(spec.parent / "uv-cache")}
    files = sum(len(names) for _, _, names in os.walk(environment))
    sync: list[str | Path] = [BIN / "uv", "pip", "sync", "-q", "--python", python, lock]
    run(sync, environ=environ)
    report(
        f"Nothing to do: {what}, {files} files",
        (
            Contender(name="python -c pass", argv=_python("pass"), environ=environ),
            Contender(
                name="os.scandir walk with stat",
                argv=[*_python(WALK), environment.resolve()],
                environ=environ,
            ),
            Contender(
                name="torchenv apply, every file looked at",
                argv=[BIN / "torchenv", "apply", spec],
                environ=environ,
            ),
            Contender(name="uv pip sync, names only", argv=sync, environ=environ),
        ),
        rounds,
    )


def _python(code: str) -> list[str | Path]:
    return [sys.executable, "-c", code]


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--real", action="store_true", help="also with the real torch")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    benches = [refused_plan, nothing_to_do, *([nothing_to_do_real] if options.real else [])]
    for bench in benches:
        with tempfile.TemporaryDirectory(prefix="torchenv-bench-") as name:
            bench(Path(name), options.rounds)


if __name__ == "__main__":
    main()
