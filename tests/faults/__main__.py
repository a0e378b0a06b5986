"""Kills every operation at many points and prints what was found: ``python -m tests.faults 40``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.conftest import MEMORY
from tests.faults.operations import OPERATIONS

_ROW = "{:24} {:>7} {:>7}  {:36} {}\n"


def main(wanted: str = "40") -> int:
    """Print a row for each operation; returns 1 where anything was not as promised."""
    write = sys.stdout.write
    write(_ROW.format("operation", "points", "killed", "found", "converged"))
    wrong = 0
    for operation in OPERATIONS:
        folder = MEMORY if MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(prefix="torchenv-faults-", dir=folder) as name:
            argv = [sys.executable, "-m", "tests.faults.killing", name, operation.name, wanted]
            done = subprocess.run(argv, capture_output=True, text=True, check=True)
        first, *kills = [json.loads(line) for line in done.stdout.splitlines()]
        states = Counter(kill["state"] for kill in kills)
        found = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        bad = [kill for kill in kills if kill["wrong"]]
        converged = f"{len(kills) - len(bad)} of {len(kills)}"
        write(_ROW.format(operation.name, first["total"], len(kills), found, converged))
        for kill in bad:
            write(f"  {kill['point']} {kill['event']}: {kill['wrong']}\n")
        wrong += len(bad)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.exit(main(*sys.argv[1:]))
