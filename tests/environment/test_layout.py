"""The layout: names of generations, numbers that never return, links that can be read back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.environment._layout import Layout

LAYOUT = Layout(link=Path("/p/.venv"))


@given(st.integers(1, 10**6))
def test_a_link_names_its_number(number: int) -> None:
    """The link of a generation can be read back, whatever its number."""
    assert LAYOUT.number_of(LAYOUT.target(number)) == number


@pytest.mark.parametrize(
    "target", ["", "0001", ".torchenv/.venv/1", ".torchenv/.venv/x", ".torchenv/venv/0001"]
)
def test_other_links_have_no_number(target: str) -> None:
    """A link of any other form is not ours."""
    assert LAYOUT.number_of(target) is None


def test_numbers_never_return(tmp_path: Path) -> None:
    """A number is given out once, also when its folder or the counter is gone or damaged."""
    layout = Layout(link=tmp_path / ".venv")
    layout.create_root()
    assert [layout.next_number() for _ in range(3)] == [1, 2, 3]
    layout.generation(7).folder.mkdir()
    assert layout.next_number() == 8
    shutil.rmtree(layout.generation(7).folder)
    assert layout.next_number() == 9
    (layout.root / "last-generation").write_text("damaged")
    layout.generation(12).folder.mkdir()
    assert layout.next_number() == 13


def test_two_environments_of_one_folder_are_apart(tmp_path: Path) -> None:
    """Environments side by side share `.torchenv` and nothing else."""
    one, two = Layout(link=tmp_path / ".venv"), Layout(link=tmp_path / "cu118")
    assert one.folder == two.folder
    assert one.root != two.root
    one.create_root()
    two.create_root()
    assert (one.next_number(), two.next_number()) == (1, 1)
