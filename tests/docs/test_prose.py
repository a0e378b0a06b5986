"""How the pages are written."""

from __future__ import annotations

import re

import pytest

from tests.docs._pages import Page, pages

_SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)[.?!]\s+(?=[A-Z`\[])")


def _prose_lines(page: Page) -> list[tuple[int, str]]:
    """Return (number, line) of what is neither code nor a table."""
    lines, is_code = [], False
    for number, line in enumerate(page.text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code and not line.startswith("|"):
            lines.append((number, line))
    return lines


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_one_sentence_per_line(page: Page) -> None:
    """A sentence has a line of its own, so that a change of one is a difference of one line.

    A numbered or bulleted point may begin with a bold heading sentence.
    """
    crowded = [
        f"{page.name}:{number}: {line}"
        for number, line in _prose_lines(page)
        if _SENTENCE_END.search(re.sub(r"^\s*(?:[-*]|\d+\.)\s+(?:\*\*.*?\*\*\s*)?", "", line))
    ]
    assert crowded == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_has_one_title_and_ends_with_a_newline(page: Page) -> None:
    """The first line is the title, and there is no second one."""
    assert page.text.startswith("# ")
    assert [number for number, line in _prose_lines(page) if line.startswith("# ")] == [1]
    assert page.text.endswith("\n")
    assert not page.text.endswith("\n\n")
