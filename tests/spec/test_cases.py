"""Every case of ``tests/spec/cases``: what is said about a bad spec, word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.codes import TITLES
from tests.spec.cases_io import BAD, GOOD, expected_of, findings_of, render

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_spec_is_explained(path: Path) -> None:
    """A bad spec gets exactly the findings that its file states, all at once."""
    text = path.read_text(encoding="utf-8")
    expected = expected_of(text)
    assert expected, "the case states no findings"
    assert render(findings_of(text, path)) == expected


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_findings_are_complete(path: Path) -> None:
    """Each finding has a known code, the file, a remedy, and nothing of a credential."""
    for finding in findings_of(path.read_text(encoding="utf-8"), path):
        assert finding.code in TITLES
        assert finding.where is not None
        assert finding.where.file is not None
        assert finding.where.file.endswith(path.name)
        assert finding.message
        assert finding.why
        assert finding.do
        assert "hunter2" not in f"{finding.message} {finding.why} {finding.do}"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_spec_is_accepted(path: Path) -> None:
    """A good spec has no findings."""
    assert findings_of(path.read_bytes().decode(), path) == ()


def test_every_code_of_the_text_has_a_case() -> None:
    """The cases cover every code that the text of a spec can lead to."""
    stated = {
        line[2:7] for path in BAD for line in path.read_text().splitlines() if line[:4] == "# TE"
    }
    assert stated == {"TE102", "TE103", "TE104", "TE105", "TE106", "TE107"}
