"""Outputs of real tools, each with the code of its cause."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from provisioner import toml
from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose

COMPAT: Final = load_compat()
FILES: Final = sorted((Path(__file__).parent / "cases").glob("*.toml"))
CASES: Final = [
    pytest.param(case["code"], case["text"], id=f"{file.stem}-{number}-{case['code']}")
    for file in FILES
    for number, case in enumerate(toml.loads(file.read_text(encoding="utf-8"))["case"])
]


@pytest.mark.parametrize(("code", "text"), CASES)
def test_cause(code: str, text: str) -> None:
    """The first cause is the true one."""
    best = diagnose(text, COMPAT).best
    assert best is not None
    assert best.code == code


@pytest.mark.parametrize(("code", "text"), CASES)
@pytest.mark.parametrize("prefix", ["2025-02-03T04:05:06.7890123Z ", "#12 34.56 ", "\x1b[91m"])
def test_cause_in_a_log(code: str, text: str, prefix: str) -> None:
    """It stays the first in the log of a CI service or a container."""
    logged = "\n".join(prefix + line for line in text.splitlines())
    best = diagnose(logged, COMPAT).best
    assert best is not None
    assert best.code == code


@pytest.mark.parametrize(("code", "text"), CASES)
@pytest.mark.parametrize("width", [80, 120])
def test_cause_in_a_narrow_terminal(code: str, text: str, width: int) -> None:
    """It stays the first where a terminal broke the lines."""
    broken = [
        line[at : at + width]
        for line in text.splitlines()
        for at in range(0, max(len(line), 1), width)
    ]
    best = diagnose("\n".join(broken), COMPAT).best
    assert best is not None
    assert best.code == code
