"""How often ``torchenv explain`` is right, on a file of real failures.

``TORCHENV_ERRORS`` names the file: JSON lines with ``text`` and ``category`` (and ``id``). Without
it the examples of the rules are taken, on which it is always right.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose, load_rules

if TYPE_CHECKING:
    from provisioner.diagnosis import Diagnosis

VARIABLE: Final = "TORCHENV_ERRORS"
UNDECIDED: Final = "none"
"""Category of a text that does not tell its cause: right is whatever is not said to be certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A failure, and what it is."""

    name: str
    category: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was said of a record, and in how many seconds."""

    record: Record
    diagnosis: Diagnosis
    seconds: float

    @property
    def said(self) -> tuple[str, ...]:
        """The categories, best first."""
        return tuple(one.category for one in self.diagnosis.causes)

    @property
    def is_right(self) -> bool:
        """Whether the first cause is the true one, or nothing certain is said where none is."""
        if self.record.category == UNDECIDED:
            return not self.is_confident
        return self.said[:1] == (self.record.category,)

    @property
    def is_confident(self) -> bool:
        """Whether the first cause is said to be certain."""
        best = self.diagnosis.best
        return best is not None and best.confidence == "certain"


def records(path: Path | None) -> list[Record]:
    """Return the records of a file, or the examples of the rules."""
    if path is None:
        return [
            Record(name=f"{rule.category}-{number}", category=rule.within, text=text)
            for rule in load_rules()
            for number, text in enumerate(rule.examples)
        ]
    lines = path.read_text(encoding="utf-8").splitlines()
    values = [json.loads(line) for line in lines if line.strip()]
    return [
        Record(name=str(one.get("id", at)), category=one["category"], text=one["text"])
        for at, one in enumerate(values)
    ]


def outcomes(all_records: list[Record]) -> list[Outcome]:
    """Explain every record."""
    compat = load_compat()
    made = []
    for record in all_records:
        started = time.perf_counter()
        found = diagnose(record.text, compat)
        made.append(Outcome(record=record, diagnosis=found, seconds=time.perf_counter() - started))
    return made


def accuracy(_folder: Path, _rounds: int) -> None:
    """Print how often the first cause, or one of three, is the true one."""
    named = os.environ.get(VARIABLE)
    made = outcomes(records(Path(named) if named else None))
    wrong = [one for one in made if not one.is_right]
    count = len(made)
    rows = {
        "texts": str(count),
        "first cause right": _share(count - len(wrong), count),
        "among three": _share(sum(one.record.category in one.said for one in made), count),
        "confident and wrong": str(sum(one.is_confident for one in wrong)),
        "certain": _share(sum(one.is_confident for one in made), count),
        "not recognised": str(sum(not one.said for one in made)),
        "median time": f"{statistics.median(one.seconds for one in made) * 1e3:.1f} ms",
        "longest time": f"{max(one.seconds for one in made) * 1e3:.1f} ms",
    }
    print(f"\nexplain ({named or 'examples of the rules'})")  # noqa: T201 - this is a report
    for title, value in rows.items():
        print(f"  {title:24} {value}")  # noqa: T201
    for one in wrong:
        print(f"  wrong: {one.record.name}: {one.record.category}, said {one.said}")  # noqa: T201


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / max(whole, 1):.1%})"


BENCHES: Final = (accuracy,)
REAL: Final = ()
