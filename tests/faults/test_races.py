"""Applies that race: whichever way it goes, the environment is one of theirs, whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.environment.kit import make_project
from tests.faults.operations import holds, no_litter, told_of

ROOT = Path(__file__).parents[2]


def test_applies_that_race(fast: Path) -> None:
    """Three processes apply two locks at once; all succeed, and what is there is one of the two."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.environment.child", str(fast), name, "none", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in ("old", "new", "old")
    ]
    outputs = [child.communicate()[0] for child in children]
    assert [child.returncode in {0, 10} for child in children] == [True] * 3, outputs
    project = make_project(fast)
    name = next(each for each in ("old", "new") if holds(project.site, each))
    assert told_of(project, name) == "current"
    no_litter(project)
