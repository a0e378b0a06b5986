"""What a check says of a lock that was made with other compat data."""

from __future__ import annotations

from dataclasses import replace

from provisioner.findings import Severity
from provisioner.lockfile import compat_note
from provisioner.planner import ChosenBuild, Constraint, Plan, Target
from tests.lockfile.test_lock_file import sample

LOCK = sample()
PLAN = Plan(
    target=Target(platform="linux-x86_64", python="3.11", accelerator="cpu"),
    trio=LOCK.trio,
    index="pytorch",
    index_url="https://download.pytorch.org/whl/cpu",
    glibc="2.28",
    constraints=LOCK.constraints,
)


def test_same_data_is_nothing_to_say() -> None:
    """The version of the data decides, and not what is planned from it."""
    assert compat_note(LOCK, replace(PLAN, constraints=()), LOCK.compat_version) is None


def test_other_data_is_a_note_with_the_differences() -> None:
    """It names what a new lock would have, and makes no lock stale."""
    newer = ChosenBuild(name="torch", public="2.13.1", version="2.13.1+cpu", accelerator="cpu")
    limit = Constraint(requirement="setuptools<82", why="So.", source="[X]")
    note = compat_note(LOCK, replace(PLAN, trio=(newer,), constraints=(limit,)), "2026.12")
    assert note is not None
    assert (note.code, note.severity) == ("TE466", Severity.NOTE)
    assert note.why.splitlines() == [
        "A new lock would have `torch 2.13.1+cpu`; locked is `2.13.0+cpu`.",
        "`setuptools<82` is a constraint now.",
        "`numpy<2` is no constraint any more.",
    ]


def test_other_data_with_the_same_plan() -> None:
    """That is said too."""
    note = compat_note(LOCK, PLAN, "2026.12")
    assert note is not None
    assert note.why == "Today's plan is the same."
