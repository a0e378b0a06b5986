"""Two applies on one environment: one works, the other waits or is refused."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from provisioner.environment import apply_lock, environment_status
from provisioner.findings import WorldError
from tests.environment.kit import Project, Steps, make_project, release
from tests.environment.test_interruptions import ROOT, child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def paused(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Return a child that holds the lock of the project in ``tmp_path`` and waits for a line."""
    argv = child(tmp_path, "old", "pause", 1)
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Installing 4 packages\n"
        yield process
        process.kill()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return the project that the child works on."""
    return make_project(tmp_path)


class Releasing(Steps):
    """Lets the other process go on as soon as this one says that it waits."""

    def __init__(self, other: subprocess.Popen[str]) -> None:
        """Remember whom to let go."""
        super().__init__()
        self.other = other

    def step(self, text: str) -> None:
        """Answer the first step."""
        super().step(text)
        if text.startswith("Waiting") and self.other.stdin is not None:
            self.other.stdin.write("go\n")
            self.other.stdin.flush()


def test_the_second_waits_and_finds_nothing_to_do(
    paused: subprocess.Popen[str], project: Project
) -> None:
    """Who waited looks again: the work may have been done by the other."""
    steps = Releasing(paused)
    done = project.apply(project.lock(release("old")), steps)
    assert not done.did
    who = f"process {paused.pid} on {os.uname().nodename}"
    assert steps.steps == [f"Waiting for another apply ({who}) on {project.link}"]
    assert paused.wait() == 0


def test_the_second_applies_its_own_lock_afterwards(
    paused: subprocess.Popen[str], project: Project
) -> None:
    """Two different locks are applied one after the other and never mixed."""
    done = project.apply(project.lock(release("new")), Releasing(paused))
    assert (done.did, done.generation) == (True, 2)
    lock = project.lock(release("new"))
    assert environment_status(project.spec(), lock).state == "current"
    assert project.generations == ["0001", "0002"]


def test_no_wait_is_refused_with_the_holder(
    paused: subprocess.Popen[str], project: Project
) -> None:
    """Who does not want to wait is told who works there."""
    lock = project.lock(release("old"))
    with pytest.raises(WorldError) as caught:
        apply_lock(project.request(lock, wait=False))
    (finding,) = caught.value.findings
    assert finding.code == "TE606"
    who = f"process {paused.pid} on {os.uname().nodename}"
    assert finding.message == f"Another apply ({who}) is working on `{project.link}`."


def test_a_killed_holder_leaves_no_lock(paused: subprocess.Popen[str], project: Project) -> None:
    """The lock goes with its process, however that ends."""
    paused.kill()
    paused.wait()
    assert project.apply(project.lock(release("old"))).did


def test_a_right_environment_needs_no_lock(project: Project) -> None:
    """An apply with nothing to do never waits."""
    lock = project.lock(release("old"))
    project.apply(lock)
    with FileLock(project.root / ".torchenv/.venv/lock"):
        assert not apply_lock(project.request(lock, wait=False)).did


def test_a_lock_file_that_cannot_be_opened(project: Project) -> None:
    """Where the file system cannot lock there is a finding, and no apply without a lock."""
    (project.root / ".torchenv/.venv/lock").mkdir(parents=True)
    with pytest.raises(WorldError) as caught:
        project.apply(project.lock(release("old")))
    assert caught.value.findings[0].code == "TE603"
    assert "cannot be locked" in caught.value.findings[0].message
