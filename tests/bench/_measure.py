"""Commands that take turns, and a report of their medians beside the first of them."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


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


def python(code: str) -> list[str | Path]:
    """Return the command that runs ``code`` in the Python of the benches."""
    return [sys.executable, "-c", code]
