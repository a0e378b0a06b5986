"""Killed while the locks of a spec are written: the old set, the new one, or a mixture, told.

Real processes and real ``SIGKILL``, at every point that there is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_killed_while_locks_are_written(tmp_path: Path) -> None:
    """No file is ever half written, a mixed set is refused (``TE460``), and locking again mends."""
    argv = [sys.executable, "-m", "tests.faults.lock_writing", str(tmp_path)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    kills = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(kills) >= 9
    sets = [tuple(kill["found"]) for kill in kills]
    assert sets[0] == ("old",) * 3
    assert {"neither"}.isdisjoint(one for found in sets for one in found)
    assert all(kill["again"] == ["new"] * 3 for kill in kills)
    mixed = [kill for kill in kills if len(set(kill["found"])) > 1]
    assert len(mixed) == 2
    for kill in kills:
        told = set(kill["codes"]) - {None}
        assert told == ({"TE460"} if kill in mixed else set())
