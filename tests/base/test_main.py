"""The program's boundary: no failure reaches the user as a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from provisioner.cli._main import _unexpected, main


def test_unexpected_failure_is_kept_in_a_file() -> None:
    """What torchenv does not know ends as a finding that names a log with the traceback."""
    finding = _unexpected(KeyError("missing"))
    assert finding.code == "TE902"
    match = re.search(r"`(\S+\.log)`", finding.why)
    assert match
    log = Path(match[1])
    assert "KeyError: 'missing'" in log.read_text()
    log.unlink()


def test_exit_codes_without_a_process(tmp_path: Path) -> None:
    """The whole program can be called as a function."""
    assert main(["--version"]) == 0
    assert main(["plan", str(tmp_path / "missing.toml"), "--quiet"]) == 2
