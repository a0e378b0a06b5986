"""What an environment was, and when: one line for each switch, in ``history.jsonl``.

It is for people, and it says which generation was current before the present one. Where it cannot
be written, or a line cannot be read, all else works on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provisioner import _quick_switch

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment._changes import Changes
    from provisioner.environment._layout import Layout
    from provisioner.environment._state import State

Action = Literal["apply", "rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One switch."""

    when: str
    """ISO 8601 in UTC."""
    generation: int
    action: Action
    lock_digest: str
    """sha256 of the lock that the generation was made from."""
    summary: str
    """``torch 2.13.0+cpu, Python 3.11, cpu``."""
    changes: tuple[str, ...] = ()
    """``+numpy 1.26.4``, ``-requests 2.32.0``, ``~torch 2.2.0+cpu to 2.2.1+cpu``."""


def history_file(layout: Layout) -> Path:
    """Return where the history of an environment is."""
    return layout.root / "history.jsonl"


def remember_switch(
    layout: Layout, generation: int, state: State, action: Action, changes: Changes | None = None
) -> None:
    """Add a line; the environment's lock must be held. Where that fails, do without."""
    _quick_switch.remember(
        str(history_file(layout)),
        generation=generation,
        action=action,
        lock_digest=state.lock_digest,
        summary=summary_of(state),
        changes=_lines(changes) if changes is not None else (),
    )


def read_history(layout: Layout) -> tuple[Entry, ...]:
    """Return every switch that is known, oldest first."""
    return tuple(entry for line in _read_lines(layout) if (entry := _entry(line)) is not None)


def _read_lines(layout: Layout) -> list[str]:
    try:
        return history_file(layout).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def by_last_use(layout: Layout, numbers: list[int]) -> list[int]:
    """Order generations by when each became current last; those that never did come first."""
    return _quick_switch.by_last_use(_read_lines(layout), numbers)


def summary_of(state: State) -> str:
    """Return what a generation is, as the quick check words it."""
    torch = state.trio[0]
    return f"torch {torch.version}, Python {state.target.python}, {torch.accelerator}"


def _entry(line: str) -> Entry | None:
    """Read a line; None where it was cut by a kill or is of another version."""
    try:
        values = json.loads(line)
        return Entry(**{**values, "changes": tuple(values.get("changes", ()))})
    except (ValueError, TypeError, AttributeError):
        return None


def _lines(changes: Changes) -> tuple[str, ...]:
    return (
        *(f"+{one.name} {one.after}" for one in changes.added),
        *(f"-{one.name} {one.before}" for one in changes.removed),
        *(
            f"~{one.name} {one.before} to {one.after}"
            if one.before != one.after
            else f"~{one.name} {one.after}, {one.reason}"
            for one in changes.changed
        ),
    )
