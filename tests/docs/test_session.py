"""The checks themselves: a page that is wrong must not pass."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs._pages import Block, read_page
from tests.docs._session import World, matches, parse_console, run_page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty folder and nothing changed."""
    for name in ("reader", "stage"):
        (tmp_path / name).mkdir()
    return World(
        folder=tmp_path / "reader",
        stage=tmp_path / "stage",
        environ={"PATH": os.environ["PATH"]},
        python=sys.executable,
    )


def _block(text: str, *, language: str = "console", marks: tuple[str, ...] = ()) -> Block:
    return Block(page="page.md", line=1, language=language, marks=marks, text=text)


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        ("one\n", "one\n"),
        ("one ... three\n", "one two three\n"),
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n"),
        ("one\n...\ntwo\n", "one\ntwo\n"),
        ("...\n", ""),
        ("", ""),
        ("one\n", "one   \n\n"),
    ],
)
def test_what_matches(shown: str, output: str) -> None:
    """``...`` is anything within a line, or any lines; spaces at line ends do not count."""
    assert matches(shown, output)


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        ("one\n", "two\n"),
        ("one\n", "one\ntwo\n"),
        ("one ... three\n", "one\nthree\n"),
        ("", "one\n"),
        ("a.c\n", "abc\n"),
    ],
)
def test_what_does_not_match(shown: str, output: str) -> None:
    """An output that the page does not show is a difference, and a dot is a dot."""
    assert not matches(shown, output)


def test_a_page_runs_in_one_shell(world: World) -> None:
    """Folder, variables and the last exit code carry over from block to block."""
    page = [
        _block("one\n", language="toml", marks=("file=sub/one.txt",)),
        _block("$ cd sub\n$ word=kept\n"),
        _block("$ cat one.txt && echo $word\none\nkept\n$ false\n$ echo $?\n1\n"),
        _block("open('made.txt', 'w').write('two')\nprint('done')\n", language="python"),
        _block("done\n", language="text", marks=("output",)),
        _block("two\n", language="toml", marks=("shows=made.txt",)),
        _block("$ printf '%s\\n' \\\n> three\nthree\n"),
    ]
    assert run_page(page, world) == []


def test_another_output_is_told_with_its_place(world: World) -> None:
    """The message has page, line, command, what was printed and what is shown."""
    problems = run_page([_block("$ echo one\ntwo\n")], world)
    assert problems == ["page.md:2: `echo one` printed:\none\n\nthe page shows:\ntwo\n"]


def test_a_failure_must_be_shown(world: World) -> None:
    """A command that fails is a problem unless ``echo $?`` comes next, and the reverse."""
    assert run_page([_block("$ false\n")], world) == ["page.md:2: `false` ended with 1:\n"]
    assert run_page([_block("$ true\n$ echo $?\n0\n")], world) == [
        "page.md:2: `true` ended with 0:\n"
    ]


def test_a_shell_that_ends_is_told(world: World) -> None:
    """Commands that were never reached do not count as passed."""
    problems = run_page([_block("$ exit 3\n$ echo one\none\n")], world)
    assert problems == ["page.md:2: the shell ended here:\n"]


def test_output_before_a_command_is_refused() -> None:
    """A console block begins with a command."""
    with pytest.raises(ValueError, match=r"page\.md:1: begins with no `\$ ` command"):
        parse_console(_block("one\n$ echo one\n"))


def test_a_page_is_taken_apart(tmp_path: Path) -> None:
    """Blocks know their line and marks; links and anchors are found; code is not prose."""
    path = tmp_path / "page.md"
    path.write_text(
        "# The `first` part, 2nd\n\n[a link](other.md#x)\n\n```toml spec file=a.toml\nx = 1\n```\n"
    )
    page = read_page(path, tmp_path)
    assert page.anchors == {"the-first-part-2nd"}
    assert page.links == ("other.md#x",)
    (block,) = page.blocks
    assert (block.place, block.language, block.text) == ("page.md:5", "toml", "x = 1\n")
    assert (block.marks, block.value("file"), block.value("shows")) == (
        ("spec", "file=a.toml"),
        "a.toml",
        None,
    )
