"""Laws that hold for every request, whatever it asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from provisioner.compat import load_compat
from provisioner.findings import Severity
from provisioner.planner import Plan, Refusal
from provisioner.planner._judge import Choice, judge
from provisioner.planner._request import request_from
from provisioner.planner._search import matching
from tests.planner.wishes import LAW, a_host, a_spec, plan_sole, spec_of

if TYPE_CHECKING:
    from provisioner.host import HostFacts
    from provisioner.spec import Spec

COMPAT = load_compat()
RELEASES = [release.torch for release in COMPAT.releases]
PINS = {
    name: sorted({version for release in COMPAT.releases for version in release.members(name)})
    for name in ("torchvision", "torchaudio")
}

torch_wishes = st.one_of(
    st.sampled_from([*RELEASES, "2.16.0", "1.11.0", "latest", "2.1", "2.14"]),
    st.tuples(st.sampled_from(RELEASES), st.sampled_from(RELEASES)).map(
        lambda pair: f">={pair[0]},<={pair[1]}"
    ),
)
accelerators = st.sampled_from([*COMPAT.accelerators, "cu115", "cu120", "rocm9.9"])
pythons = st.sampled_from(
    [
        "3.6",
        *(f"3.{minor}" for minor in range(7, 17)),
        "3.11.7",
        "3.14.1",
        "3.13t",
        "3.14t",
        "3.15t",
    ]
)
platforms = st.sampled_from([*COMPAT.platforms, "linux-i686", "linux-riscv64"])
dependencies = st.dictionaries(
    st.sampled_from(["numpy", "lightning", "torchvision"]),
    st.sampled_from(["*", ">=2", "<2", "==1.26.4", ">=1.20,<3"]),
    max_size=2,
)


def members(name: str) -> st.SearchStrategy[str | bool | None]:
    """What may be wished of torchvision or torchaudio."""
    return st.one_of(st.none(), st.just(value=False), st.sampled_from(PINS[name]))


wishes = st.fixed_dictionaries(
    {
        "torch": torch_wishes,
        "accelerator": accelerators,
        "python": pythons,
        "platform": st.one_of(st.none(), platforms),
        "torchvision": members("torchvision"),
        "torchaudio": members("torchaudio"),
        "dependencies": dependencies,
        "sources": st.fixed_dictionaries(
            {
                "trio": st.sampled_from(["auto", "auto", "default", "pytorch"]),
                "isolated": st.booleans(),
            }
        ),
    }
)
hosts = st.builds(
    lambda platform, libc: a_host(platform, **(libc if platform.startswith("linux") else {})),
    platforms,
    st.sampled_from(
        [
            {"libc": "glibc", "libc_version": "2.36"},
            {"libc": "glibc", "libc_version": "2.17"},
            {"libc": "glibc", "libc_version": None},
            {"libc": "musl", "libc_version": "1.2.5"},
        ]
    ),
)


@LAW
@given(wishes, hosts)
def test_every_request_gets_a_verdict(keys: dict[str, Any], host: HostFacts) -> None:
    """A plan has no error, a refusal has nothing but errors; nothing is ever raised."""
    verdict = plan_sole(a_spec(**keys), COMPAT, host)
    severities = {finding.severity for finding in verdict.findings}
    if isinstance(verdict, Refusal):
        assert severities == {Severity.ERROR}
    else:
        assert Severity.ERROR not in severities


@LAW
@given(wishes, hosts)
def test_every_alternative_is_accepted(keys: dict[str, Any], host: HostFacts) -> None:
    """What is offered instead of a refused request is planned when it is asked for."""
    keys["dependencies"].pop("torchvision", None)
    keys["sources"]["isolated"] = False
    verdict = plan_sole(a_spec(**keys), COMPAT, host)
    others = {name: keys[name] for name in ("platform", "dependencies", "sources")}
    for combination in (one for finding in verdict.findings for one in finding.alternatives):
        again = plan_sole(spec_of(combination, **others), COMPAT, host)
        assert isinstance(again, Plan)
        assert again.combination == combination


@LAW
@given(wishes, hosts)
def test_what_is_planned_exists(keys: dict[str, Any], host: HostFacts) -> None:
    """The chosen torch is in the data for that index, platform, accelerator and Python."""
    verdict = plan_sole(a_spec(**keys), COMPAT, host)
    if isinstance(verdict, Plan):
        target = verdict.target
        builds = COMPAT.builds(
            verdict.torch.public, platform=target.platform, accelerator=target.accelerator
        )
        (build,) = (one for one in builds if one.index == verdict.index)
        assert build.known_for(target.python)


@LAW
@given(wishes, hosts, torch_wishes, st.sampled_from(["torchvision", "torchaudio"]), st.data())
def test_a_stricter_spec_never_gains_candidates(
    keys: dict[str, Any], host: HostFacts, narrower: str, name: str, data: st.DataObject
) -> None:
    """A narrower version wish, a pin, a dependency or an older glibc only ever takes away."""
    spec = a_spec(**keys)
    before = _candidates(spec, host)
    assert _candidates(_narrowed(spec, narrower), host) <= before
    if keys[name] is None:
        pin = data.draw(st.sampled_from(PINS[name]))
        assert _candidates(a_spec(**keys | {name: pin}), host) <= before
    numpy_2 = {**keys["dependencies"], "numpy": ">=2"}
    if "numpy" not in keys["dependencies"]:
        assert _candidates(a_spec(**keys | {"dependencies": numpy_2}), host) <= before
    if host.libc == "glibc":
        assert _candidates(spec, replace(host, libc_version="2.12")) <= before


@LAW
@given(wishes, hosts, st.randoms())
def test_order_does_not_matter(keys: dict[str, Any], host: HostFacts, random: Any) -> None:  # noqa: ANN401  # random.Random
    """Dependencies and lines may come in any order, and the same request gives the same verdict."""
    spec = a_spec(**keys)
    shuffled_dependencies, shuffled_lines = list(spec.dependencies), list(spec.lines)
    random.shuffle(shuffled_dependencies)
    random.shuffle(shuffled_lines)
    shuffled = replace(spec, dependencies=tuple(shuffled_dependencies), lines=tuple(shuffled_lines))
    verdict, again = plan_sole(spec, COMPAT, host), plan_sole(shuffled, COMPAT, host)
    assert sorted(map(repr, verdict.findings)) == sorted(map(repr, again.findings))
    assert replace(verdict, findings=()) == replace(again, findings=())


@LAW
@given(wishes, hosts)
def test_pasting_a_plan_into_a_spec_gives_the_same_plan(
    keys: dict[str, Any], host: HostFacts
) -> None:
    """What was chosen for a range is what its exact versions are planned as."""
    verdict = plan_sole(a_spec(**keys), COMPAT, host)
    if isinstance(verdict, Plan):
        others = {name: keys[name] for name in ("platform", "dependencies", "sources")}
        again = plan_sole(spec_of(verdict.combination, **others), COMPAT, host)
        assert isinstance(again, Plan)
        assert (again.trio, again.index, again.glibc) == (
            verdict.trio,
            verdict.index,
            verdict.glibc,
        )


def _candidates(spec: Spec, host: HostFacts) -> set[str]:
    """The releases that a search could choose."""
    request = request_from(spec, spec.sole, host, COMPAT)
    return {
        release.torch
        for release in matching(request, COMPAT)
        if isinstance(judge(request, release, COMPAT), Choice)
    }


def _narrowed(spec: Spec, wish: str) -> Spec:
    both = spec.torch.specifier & a_spec(torch=wish).torch.specifier
    return replace(spec, torch=replace(spec.torch, specifier=SpecifierSet(str(both))))
