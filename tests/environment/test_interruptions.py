"""Killed or interrupted at any moment: the environment is the old one or the new one, complete.

Real processes and real signals; the moment is an event that the apply reports, so nothing depends
on time. Every phase of an apply begins with such an event, and the engine reports some in between.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import environment_status
from tests.environment.kit import Project, make_project, release

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
EVENTS = 13
"""Events of an apply of either release; ``test_the_events_are_all_tried`` checks it."""


def child(folder: Path, *words: str | int) -> list[str]:
    """Return the command line of a child that applies."""
    module = [sys.executable, "-m", "tests.environment.child", str(folder)]
    return [*module, *map(str, words)]


def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a child to its end."""
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def state(project: Project, name: str) -> str:
    """Return the environment's state against a release."""
    return environment_status(project.spec(), project.lock(release(name))).state


def torch_version(project: Project) -> str:
    """Ask the environment itself."""
    code = "import torch, torchvision, torchaudio; print(torch.__version__)"
    python = project.link / "bin/python"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def litter(project: Project) -> list[str]:
    """Return what an apply may leave only while it works."""
    patterns = (".*torchenv-new", ".torchenv-probe-*", ".torchenv/.venv/*.gone")
    found = [path.name for pattern in patterns for path in project.root.glob(pattern)]
    building = project.root.glob(".torchenv/.venv/*/.building")
    return [*found, *map(str, building)]


def test_the_events_are_all_tried(tmp_path: Path) -> None:
    """The tests below try every event of an apply."""
    done = run(child(tmp_path, "old", "count", 0))
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == EVENTS


@pytest.mark.parametrize("event", range(1, EVENTS + 1))
def test_killed_while_switching_to_another_release(tmp_path: Path, event: int) -> None:
    """After SIGKILL at any event the old or the new environment is there, and the next heals."""
    project = make_project(tmp_path)
    project.apply(project.lock(release("old")))
    done = run(child(tmp_path, "new", "SIGKILL", event))
    assert done.returncode == -signal.SIGKILL
    is_new = project.link.readlink() == Path(".torchenv/.venv/0002")
    assert state(project, "new" if is_new else "old") == "current"
    assert torch_version(project) == ("2.2.1+cpu" if is_new else "2.2.0+cpu")
    again = project.apply(project.lock(release("new")))
    assert again.did == (not is_new)
    assert state(project, "new") == "current"
    assert litter(project) == []
    assert len(project.generations) == 2
    assert not project.apply(project.lock(release("new"))).did


@pytest.mark.parametrize("event", range(1, EVENTS + 1, 3))
def test_killed_on_a_fresh_machine(tmp_path: Path, event: int) -> None:
    """After SIGKILL of a first apply there is nothing or a whole environment, never a part."""
    project = make_project(tmp_path)
    done = run(child(tmp_path, "old", "SIGKILL", event))
    assert done.returncode == -signal.SIGKILL
    assert state(project, "old") == ("current" if project.link.is_symlink() else "absent")
    assert project.apply(project.lock(release("old"))).did == (event != EVENTS)
    assert state(project, "old") == "current"
    assert litter(project) == []
    assert len(project.generations) == 1


@pytest.mark.parametrize("event", range(1, EVENTS + 1, 2))
def test_ctrl_c(tmp_path: Path, event: int) -> None:
    """Ctrl-C at any event leaves the old or the new environment, and removes the rest at once."""
    project = make_project(tmp_path)
    project.apply(project.lock(release("old")))
    done = run(child(tmp_path, "new", "SIGINT", event))
    assert (done.returncode, done.stderr) == (130, "")
    is_new = project.link.readlink() == Path(".torchenv/.venv/0002")
    assert state(project, "new" if is_new else "old") == "current"
    assert litter(project) == []
    assert project.generations == (["0001", "0002"] if is_new else ["0001"])


def test_ctrl_c_ends_the_engine_too(tmp_path: Path) -> None:
    """No child process goes on writing after an interrupted apply has ended."""
    marker = f"marker-{os.getpid()}"
    folder = tmp_path / marker
    run(child(folder, "old", "SIGINT", 3))
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert not [line for line in left.stdout.splitlines() if marker in line]


def test_a_generation_that_is_still_written_to_is_removed_later(tmp_path: Path) -> None:
    """What an engine that outlived its apply still writes harms nobody, since no number returns."""
    project = make_project(tmp_path)
    run(child(tmp_path, "old", "SIGKILL", 3))
    assert project.generations == ["0001"]
    project.apply(project.lock(release("old")))
    # An engine that outlived the kill may have made the folder of 0001 again meanwhile.
    assert project.generations[-1] == "0002"
    late = project.root / ".torchenv/.venv/0001.gone"
    late.mkdir()
    (late / "late.txt").write_text("written by an orphan")
    project.apply(project.lock(release("new")))
    assert project.generations == ["0002", "0003"]
