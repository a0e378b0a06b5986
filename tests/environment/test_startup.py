"""What a package runs at every start of Python is known from what the store has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.environment import environment_changes, records_folder, with_startup
from provisioner.environment._startup import startup_files
from tests.environment.kit import Project, stored, tiny, trio
from tests.support.wheels import text_member

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Changes
    from provisioner.lockfile import Lock


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("hook.pth", "hook.pth"),
        ("hook.start", "hook.start"),
        ("sitecustomize.py", "sitecustomize.py"),
        ("usercustomize/__init__.py", "usercustomize/__init__.py"),
        ("demo-1.data/purelib/hook.pth", "hook.pth"),
        ("demo-1.data/data/lib/python3.12/site-packages/hook.pth", "hook.pth"),
        ("package/hook.pth", None),
        ("package/sitecustomize.py", None),
        ("sitecustomize.txt", None),
        ("demo-1.data/data/hook.pth", None),
    ],
)
def test_what_python_runs_lies_at_the_top(member: str, shown: str | None) -> None:
    """Only files of these names at the top of ``site-packages`` run by themselves."""
    assert startup_files(f"{member},sha256=x,1\n".encode()) == ((shown,) if shown else ())


def hooked(project: Project) -> Lock:
    """Return a lock of a package with a ``.pth``."""
    return project.lock([*trio(), tiny("hook", "1.0", members=(text_member("hook.pth", "\n"),))])


def told(project: Project, lock: Lock) -> Changes:
    """Return the changes with what runs at every start."""

    def find(wheel: object) -> Path:
        return next(stored(project.store, one.wheel) for one in lock.packages if one.wheel is wheel)

    changes = environment_changes(project.spec(), lock)
    return with_startup(changes, lock, records_folder(project.environ), find)


def test_it_is_told_of_the_package_that_comes(project: Project) -> None:
    """The package is named with its file, all others have none."""
    found = {one.name: one.startup for one in told(project, hooked(project)).added}
    assert found.pop("hook") == ("hook.pth",)
    assert set(found.values()) == {()}


def test_nothing_is_told_of_a_wheel_that_is_not_there(project: Project) -> None:
    """Without the wheel and its RECORD nothing is known, and that is no failure."""
    lock = hooked(project)
    for package in lock.packages:
        stored(project.store, package.wheel).unlink()
    assert {one.startup for one in told(project, lock).added} == {()}
