"""Every case of ``cases/``: the plan or the refusal, the words, and the alternatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.codes import TITLES
from provisioner.findings import Severity
from provisioner.planner import Plan, Refusal
from tests.planner.case_files import compat_of_cases, load_cases
from tests.planner.wishes import (
    FILE,
    but_machines,
    but_unknown_machines,
    line_of,
    plan_sole,
    spec_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.findings import Combination, Finding
    from tests.planner.case_files import Case

CASES = load_cases()
COMPAT = compat_of_cases()
KEPT = {"platform", "sources", "driver", "gpus", "glibc", "macos"}
"""What stays of a spec when an alternative is pasted into it."""
ACCEPTED = {name: case for name, case in CASES.items() if case.plan is not None}
REFUSED = {name: case for name, case in CASES.items() if case.plan is None}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_can_be_is_planned(name: str) -> None:
    """A request that something serves gets the builds, the index and the constraints expected."""
    case = ACCEPTED[name]
    expected = case.expected
    verdict = _verdict(case)
    assert isinstance(verdict, Plan), _told(verdict.findings)
    assert expected is not None
    assert " ".join(build.version for build in verdict.trio) == expected.trio
    assert (verdict.index, verdict.glibc) == (expected.index, expected.glibc)
    assert [one.requirement for one in verdict.constraints] == expected.constraints
    told = verdict.findings
    if "TE313" not in expected.codes:
        told = but_unknown_machines(told)
    assert _codes(told) == expected.codes
    assert expected.url in (None, verdict.index_url)
    assert expected.python in (None, verdict.target.python)
    _check_words(case, verdict.findings)


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_plan_holds_together(name: str) -> None:
    """Every plan has torch first, an index URL only for PyTorch's index, and no errors in it."""
    verdict = _verdict(ACCEPTED[name])
    assert isinstance(verdict, Plan)
    assert verdict.torch.name == "torch"
    assert (verdict.index_url is None) == (verdict.index == "default")
    assert {build.accelerator for build in verdict.trio} == {verdict.target.accelerator}
    assert all(build.version.split("+")[0] == build.public for build in verdict.trio)
    assert Severity.ERROR not in {finding.severity for finding in verdict.findings}
    assert verdict.combination.torch == verdict.torch.public


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(name: str) -> None:
    """A request that nothing serves gets the codes, words and alternatives expected."""
    case = REFUSED[name]
    verdict = _verdict(case)
    assert isinstance(verdict, Refusal), "it was planned"
    assert _codes(verdict.findings) == case.refused
    assert {finding.severity for finding in verdict.findings} == {Severity.ERROR}
    offered = [line_of(one) for one in _offered(verdict)]
    assert case.alternatives in (None, offered)
    assert set(case.among) <= set(offered)
    _check_words(case, verdict.findings)


@pytest.mark.parametrize("name", REFUSED)
def test_every_alternative_is_itself_accepted(name: str) -> None:
    """What a refusal offers instead can be pasted into the spec and is planned without a doubt."""
    case = REFUSED[name]
    verdict = _verdict(case)
    assert isinstance(verdict, Refusal)
    keys = {key: case.spec[key] for key in case.spec.keys() & KEPT}
    named = case.spec.get("dependencies", {})
    keys["dependencies"] = {name: named[name] for name in named if not name.startswith("torch")}
    for one in _offered(verdict):
        again = plan_sole(spec_of(one, **keys), COMPAT, case.a_host())
        assert isinstance(again, Plan), f"{one}: {_told(again.findings)}"
        assert again.combination == one
        assert but_machines(again.findings) == ()


@pytest.mark.parametrize("name", CASES)
def test_findings_are_complete(name: str) -> None:
    """Every finding has a known code, three whole sentences and a place in the spec."""
    for finding in _verdict(CASES[name]).findings:
        assert finding.code in TITLES
        for text in (finding.message, finding.why, finding.do):
            assert text.endswith("."), text
            assert "  " not in text, text
        assert finding.where is not None
        assert finding.where.file == str(FILE)
        assert finding.where.line is not None
        assert finding.where.key is not None


def test_about_half_of_the_cases_are_refusals() -> None:
    """The cases look at both sides."""
    assert len(CASES) >= 200
    assert 0.4 < len(REFUSED) / len(CASES) < 0.6


def _verdict(case: Case) -> Plan | Refusal:
    return plan_sole(case.a_spec(), COMPAT, case.a_host())


def _offered(verdict: Refusal) -> list[Combination]:
    return [one for finding in verdict.findings for one in finding.alternatives]


def _codes(findings: Iterable[Finding]) -> str:
    return " ".join(finding.code for finding in findings)


def _told(findings: Iterable[Finding]) -> str:
    return "\n".join(f"{one.code} {one.message} {one.why} {one.do}" for one in findings)


def _check_words(case: Case, findings: tuple[Finding, ...]) -> None:
    for part in case.says:
        assert part in _told(findings)
    if case.at:
        where = findings[0].where
        assert where is not None
        assert f"{where.line} {where.key}" == case.at
