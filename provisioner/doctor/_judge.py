"""Judging what was looked at: pure rules, one function each, facts in and findings out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.doctor._rules_files import rules_of_files
from provisioner.doctor._rules_machine import rules_of_the_machine
from provisioner.doctor._rules_torch import rules_of_torch
from provisioner.findings import Severity

if TYPE_CHECKING:
    from provisioner.compat import Compat
    from provisioner.doctor._facts import Facts
    from provisioner.doctor._observation import Observation


def judge(facts: Facts, compat: Compat) -> tuple[Observation, ...]:
    """Return everything that is or will go wrong, errors first; pure."""
    found = [*rules_of_the_machine(facts)]
    if facts.environment is not None:
        found += rules_of_files(facts, facts.environment)
        found += rules_of_torch(facts, facts.environment, compat)
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.finding.severity)))
