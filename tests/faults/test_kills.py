"""Killed at any point: the environment is the old one or the new one, and the next run converges.

Real processes and real ``SIGKILL``; ``killing`` says how the points are chosen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.killing import points
from tests.faults.operations import OPERATIONS, Operation

ROOT = Path(__file__).parents[2]
POINTS = {
    "first apply": 8,
    "upgrade": 10,
    "switch of accelerator": 8,
    "repair": 8,
    "rollback": 8,
    "rollback at once": 4,
    "adopting": 8,
    "in place": 10,
    "undoing in place": 6,
    "clean-up": 6,
    "destroying": 6,
}
"""How many points of each operation are tried; ``python -m tests.faults`` tries more."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_killed_at_any_point(fast: Path, operation: Operation) -> None:
    """After each kill: old or new, told as it is, and done again it is as if nothing had been."""
    argv = [sys.executable, "-m", "tests.faults.killing", str(fast), operation.name]
    done = subprocess.run(
        [*argv, str(POINTS[operation.name])], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first, *kills = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(kills) == POINTS[operation.name]
    assert kills[-1]["point"] == first["total"]
    assert [kill for kill in kills if kill["wrong"]] == []


def test_there_are_enough_points() -> None:
    """Every operation is killed, at sixty points in all or more."""
    assert POINTS.keys() == {operation.name for operation in OPERATIONS}
    assert sum(POINTS.values()) >= 60


def test_points_are_spread_evenly() -> None:
    """The first and the last are among them, and where there are few all are taken."""
    assert points(3, 10) == [1, 2, 3]
    assert points(100, 4) == [1, 34, 67, 100]
