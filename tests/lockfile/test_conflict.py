"""Smallest sets of demands without a solution, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from provisioner.findings import Where
from provisioner.lockfile._conflict import Conflict, Demand, links_in, minimal_conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

DEMANDS = tuple(
    Demand(text=f"p{number}", who="the spec", name=f"p{number}") for number in range(12)
)


@given(st.lists(st.sets(st.sampled_from(DEMANDS), min_size=1), min_size=1, max_size=4))
def test_the_smallest_set_is_found(cores: list[set[Demand]]) -> None:
    """What is found has no solution, and without any one of its demands there is one."""

    def holds(demands: Sequence[Demand]) -> bool:
        return not any(core <= set(demands) for core in cores)

    found = minimal_conflict(DEMANDS, holds)
    assert not holds(found)
    assert all(holds([one for one in found if one != left_out]) for left_out in found)
    assert list(found) == [one for one in DEMANDS if one in found]


def test_few_questions_are_asked() -> None:
    """Two among twelve are found with fewer questions than there are pairs."""
    asked = []

    def holds(demands: Sequence[Demand]) -> bool:
        asked.append(demands)
        return not {DEMANDS[2], DEMANDS[9]} <= set(demands)

    assert minimal_conflict(DEMANDS, holds) == (DEMANDS[2], DEMANDS[9])
    assert len(asked) < 16


def test_links_of_the_engine() -> None:
    """Who needs what is taken out of the engine's proof, without what it says of the request."""
    text = (
        "Because torch==2.9.1+cpu depends on sympy>=1.13.3 and the spec depends on torch, we can "
        "conclude that sympy>=1.13.3, and because only torch==2.9.1+cpu depends on sympy>=1.13.3."
    )
    assert links_in(text, ()) == (("torch==2.9.1+cpu", "sympy>=1.13.3"),)
    text = "Because all versions of a depend on numpy>=2 and b>=1,<2 depends on numpy<2, we"
    assert links_in(text, ()) == (("a", "numpy>=2"), ("b>=1,<2", "numpy<2"))


def test_the_whole_finding() -> None:
    """Each demand, who wants it, what brings it, and what would help."""
    torch = Demand(text="torch==2.9.1+cpu", who="the plan, since you asked", name="torch")
    where = Where(file="torchenv.toml", line=9, key="dependencies.sympy")
    sympy = Demand(text="sympy==1.13.1", who="the spec (there)", name="sympy", where=where)
    conflict = Conflict(
        demands=(torch, sympy),
        links=(("torch==2.9.1+cpu", "sympy>=1.13.3"),),
        changes=("Let `sympy` be another version: 1.14.0 fits the others.",),
    )
    finding = conflict.finding()
    assert finding.code == "TE405"
    assert finding.message == (
        "No set of versions satisfies `torch==2.9.1+cpu` and `sympy==1.13.1` together."
    )
    assert finding.why.splitlines() == [
        "`torch==2.9.1+cpu` is wanted by the plan, since you asked.",
        "`sympy==1.13.1` is wanted by the spec (there).",
        "`torch 2.9.1+cpu` needs `sympy>=1.13.3`.",
    ]
    assert finding.do == "Let `sympy` be another version: 1.14.0 fits the others."
    assert finding.where == where
