"""Finding codes: every one that is used is listed, and every one that is listed is used."""

from __future__ import annotations

import re
from pathlib import Path

from provisioner.codes import TITLES

SOURCE = Path(__file__).parents[2] / "provisioner"
TESTS = Path(__file__).parents[1]
CODE = re.compile(r"\bTE\d{3}\b")


def codes_in(folder: Path, *, but: str) -> set[str]:
    """Return the codes that stand in the code and the rules of a folder."""
    files = (*folder.rglob("*.py"), *folder.rglob("rules/*.toml"))
    texts = (path.read_text(encoding="utf-8") for path in files if path.name != but)
    return {code for text in texts for code in CODE.findall(text)}


def test_used_codes_are_listed() -> None:
    """No finding has a code without a title."""
    assert codes_in(SOURCE, but="codes.py") <= TITLES.keys()


def test_listed_codes_are_used() -> None:
    """No title stands for a code that nothing gives."""
    assert TITLES.keys() <= codes_in(SOURCE, but="codes.py")


def test_every_code_is_tested() -> None:
    """Every code is provoked, or at least named, by a test or a case."""
    cases = {
        code
        for path in TESTS.rglob("*.toml")
        for code in CODE.findall(path.read_text(errors="replace"))
    }
    tested = codes_in(TESTS, but="test_codes.py") | cases
    assert sorted(TITLES.keys() - tested) == []


def test_titles_are_short_lines() -> None:
    """A title is one short line without a full stop."""
    for title in TITLES.values():
        assert len(title) <= 80
        assert not title.endswith(".")
