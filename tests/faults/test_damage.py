"""Files that are not as they were, clocks that are wrong, folders that were moved."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import apply_lock, environment_status
from provisioner.findings import SpecError, TorchenvError
from provisioner.spec import load_spec
from tests.environment.kit import Project, make_project, stored
from tests.faults.operations import holds, wheels_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.lockfile import Lock


@pytest.fixture
def applied(fast: Path) -> Project:
    """Return a project with an environment that is right."""
    project = make_project(fast)
    project.apply(project.lock(wheels_of("old")))
    return project


def lock_of(project: Project) -> Lock:
    """Return the lock of the environment."""
    return project.lock(wheels_of("old"))


def state(project: Project) -> str:
    """Return what ``status`` says."""
    return environment_status(project.spec(), lock_of(project)).state


def change(path: Path) -> None:
    """Change one byte, keeping the size."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def truncate(path: Path) -> None:
    """Cut it."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


def delete(path: Path) -> None:
    """Remove it."""
    path.unlink()


def make_link(path: Path) -> None:
    """Put a link in its place, to the same bytes elsewhere."""
    elsewhere = path.with_name(f"{path.name}.elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def add(path: Path) -> None:
    """Put another file beside it."""
    path.with_name("sneaky.py").write_text("print('here')\n")


@pytest.mark.parametrize("harm", [change, truncate, delete, make_link, add])
def test_a_file_that_is_not_as_it_was(applied: Project, harm: Callable[[Path], None]) -> None:
    """Every kind of change is noticed and named, and the next apply makes it right."""
    path = applied.site / "torch/version.py"
    harm(path)
    found = environment_status(applied.spec(), lock_of(applied))
    assert found.state == ("drifted" if harm is add else "damaged")
    name = "torch/sneaky.py" if harm is add else "torch/version.py"
    assert any(name in one.why for one in found.findings)
    done = applied.apply(lock_of(applied))
    assert done.did
    assert holds(applied.site, "old")
    assert state(applied) == "current"


@pytest.mark.parametrize("harm", [change, truncate, delete])
def test_a_wheel_that_is_not_as_it_was(fast: Path, harm: Callable[[Path], None]) -> None:
    """A wheel with other bytes than its hash says never reaches an environment."""
    project = make_project(fast)
    lock = lock_of(project)
    torch = next(each for each in lock.packages if each.name == "torch")
    harm(stored(project.store, torch.wheel))
    with pytest.raises(TorchenvError):
        project.apply(lock)
    assert not os.path.lexists(project.link)
    # There is nowhere to fetch it from in this test, so its own bytes come back by hand.
    stored(project.store, torch.wheel).unlink(missing_ok=True)
    assert project.apply(lock_of(project)).did
    assert holds(project.site, "old")


@pytest.mark.parametrize("year", [1990, 2090])
def test_a_clock_that_is_wrong(applied: Project, year: int) -> None:
    """Times of notes, locks and folders decide nothing, whichever way the clock was wrong."""
    seconds = (year - 1970) * 365 * 86400
    for path in (applied.root / ".torchenv").rglob("*"):
        if not path.is_relative_to(applied.current) or path.is_dir():
            os.utime(path, (seconds, seconds), follow_symlinks=False)
    assert not applied.apply(lock_of(applied)).did
    assert applied.apply(applied.lock(wheels_of("new"))).did
    assert holds(applied.site, "new")


@pytest.mark.parametrize(
    "name",
    ["with two  spaces", "Umgebung für Übung 環境 🔥", "x" * 200, "quote ' and \" and $HOME", "-x"],
    ids=["spaces", "letters", "long", "shell", "hyphen"],
)
def test_unusual_paths(fast: Path, name: str) -> None:
    """An environment works at any path, its scripts too."""
    project = make_project(fast / name)
    project.apply(project.lock(wheels_of("old")))
    assert state(project) == "current"
    script = project.link / "bin/torchrun"
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_project_that_was_moved(fast: Path) -> None:
    """A moved environment is named as such and built at its new place; nothing is left of it."""
    project = make_project(fast / "here")
    project.apply(project.lock(wheels_of("old")))
    shutil.move(fast / "here", fast / "there")
    moved = make_project(fast / "there")
    found = environment_status(moved.spec(), lock_of(moved))
    assert found.state == "damaged"
    assert "it was moved or copied from" in found.findings[0].why
    assert moved.apply(lock_of(moved)).did
    assert state(moved) == "current"
    done = subprocess.run([moved.link / "bin/torchrun", "--help"], check=False, capture_output=True)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("moved", "found"), [(".venv", "absent"), (".torchenv", "damaged")], ids=["link", "folder"]
)
def test_an_environment_that_was_moved(applied: Project, moved: str, found: str) -> None:
    """Its link, or the folder that it leads to: the next apply has it where it belongs."""
    (applied.root / moved).rename(applied.root / "elsewhere")
    assert state(applied) == found
    assert applied.apply(lock_of(applied)).did
    assert state(applied) == "current"
    assert holds(applied.site, "old")
    assert (applied.root / "elsewhere").exists()


def test_a_spec_that_was_deleted(applied: Project) -> None:
    """Without a spec there is a finding, and the environment goes on working."""
    request = applied.request(lock_of(applied))
    (applied.root / "torchenv.toml").unlink()
    with pytest.raises(SpecError) as caught:
        load_spec(applied.root / "torchenv.toml")
    assert caught.value.findings[0].code == "TE101"
    assert not apply_lock(request).did
    assert holds(applied.site, "old")
