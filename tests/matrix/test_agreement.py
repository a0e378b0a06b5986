"""The matrix and the planner agree: what the one offers, the other plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.api.matrix import MatrixQuestion, matrix
from provisioner.compat import kind_of, load_compat
from provisioner.planner import Refusal
from provisioner.planner import plan as plan_all
from tests.planner.wishes import a_host, a_spec

if TYPE_CHECKING:
    from provisioner.compat import Build

COMPAT = load_compat()
MACHINES = [
    ("sm_37", "470.256.02"),
    ("sm_61", "535.129.03"),
    ("sm_70", "580.65.06"),
    ("sm_89", "450.80.02"),
    ("sm_120", "550.54.15"),
    ("gfx90a", None),
]


def is_planned(build: Build, python: str, arch: str, driver: str | None) -> bool:
    """Whether the planner accepts exactly this build for exactly this machine."""
    spec = a_spec(
        python=python,
        accelerator=build.accelerator,
        torch=build.torch,
        torchvision=False,
        torchaudio=False,
        platform=build.platform,
        gpus=[arch],
        driver=driver,
        sources={"trio": build.index},
    )
    return not isinstance(plan_all(spec, COMPAT, a_host(build.platform)), Refusal)


@pytest.mark.parametrize(("arch", "driver"), MACHINES)
def test_what_runs_can_be_planned_and_nothing_else(arch: str, driver: str | None) -> None:
    """For every build and its newest sure Python, "runs" is what the planner accepts."""
    question = MatrixQuestion(platform="linux-x86_64", gpu=arch, driver=driver)
    offered = {id(row.build) for row in matrix(question).rows}
    wrong = []
    for release in COMPAT.releases:
        for build in COMPAT.builds(release.torch, platform="linux-x86_64"):
            if kind_of(build.accelerator) == "cpu" or not build.pythons:
                continue
            planned = is_planned(build, build.pythons[0], arch, driver)
            if planned != (id(build) in offered):
                wrong.append((build.torch, build.accelerator, build.index, planned))
    assert wrong == []
