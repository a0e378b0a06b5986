"""Several targets of one spec, and what the library makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from provisioner.compat import load_compat
from provisioner.planner import Plans, Refusal, plan
from provisioner.planner._pythons import iter_settled
from tests.planner.case_files import compat_of_cases
from tests.planner.wishes import LINES, a_host, a_spec, line_of

if TYPE_CHECKING:
    from provisioner.spec import Spec

COMPAT = compat_of_cases()
TWO: Final[dict[str, Any]] = {
    "laptop": {"platform": "macos-arm64"},
    "cluster": {"platform": "linux-x86_64", "accelerator": "cu118"},
}


def test_every_target_gets_a_plan() -> None:
    """There is one plan per target, in the order of their names, found by name."""
    verdict = plan(a_spec(torch="2.6.0", targets=TWO), load_compat(), a_host())
    assert isinstance(verdict, Plans)
    assert [one.target.name for one in verdict.plans] == ["cluster", "laptop"]
    assert verdict.of("cluster").torch.version == "2.6.0+cu118"
    assert verdict.of("laptop").torch.version == "2.6.0"
    with pytest.raises(LookupError):
        verdict.of(None)
    with pytest.raises(ValueError, match="too many values"):
        _ = verdict.sole


def _plans(compat_keys: dict[str, Any]) -> Plans:
    verdict = plan(a_spec(**compat_keys), COMPAT, a_host())
    assert isinstance(verdict, Plans), verdict
    return verdict


def test_one_torch_serves_all_targets() -> None:
    """The newest release that every target can have is chosen, and what held it back is named."""
    plans = _plans({"torch": "latest", "targets": TWO})
    assert {one.torch.public for one in plans.plans} == {"2.7.1"}
    (note,) = [one for one in plans.findings if one.code == "TE212"]
    assert note.why == "torch 2.8.0 to 2.15.0: no `cu118` build for `cluster`."


def test_a_machine_of_one_target_holds_all_back() -> None:
    """glibc, driver and GPUs of each target count for the choice that they share."""
    cluster = {**TWO["cluster"], "glibc": "2.17", "driver": "535.129.03", "gpus": ["sm_70"]}
    plans = _plans({"torch": "latest", "targets": {**TWO, "cluster": cluster}})
    assert plans.of("laptop").torch.version == "2.6.0"
    assert plans.of("cluster").torch.version == "2.6.0+cu118"
    (note,) = [one for one in plans.findings if one.code == "TE212"]
    assert "torch 2.7.0 and 2.7.1: needs glibc 2.28 for `cluster`" in note.why


@pytest.mark.parametrize("order", [("laptop", "cluster"), ("cluster", "laptop")])
def test_the_order_of_targets_does_not_matter(order: tuple[str, str]) -> None:
    """Targets are judged together, in whatever order the file has them."""
    targets = {name: TWO[name] for name in order}
    assert _plans({"torch": ">=2.0", "targets": targets}) == _plans(
        {"torch": ">=2.0", "targets": TWO}
    )


def test_a_refusal_names_the_target_and_serves_the_other() -> None:
    """Alternatives for one target keep the others served: none is for a torch without theirs."""
    targets = {
        "laptop": {"platform": "macos-x86_64"},
        "cluster": {"platform": "linux-x86_64", "accelerator": "cu124"},
    }
    lines = (*LINES, ("targets.cluster.accelerator", 22))
    verdict = plan(a_spec(torch="2.2.2", targets=targets, lines=lines), COMPAT, a_host())
    assert isinstance(verdict, Refusal)
    (finding,) = verdict.findings
    assert finding.code == "TE202"
    assert [line_of(one) for one in finding.alternatives] == [
        "2.2.2 cu121 3.11 0.17.2 2.2.2",
        "2.2.2 cu118 3.11 0.17.2 2.2.2",
    ]
    for one in finding.alternatives:
        pasted = {**targets, "cluster": {**targets["cluster"], "accelerator": one.accelerator}}
        again = plan(a_spec(torch=one.torch, targets=pasted), COMPAT, a_host())
        assert isinstance(again, Plans)


def test_auto_is_resolved_for_each_target() -> None:
    """Each target takes the accelerator of its own machines, and all the same torch."""
    targets = {
        "laptop": {"platform": "macos-arm64"},
        "old": {"platform": "linux-x86_64", "gpus": ["sm_61"], "driver": "535.129.03"},
        "new": {"platform": "linux-x86_64", "gpus": ["sm_120"], "driver": "580.95.05"},
    }
    plans = _plans({"torch": "2.9", "accelerator": "auto", "targets": targets})
    chosen = {one.target.name: one.torch.version for one in plans.plans}
    assert chosen == {"laptop": "2.9.1", "old": "2.9.1+cu126", "new": "2.9.1+cu130"}


def test_two_broken_targets_are_told_together() -> None:
    """Every target that the nearest release does not serve has its findings."""
    targets = {
        "one": {"platform": "linux-x86_64", "accelerator": "cu116"},
        "two": {"platform": "linux-x86_64", "python": "3.13"},
    }
    verdict = plan(a_spec(torch="2.1.0", targets=targets), COMPAT, a_host())
    assert isinstance(verdict, Refusal)
    assert [one.code for one in verdict.findings] == ["TE202", "TE203"]


def test_targets_that_share_a_range_get_the_same_python() -> None:
    """It is the newest that has wheels for each of them; other ranges are chosen for themselves."""
    targets = {"mac": {"platform": "macos-x86_64"}, "linux": {}}
    plans = _plans({"torch": "2.2.2", "python": ">=3.9", "targets": targets})
    assert {one.target.python for one in plans.plans} == {"3.12"}
    plans = _plans({"torch": "2.2.2", "targets": {"old": {"python": "<3.10"}, **targets}})
    assert [one.target.python for one in plans.plans] == ["3.11", "3.11", "3.9"]


MANY: Final[dict[str, Any]] = {f"t{minor}": {"python": f">=3.{minor}"} for minor in range(7, 13)}


def test_many_ranges_are_settled_without_trying_each_combination() -> None:
    """A Python with which a target cannot be alone is in none of them."""
    spec = a_spec(torch="2.2.2", targets=MANY)
    asked: list[str] = []

    def errors_of(one: Spec) -> int:
        asked.append(one.sole.python)
        return int(one.sole.python != "3.12")

    (settled,) = iter_settled(spec, COMPAT, a_host(), errors_of=errors_of)
    assert {one.python for one in settled.targets} == {"3.12"}
    assert len(asked) == sum(1 for minor in range(7, 13) for _ in range(minor, 16))


def test_of_many_ranges_without_a_solution_the_nearest_pythons_are_refused() -> None:
    """The refusal is about what comes nearest, and needs no other combination."""
    spec = a_spec(torch="2.2.2", targets=MANY)
    near = {"3.13": 1}
    (settled,) = iter_settled(
        spec, COMPAT, a_host(), errors_of=lambda one: near.get(one.sole.python, 2)
    )
    assert {one.python for one in settled.targets} == {"3.13"}


def test_a_plan_that_is_explained_says_why_it_has_its_python() -> None:
    """The range, and whether the machine has it."""
    host = a_host(pythons=["3.10", "3.8"])
    verdict = plan(a_spec(torch="2.6.0", python=">=3.9"), COMPAT, host, explain=True)
    assert isinstance(verdict, Plans)
    assert verdict.sole.explanation[0] == (
        "Python 3.10 is the best that `>=3.9` admits for this torch, and this machine has it."
    )
