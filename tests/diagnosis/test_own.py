"""Our own failures: the cause is added to the finding, and long output is kept."""

from __future__ import annotations

import re
from pathlib import Path

from provisioner.diagnosis.own import with_cause, with_log
from provisioner.findings import Finding

FINDING = Finding(
    code="TE701", message="The new environment cannot import `torch`.", why="It said: x", do="Look."
)


def test_cause() -> None:
    """A cause that the output gives away comes first, and its code says where to read on."""
    said = "ImportError: libtorch_cpu.so: cannot enable executable stack as shared object requires"
    found = with_cause(FINDING, said)
    assert found.code == "TE701"
    assert found.message == FINDING.message
    assert found.why.startswith("A library of this torch build is marked as needing an executable")
    assert found.why.endswith("\nIt said: x")
    assert found.do == "Look. `torchenv explain TE869` says more."


def test_no_cause() -> None:
    """Output that no rule knows, or that only allows a guess, adds nothing."""
    assert with_cause(FINDING, "Boom: 7") == FINDING


def test_short_output_is_not_kept() -> None:
    """What the finding quotes whole needs no file."""
    assert with_log(FINDING, "a\nb\n", quoted_lines=2) == FINDING


def test_long_output_is_kept_without_secrets() -> None:
    """Longer output is in a file that the finding names."""
    said = "https://me:pw@a.example\n" * 3
    found = with_log(FINDING, said, quoted_lines=2)
    path = re.search(r"`(.*\.log)`", found.do)
    assert path is not None
    log = Path(path[1])
    assert log.read_text() == "https://****@a.example\n" * 3
    log.unlink()
