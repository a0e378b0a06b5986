"""Judging what was looked at: pure rules, one function each, facts in and findings out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.doctor._rules_files import rules_of_files
from provisioner.doctor._rules_machine import rules_of_the_machine
from provisioner.doctor._rules_torch import rules_of_torch
from provisioner.findings import Severity

if TYPE_CHECKING:
    from provisioner.compat import Compat
    from provisioner.doctor._facts import Facts
    from provisioner.doctor._observation import Observation

_IN_ITS_LOCK: Final = frozenset({"TE871", "TE872", "TE873", "TE874", "TE875", "TE895"})
"""What cannot be wrong in an environment that is what its lock says."""
_REPAIR: Final = (
    "Run `torchenv apply --repair`: it makes the environment what its lock says; "
    "`torchenv doctor --fix` does that, too."
)


def judge(facts: Facts, compat: Compat) -> tuple[Observation, ...]:
    """Return everything that is or will go wrong, errors first; pure."""
    found = [*rules_of_the_machine(facts)]
    if facts.environment is not None:
        about = [
            *rules_of_files(facts, facts.environment),
            *rules_of_torch(facts, facts.environment, compat),
        ]
        found += map(_repaired, about) if facts.environment.is_ours else about
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.finding.severity)))


def _repaired(one: Observation) -> Observation:
    """Return what is to be done in an environment of torchenv's, which no pip may change."""
    if one.finding.code not in _IN_ITS_LOCK:
        return one
    return replace(one, finding=replace(one.finding, do=_REPAIR), remove=(), repair=True)
