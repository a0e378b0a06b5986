"""A pasted text loses what terminals and CI services add, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.diagnosis._normalise import normalise

ERROR = "ERROR: No matching distribution found for torch"


@pytest.mark.parametrize(
    "prefix",
    [
        "2024-05-01T12:34:56.1234567Z ",
        "build\tInstall\t2024-05-01T12:34:56.1234567Z ",
        "#7 12.34 ",
        "[2024-05-01T12:34:56.123Z] ",
        "12:34:56 ",
        "[12:34:56] ",
        "web-1  | ",
        "remote: ",
        "> ",
        "\x1b[31m",
        "[31m",
        "*** ",
        "  │ ",
        "2024-05-01T12:34:56Z #7 12.34 ",
    ],
)
def test_prefix(prefix: str) -> None:
    """What stands before a line does not matter."""
    assert normalise(prefix + ERROR).flow == ERROR.lower()


def test_wrapped_at_the_width_of_a_terminal() -> None:
    """Words that a terminal broke at its width are whole again."""
    line = (
        "error: could not install torch because there is no space left on device at all, really "
        * 2
    )
    wrapped = "\n".join(line[at : at + 70] for at in range(0, len(line), 70))
    assert normalise(wrapped).flow == " ".join(line.split())


def test_wrapped_between_words() -> None:
    """Words that a tool wrapped and indented follow each other."""
    text = "  \xd7 No solution found\n  ╰─▶ Because torch==2.6.0 has no\n      wheels with a tag"
    assert normalise(text).flow == "no solution found because torch==2.6.0 has no wheels with a tag"


def test_control_characters() -> None:
    """Neither control characters nor marks of direction get through."""
    text = normalise("a\x00b\x1b]0;title\x07c\u202ed\r\ne")
    assert text.lines == ("abcd", "e")


@given(st.text(max_size=300))
def test_every_text(raw: str) -> None:
    """Every text can be read, and every position belongs to a line."""
    text = normalise(raw)
    assert len(text.starts) == len(text.lines)
    for position in range(len(text.flow)):
        assert 0 <= text.line_at(position) < len(text.lines)
