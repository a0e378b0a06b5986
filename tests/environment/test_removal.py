"""Removing generations and whole environments, and nothing that somebody else made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from provisioner.environment import (
    Absent,
    destroy,
    inspect_environment,
    plan_destruction,
    plan_tidying,
    tidy,
)
from provisioner.events import Reporter
from provisioner.findings import WorldError
from tests.environment.kit import Project, release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def twice(project: Project) -> Project:
    """Return a project with two generations."""
    project.apply(project.lock(release("old")))
    project.apply(project.lock(release("new")))
    return project


def numbers(project: Project) -> list[str]:
    """Return the generations that are folders."""
    folder = project.root / ".torchenv/.venv"
    return sorted(path.name for path in folder.glob("0*") if not path.is_symlink())


def test_tidying_leaves_the_current_generation(twice: Project) -> None:
    """All others go, and what is freed is said before and after."""
    planned = plan_tidying(twice.link, keep=0)
    assert planned.generations == ("0001",)
    assert planned.size_bytes > 0
    assert numbers(twice) == ["0001", "0002"]
    assert tidy(twice.link, twice.environ, Reporter(), keep=0) == planned
    assert numbers(twice) == ["0002"]
    assert not twice.apply(twice.lock(release("new"))).did


def test_tidying_can_keep_some(twice: Project) -> None:
    """The newest stay."""
    assert tidy(twice.link, twice.environ, Reporter(), keep=1).generations == ()
    assert numbers(twice) == ["0001", "0002"]


def test_tidying_where_nothing_is(project: Project) -> None:
    """An environment that was never applied has nothing to remove, and nothing is written."""
    assert tidy(project.link, project.environ, Reporter(), keep=0).generations == ()
    assert list(project.root.iterdir()) == []


def test_tidying_waits_for_nobody_where_it_is_told_so(twice: Project) -> None:
    """Generations are not removed while an apply works."""
    with FileLock(twice.root / ".torchenv/.venv/lock"), pytest.raises(WorldError) as caught:
        tidy(twice.link, twice.environ, Reporter(), keep=0, wait=False)
    assert caught.value.findings[0].code == "TE606"
    assert numbers(twice) == ["0001", "0002"]


def test_destroying_leaves_nothing_of_torchenv(twice: Project) -> None:
    """Link, generations and notes go; spec and lock stay, and the next apply makes it anew."""
    planned = plan_destruction(twice.link)
    assert planned.generations == ("0001", "0002")
    assert destroy(twice.link, Reporter()) == planned
    names = sorted(path.name for path in twice.root.iterdir())
    assert names == ["pylock.torchenv.toml", "torchenv.toml"]
    assert inspect_environment(twice.link) == Absent()
    assert twice.apply(twice.lock(release("new"))).did


def test_what_another_tool_made_stays(project: Project) -> None:
    """An environment that was kept aside is not torchenv's to remove."""
    project.link.mkdir()
    (project.link / "pyvenv.cfg").write_text("")
    project.apply(project.lock(release("old")))
    kept = project.root / ".torchenv/.venv/0000-kept-1"
    removal = destroy(project.link, Reporter())
    assert removal.kept == (kept,)
    assert (kept / "pyvenv.cfg").is_file()
    assert not os.path.lexists(project.link)


@pytest.mark.parametrize("kind", ["environment", "link", "file", "folder"])
def test_what_is_not_ours_is_not_destroyed(project: Project, kind: str) -> None:
    """Whatever else is at the path, it is refused and left as it is."""
    _put(project.link, kind)
    with pytest.raises(WorldError) as caught:
        destroy(project.link, Reporter())
    expected = {"environment": "TE639", "link": "TE639", "file": "TE601", "folder": "TE602"}
    assert caught.value.findings[0].code == expected[kind]
    assert os.path.lexists(project.link)


def _put(path: Path, kind: str) -> None:
    if kind == "link":
        path.symlink_to("elsewhere")
    elif kind == "file":
        path.write_text("")
    else:
        path.mkdir()
        (path / ("pyvenv.cfg" if kind == "environment" else "data")).write_text("")
