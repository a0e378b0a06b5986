"""Going back to a generation that is still there.

A generation may share its bytes with others, so it is looked at first: every file by size and time,
and every byte where that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.environment._differences import difference_findings, unknown_finding
from provisioner.environment._examine import examine
from provisioner.environment._generations import clean_up
from provisioner.environment._history import by_last_use, read_history, remember_switch
from provisioner.environment._inspect import inspect_environment, installed_in
from provisioner.environment._layout import Layout
from provisioner.environment._locking import environment_lock
from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.environment._state import read_state
from provisioner.environment._switch import switch
from provisioner.environment._types import Ours
from provisioner.environment._verify import verify_generation
from provisioner.findings import Finding, VerificationError, WorldError
from provisioner.paths import display

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment._history import Entry
    from provisioner.environment._state import State
    from provisioner.environment._verify import VerifySetting
    from provisioner.events import Reporter
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """An environment that went back."""

    link: Path
    """The environment's path."""
    before: int
    """The generation that it led to."""
    generation: int
    """The one that it leads to now."""
    state: State
    """What that one says about itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A generation that can be rolled back to, or is current."""

    number: int
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What an environment was, and what of it is still there."""

    link: Path
    entries: tuple[Entry, ...]
    """Oldest first."""
    kept: tuple[Kept, ...]
    """By number."""


def environment_history(link: Path) -> History:
    """Return every switch of an environment, and the generations that are still there."""
    layout = Layout(link=link)
    found = inspect_environment(link)
    current = found.generation.number if isinstance(found, Ours) else None
    numbers = (n for n in layout.iter_numbers() if layout.generation(n).is_complete)
    return History(
        link=link,
        entries=read_history(layout),
        kept=tuple(Kept(number=number, is_current=number == current) for number in numbers),
    )


def roll_back(
    spec: Spec,
    number: int | None,
    reporter: Reporter,
    *,
    thorough: VerifySetting | None = None,
    wait: bool = True,
) -> RolledBack:
    """Switch an environment to an older generation, which stays as it is.

    Args:
        spec: Names the environment.
        number: Of the generation; None is the one that was current before the present one.
        reporter: Hears of waiting.
        thorough: Where given, every byte is compared, and not sizes and times only.
        wait: Whether to wait for an apply that works there.

    Raises:
        WorldError: There is no such generation (``TE616``), somebody works there (``TE606``), or
            the link cannot be written.
        VerificationError: The generation is not as it was (``TE704``, ``TE607``, ``TE609``).
    """
    layout = Layout(link=spec.path)
    if not layout.root.is_dir():
        raise WorldError(_nothing_to_go_back_to(layout, number))
    with environment_lock(layout, reporter, wait=wait), os_errors_as_findings(layout.root):
        clean_up(layout)
        found = inspect_environment(spec.path)
        if not isinstance(found, Ours):
            raise WorldError(_nothing_to_go_back_to(layout, number))
        target = _choose(layout, found.generation.number, number)
        ours = _require_whole(spec, layout, target, reporter, thorough)
        assert ours.state is not None  # noqa: S101 - it was just examined
        switch(layout, ours.generation, found)
        remember_switch(layout, target, ours.state, "rollback")
    return RolledBack(
        link=spec.path, before=found.generation.number, generation=target, state=ours.state
    )


def candidate(layout: Layout, number: int) -> Ours:
    """Return a generation as if the environment led to it."""
    generation = layout.generation(number)
    state = read_state(generation.state_file) if generation.is_complete else None
    return Ours(generation=generation, state=state, installed=installed_in(generation, state))


def _choose(layout: Layout, current: int, number: int | None) -> int:
    others = [n for n in layout.iter_numbers() if n != current and layout.generation(n).is_complete]
    if number is not None and number in others:
        return number
    if number is not None or not others:
        raise WorldError(_nothing_to_go_back_to(layout, number, others))
    return by_last_use(layout, others)[-1]


def _require_whole(
    spec: Spec,
    layout: Layout,
    number: int,
    reporter: Reporter,
    thorough: VerifySetting | None,
) -> Ours:
    """Return the generation where it is as it was.

    Raises:
        VerificationError: It is not.
    """
    ours = candidate(layout, number)
    examination = examine(ours.generation.folder, ours, None, None)
    findings = examination.findings
    if not findings and thorough is not None and ours.state is not None:
        verified = verify_generation(ours.generation, ours.state, thorough, reporter)
        unknown = (unknown_finding(verified.unknown),) if verified.unknown else ()
        findings = (*difference_findings(ours.generation.folder, verified.differences), *unknown)
    if findings:
        raise VerificationError([_not_gone_back(spec.path, number), *findings])
    return ours


def _not_gone_back(link: Path, number: int) -> Finding:
    return Finding(
        code="TE617",
        message=f"`{display(link)}` was not rolled back to generation {number}.",
        why="That generation is no longer what it was when it was proven.",
        do="`torchenv apply` makes a new one: bring back the lock of that time first, for instance "
        "from version control. `torchenv history` shows its digest.",
    )


def _nothing_to_go_back_to(
    layout: Layout, number: int | None, others: list[int] | None = None
) -> Finding:
    there = ", ".join(str(one) for one in others or ())
    which = "an older generation" if number is None else f"generation {number}"
    return Finding(
        code="TE616",
        message=f"`{display(layout.link)}` cannot be rolled back to {which}.",
        why=f"There are only these beside the current one: {there}."
        if there
        else "No other generation of it is there.",
        do="`torchenv history` shows what there is; `environment.keep` in the spec says how many "
        "generations stay.",
    )
