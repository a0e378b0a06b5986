"""Kills the writing of a set of locks at every point, and tells what is left.

``python -m tests.faults.lock_writing FOLDER`` prints one JSON object for each kill. Points and
kills are those of ``killing``: a real ``SIGKILL``, just before a change of the file system.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.lockfile import Lock, as_set, render_lock, set_problem, write_locks
from provisioner.planner import Target
from provisioner.spec import parse_spec
from tests.faults.killing import Counter, in_child

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("cluster", "laptop", "server")
_SPEC = '[environment]\npython = "3.11"\naccelerator = "cpu"\n[torch]\ntorch = "2.6"\n' + "".join(
    f'[targets.{name}]\nplatform = "linux-x86_64"\n' for name in NAMES
)


def locks(folder: Path, run: str) -> tuple[Lock, ...]:
    """Return a set of locks of one run, which tells in each of them."""
    return as_set(
        [
            Lock(
                file=folder / f"pylock.torchenv-{name}.toml",
                digest="",
                spec_digest=run,
                target=Target(platform="linux-x86_64", python="3.11", accelerator="cpu", name=name),
                requires_python="==3.11.*",
                trio=(),
                constraints=(),
                packages=(),
                compat_version="2026.11",
            )
            for name in NAMES
        ]
    )


def _write(folder: Path, counter: Counter) -> int:
    """Write the new set where the old one is, and be killed on the way."""
    sys.addaudithook(counter.audit)
    write_locks(locks(folder, "new"))
    counter.is_counting = False
    return counter.count


def _found(sets: dict[str, Sequence[Lock]]) -> list[str]:
    """Return for each lock whether it is the ``old`` or the ``new`` one, byte for byte."""
    texts = {
        name: [one.file.read_bytes() == render_lock(one).encode() for one in those]
        for name, those in sets.items()
    }
    return [
        next((name for name, same in texts.items() if same[number]), "neither")
        for number in range(len(NAMES))
    ]


def _told(folder: Path, sets: dict[str, Sequence[Lock]], found: list[str]) -> list[str | None]:
    """Return the code that each lock's check against the others gives."""
    spec = parse_spec(_SPEC, folder / "torchenv.toml")
    codes = []
    for number, name in enumerate(NAMES):
        problem = set_problem(spec.narrowed(name), sets[found[number]][number])
        codes.append(None if problem is None else problem.code)
    return codes


def main(name: str) -> int:
    """Kill at every point and print what came of each."""
    folder = Path(name)
    sets: dict[str, Sequence[Lock]] = {run: locks(folder, run) for run in ("old", "new")}
    note = folder / "note"
    write_locks(sets["old"])
    _, total = in_child(partial(_write, folder, Counter(0, note)))
    for point in range(1, total + 1):
        write_locks(sets["old"])
        in_child(partial(_write, folder, Counter(point, note)))
        found = _found(sets)
        codes = _told(folder, sets, found)
        write_locks([replace(one) for one in sets["new"]])
        again = _found(sets)
        print(json.dumps({"found": found, "codes": codes, "again": again}), flush=True)  # noqa: T201 - told to the test
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
