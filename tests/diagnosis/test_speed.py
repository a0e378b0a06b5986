"""Huge and hostile texts cost about as much as small ones."""

from __future__ import annotations

import time

import pytest

from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose

COMPAT = load_compat()
ERROR = (
    "ERROR: Could not find a version that satisfies the requirement torch==2.1.0+cu116 "
    "(from versions: 1.13.0, 2.0.0)\nERROR: No matching distribution found for torch==2.1.0+cu116\n"
)
NOISE = {
    "progress": "   ━━━━━━━━━━━━━━━━━━━━━━━━ 62.4/619.9 MB 18.7 MB/s eta 0:00:30\n",
    "build": "gcc -Wall -Werror=format -c torch/csrc/error.cpp -o build/error_handling.o\n",
    "warnings": "WARNING: something could not be found: error: failed: 'torch' cannot be\n",
    "one line": "error: torch==2.1.0 (from ",
    "blanks": " " * 200,
    "escapes": "\x1b[31mERROR\x1b[0m: [notice] no module named 'x'\n",
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.parametrize("place", ["first", "last"])
def test_huge(noise: str, place: str) -> None:
    """5 MB around an error are answered in a second, and the error is found at either end."""
    around = noise * (5_000_000 // len(noise))
    text = ERROR + around if place == "first" else f"{around}\n{ERROR}"
    started = time.perf_counter()
    best = diagnose(text, COMPAT).best
    assert time.perf_counter() - started < 2  # a second on a quiet machine
    assert best is not None


@pytest.mark.parametrize("noise", ["progress", "build"])
def test_error_in_the_middle(noise: str) -> None:
    """An error between thousands of lines is found."""
    half = NOISE[noise] * (2_500_000 // len(NOISE[noise]))
    best = diagnose(half + ERROR + half, COMPAT).best
    assert best is not None
    assert best.category == "accelerator-tag"


@pytest.mark.parametrize(
    "piece",
    [
        "a" * 50,
        "((",
        "[[",
        "\\",
        "''\"",
        "torch==",
        "from versions: ",
        "undefined symbol: ",
        "| ",
        "install torch>=71 ls ",
        "from versions: ) location ",
        "not available from current channels:  - a - ",
        "resolvepackagenotfound:  - ",
        "project's python requirement (>=3, ",
        "torch/__init__.py no module named 'torch' ",
        "site-packages/torch/__init__.py it appears that pytorch has loaded ",
    ],
)
def test_hostile(piece: str) -> None:
    """No repetition makes an expression slow."""
    started = time.perf_counter()
    diagnose(piece * (200_000 // len(piece)), COMPAT)
    assert time.perf_counter() - started < 2
