"""The switch itself: one rename, and what happens where the system cannot exchange two names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import Absent, Foreign
from provisioner.environment._layout import Layout
from provisioner.environment._switch import exchange_names, recover, switch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return the layout of an environment with one generation that is not used yet."""
    made = Layout(link=tmp_path / ".venv")
    made.create_root()
    made.generation(1).folder.mkdir()
    return made


def never(one: Path, two: Path) -> bool:  # noqa: ARG001 - the seam's form
    """Stand in for a file system that cannot exchange."""
    return False


def foreign(layout: Layout) -> None:
    """Put a folder of somebody else at the environment's path."""
    layout.link.mkdir()
    (layout.link / "mine.txt").write_text("mine")


@pytest.mark.parametrize("exchange", [exchange_names, never])
def test_a_folder_is_kept_whole(layout: Layout, exchange: object) -> None:
    """With or without an exchange in one step the folder is kept, and nothing else is left."""
    foreign(layout)
    (note,) = switch(layout, layout.generation(1), Foreign(kind="folder"), exchange=exchange)  # type: ignore[arg-type]  # both are
    assert note.code == "TE605"
    assert str(layout.link.readlink()) == ".torchenv/.venv/0001"
    assert (layout.root / "0000-kept-1/mine.txt").read_text() == "mine"
    assert sorted(path.name for path in layout.root.iterdir()) == ["0000-kept-1", "0001"]


def test_the_exchange_is_one_step(tmp_path: Path) -> None:
    """On Linux and macOS two names change places without a moment in between."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.symlink_to("nowhere")
    assert exchange_names(one, two)
    assert one.is_symlink()
    assert two.is_dir()
    assert not exchange_names(one, tmp_path / "missing")


def test_a_failed_switch_puts_the_folder_back(layout: Layout) -> None:
    """Where the link cannot be made the folder is where it was."""
    foreign(layout)
    layout.new_link.mkdir()
    (layout.new_link / "in the way").write_text("")
    with pytest.raises(OSError, match=r"[Dd]irectory|permitted"):
        switch(layout, layout.generation(1), Foreign(kind="folder"), exchange=never)
    assert (layout.link / "mine.txt").read_text() == "mine"


def test_a_kill_between_two_renames_is_undone(layout: Layout) -> None:
    """The note on disk lets the next apply put back what was on its way."""
    foreign(layout)
    (layout.root / "moving-aside").write_text("0000-kept-1\n")
    layout.link.rename(layout.root / "0000-kept-1")
    layout.new_link.symlink_to(".torchenv/.venv/0001")
    recover(layout)
    assert (layout.link / "mine.txt").read_text() == "mine"
    assert sorted(path.name for path in layout.root.iterdir()) == ["0001"]
    assert not layout.new_link.is_symlink()


def test_a_kill_before_the_exchange_is_undone(layout: Layout) -> None:
    """The link that was prepared for an exchange is removed, what was kept before is not."""
    foreign(layout)
    (layout.root / "0000-kept-1").mkdir()
    (layout.root / "0000-kept-2").symlink_to("/somewhere/else")
    (layout.root / "0000-kept-3").symlink_to(".torchenv/.venv/0001")
    recover(layout)
    assert (layout.link / "mine.txt").exists()
    assert sorted(path.name for path in layout.root.iterdir()) == [
        "0000-kept-1",
        "0000-kept-2",
        "0001",
    ]


def test_recovering_from_nothing_changes_nothing(layout: Layout) -> None:
    """Where no switch was interrupted there is nothing to undo."""
    switch(layout, layout.generation(1), Absent())
    recover(layout)
    assert str(layout.link.readlink()) == ".torchenv/.venv/0001"


def test_an_empty_folder_that_is_not_empty_any_more(layout: Layout) -> None:
    """A folder that was filled in the meantime is not removed."""
    foreign(layout)
    with pytest.raises(OSError, match="not empty"):
        switch(layout, layout.generation(1), Absent(empty_folder=True))
    assert os.listdir(layout.link) == ["mine.txt"]  # noqa: PTH208 - the plainest question
