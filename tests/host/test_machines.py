"""Recorded machines, from their facts file to a plan: what `auto` takes, and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from provisioner.api.host import host_facts
from provisioner.compat import load_compat
from provisioner.planner import Refusal
from provisioner.planner import plan as plan_all
from tests.planner.wishes import a_spec

MACHINES: Final = Path(__file__).with_name("machines")
EXPECTED: Final = [
    # machine, torch, what `auto` takes (None: refused), codes of findings that are no notes
    ("desktop-rtx-4090", "2.9.1", "cu129", []),
    ("desktop-gtx-1080-and-rtx-5090", "2.9.1", None, ["TE322"]),
    ("cluster-v100-driver-470", "2.6.0", "cu118", []),
    ("cluster-v100-driver-470", "2.9.1", None, ["TE303"]),
    ("grace-hopper", "2.9.1", "cu128", []),
    ("wsl-rtx-3070", "2.9.1", "cu129", []),
    ("container-without-its-gpu", "2.9.1", "cpu", ["TE312"]),
    ("desktop-radeon-7900", "2.9.1", "rocm6.4", []),
    ("desktop-arc-a770", "2.9.1", "xpu", []),
    ("macbook-m3", "2.9.1", "cpu", []),
    ("macbook-m1-rosetta", "2.2.2", "cpu", ["TE316"]),
]


def test_every_recorded_machine_is_planned_for() -> None:
    """No machine is recorded for nothing."""
    assert {file.stem for file in MACHINES.glob("*.json")} == {one[0] for one in EXPECTED}


@pytest.mark.parametrize(("machine", "torch", "accelerator", "codes"), EXPECTED)
def test_auto_takes_what_the_machine_can_run(
    machine: str, torch: str, accelerator: str | None, codes: list[str]
) -> None:
    """The facts of a machine lead to the best build that it runs, or to the reason why not."""
    host = host_facts(facts=MACHINES / f"{machine}.json")
    verdict = plan_all(a_spec(accelerator="auto", torch=torch), load_compat(), host)
    told = [one.code for one in verdict.findings if one.severity.value != "note"]
    assert told == codes
    if isinstance(verdict, Refusal):
        assert accelerator is None
    else:
        assert verdict.sole.target.accelerator == accelerator
