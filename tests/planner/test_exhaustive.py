"""The whole table: what was published is planned, what was not is refused."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from provisioner.compat import load_compat
from provisioner.planner import Plan, Refusal
from provisioner.planner._judge import Choice, judge
from provisioner.planner._request import MEMBERS, request_from
from provisioner.spec._accelerators import check_accelerator, check_platform, contradiction
from provisioner.spec._versions import check_python
from tests.planner.wishes import a_host, a_spec, but_unknown_machines, plan_sole

if TYPE_CHECKING:
    from provisioner.compat import Build
    from provisioner.spec import Spec

COMPAT = load_compat()
RELEASES = [release.torch for release in COMPAT.releases]


@pytest.mark.parametrize("torch", RELEASES)
def test_every_published_torch_is_planned(torch: str) -> None:
    """Each (accelerator, Python, platform) row of a release is accepted on its index."""
    for build in COMPAT.builds(torch):
        for python in (*build.pythons, *build.unsure):
            verdict = plan_sole(_torch_alone(build, python), COMPAT, a_host(build.platform))
            assert isinstance(verdict, Plan), (build, python)
            assert (verdict.index, verdict.torch.accelerator) == (build.index, build.accelerator)
            unsure = python in build.unsure or build.known in ("announced", "unknown")
            told = but_unknown_machines(verdict.findings)
            assert [one.code for one in told] == ["TE208"] * unsure


@pytest.mark.parametrize("torch", RELEASES)
def test_a_spec_can_ask_for_every_build(torch: str) -> None:
    """What a spec takes without looking at the data leaves out nothing that the data has."""
    for build in COMPAT.builds(torch):
        assert check_accelerator(build.accelerator) == build.accelerator
        assert check_platform(build.platform) == build.platform
        assert contradiction(build.accelerator, build.platform) is None
        for python in (*build.pythons, *build.unsure):
            assert check_python(python) == python


@pytest.mark.parametrize("torch", RELEASES)
def test_every_unpublished_accelerator_is_an_obstacle(torch: str) -> None:
    """An accelerator that a release lacks on a platform is never chosen, whatever the Python."""
    release = COMPAT.release(torch)
    assert release is not None
    for platform, accelerator in product(COMPAT.platforms, COMPAT.accelerators):
        if not COMPAT.builds(torch, platform=platform, accelerator=accelerator):
            spec = a_spec(torch=torch, accelerator=accelerator, platform=platform)
            assert not isinstance(
                judge(request_from(spec, spec.sole, a_host(), COMPAT), release, COMPAT), Choice
            )


@pytest.mark.parametrize("torch", RELEASES)
def test_every_unpublished_python_is_an_obstacle(torch: str) -> None:
    """A Python that no index has a wheel for is never chosen."""
    release = COMPAT.release(torch)
    assert release is not None
    every = {python for one in RELEASES for build in COMPAT.builds(one) for python in build.pythons}
    for platform, accelerator in product(COMPAT.platforms, COMPAT.accelerators):
        builds = COMPAT.builds(torch, platform=platform, accelerator=accelerator)
        there = {python for build in builds for python in (*build.pythons, *build.unsure)}
        for python in every - there:
            spec = a_spec(torch=torch, accelerator=accelerator, platform=platform, python=python)
            assert not isinstance(
                judge(request_from(spec, spec.sole, a_host(), COMPAT), release, COMPAT), Choice
            )


@pytest.mark.parametrize("accelerator", ["cu112", "cu115", "cu120", "cu133", "rocm6.5", "cu999"])
def test_accelerators_that_never_were_are_refused(accelerator: str) -> None:
    """The compat data knows all accelerators; another one is refused with its own code."""
    verdict = plan_sole(a_spec(accelerator=accelerator), COMPAT, a_host())
    assert isinstance(verdict, Refusal)
    assert verdict.findings[0].code == "TE211"


@pytest.mark.parametrize("torch", RELEASES)
def test_the_pair_of_every_release_is_planned_where_the_index_has_it(torch: str) -> None:
    """With torchvision and torchaudio, each default build is accepted for each of their Pythons."""
    release = COMPAT.release(torch)
    assert release is not None
    members = [COMPAT.pairs(torch, name)[0] for name in MEMBERS]
    for build in (one for one in COMPAT.builds(torch) if one.index == "default"):
        for python in build.pythons:
            if all(member.has_wheel(build.platform, python) for member in members):
                spec = a_spec(torch=torch, accelerator=build.accelerator, python=python)
                verdict = plan_sole(spec, COMPAT, a_host(build.platform))
                assert isinstance(verdict, Plan)
                assert verdict.index == "default"
                assert [one.public for one in verdict.trio[1:]] == [one.version for one in members]


def _torch_alone(build: Build, python: str) -> Spec:
    return a_spec(
        torch=build.torch,
        accelerator=build.accelerator,
        python=python,
        torchvision=False,
        torchaudio=False,
        sources={"trio": build.index},
    )
