"""Every code has a long form, and every long form is whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import provisioner.explanations as package
from provisioner import toml
from provisioner.codes import TITLES
from provisioner.explanations import Explanation, explanation

if TYPE_CHECKING:
    from tests.support import Command

FILES: Final = sorted(Path(package.__file__).parent.glob("*.toml"))
ROWS: Final = [
    (file.stem, code, row)
    for file in FILES
    for code, row in toml.loads(file.read_text(encoding="utf-8")).items()
]
KEYS: Final = {"means", "why", "do", "example", "sources"}


def test_every_code_has_a_long_form() -> None:
    """No code is left with its title alone."""
    assert [code for code in TITLES if explanation(code) is None] == []


def test_no_long_form_is_of_nothing() -> None:
    """A long form whose code is gone, or misspelt, is told."""
    assert [code for _, code, _ in ROWS if code not in TITLES] == []


@pytest.mark.parametrize(("file", "code", "row"), ROWS, ids=[code for _, code, _ in ROWS])
def test_a_long_form_is_whole(file: str, code: str, row: dict[str, object]) -> None:
    """It stands in the file of its range, says what, why and what to do, in full sentences."""
    assert code.lower().startswith(file)
    assert {"means", "why", "do"} <= row.keys() <= KEYS
    for key in ("means", "why", "do"):
        text = str(row[key])
        assert text.endswith(".")
        assert "  " not in text
        assert text.count("`") % 2 == 0


@pytest.mark.parametrize("code", ["TE204", "TE305"])
def test_rules_of_others_have_sources(code: str) -> None:
    """What is not torchenv's own rule says where it is known from."""
    found = explanation(code)
    assert found is None or found.sources


def test_a_long_form_is_read() -> None:
    """Texts, example and sources come as they stand in the file."""
    assert explanation("TE102") == Explanation(
        code="TE102",
        title="The spec is not valid TOML",
        means="The spec cannot be read as TOML: a quote or bracket is missing, a key stands twice, "
        "or the file is not UTF-8.",
        why="TOML allows each key and each table once, and text only in quotes. Nothing can be "
        "said about the content of a file that cannot be parsed, so this is the only finding of "
        "the file.",
        do="Look at the line that the finding names, and at the one above it: a forgotten quote "
        "shows only where the next one stands.",
        example='[torch]\ntorch = "2.6',
        sources=("toml.io/en/v1.0.0",),
    )


@pytest.mark.parametrize("code", ["", "TE000", "te204", "TE999", "../te1"])
def test_what_is_no_code_has_none(code: str) -> None:
    """Only codes have long forms."""
    assert explanation(code) is None


def test_no_registry_is_named() -> None:
    """The texts say "the default index"."""
    for _, _, row in ROWS:
        assert not re.search(r"py" r"pi\.org", str(row))


@pytest.mark.e2e
def test_the_command(torchenv: Command) -> None:
    """A code is explained for people and for programs; one that is none leads to those near it."""
    shown = torchenv("explain", "te102").check().stdout
    assert shown.startswith("TE102: The spec is not valid TOML.")
    document = json.loads(torchenv("explain", "TE102", "--json").check().stdout)
    assert document["explanation"]["example"] == '[torch]\ntorch = "2.6'
    assert document["explanation"]["sources"] == ["toml.io/en/v1.0.0"]
    refused = torchenv("explain", "TE399").check(2).stderr
    assert refused.startswith("error TE903: There is no finding with the code `TE399`.")
    assert "near it are `TE330`, `TE331`" in torchenv("explain", "TE338").check(2).stderr
