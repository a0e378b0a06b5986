"""Laws that hold for every request, whatever it asks for."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from provisioner.codes import TITLES
from provisioner.compat import load_compat
from provisioner.findings import Severity, SpecError
from provisioner.planner import Plan, Plans, Refusal, plan
from provisioner.planner._judge import Choice, judge
from provisioner.planner._request import request_from
from provisioner.planner._search import matching
from provisioner.spec import parse_spec
from tests.planner.wishes import FILE, LAW, a_host, a_spec, a_stack, plan_sole, spec_of
from tests.spec.strategies import SPECS, mutated_texts

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
ASKERS = {
    "xformers": ["*", "==0.0.25", ">=0.0.20,<0.0.28", "<0.0.30", "==9"],
    "torchtext": ["==0.16.0", "<0.18", ">=0.14,<0.16.2", "==0.18"],
    "fastai": ["==2.7.13", ">=2.8,<2.8.5"],
}
"""Dependencies that may ask for certain releases of torch."""
askers = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(wishes) for name, wishes in ASKERS.items()}
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
        "dependencies": st.builds(operator.or_, dependencies, askers),
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
@given(SPECS.map(tomlkit.dumps) | mutated_texts(), hosts)
def test_every_text_that_is_a_spec_gets_a_verdict(text: str, host: HostFacts) -> None:
    """Whatever somebody wrote, reading and planning end in a spec error, a plan or a refusal."""
    try:
        spec = parse_spec(text, FILE)
    except SpecError:
        return
    verdict = plan(spec, COMPAT, host, explain=True)
    is_refused = any(one.severity is Severity.ERROR for one in verdict.findings)
    assert is_refused == isinstance(verdict, Refusal)
    assert all(finding.code in TITLES for finding in verdict.findings)
    if isinstance(verdict, Plans):
        assert [one.target.name for one in verdict.plans] == [one.name for one in spec.targets]


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
    more = {"numpy": ">=2", **data.draw(askers), **keys["dependencies"]}
    assert _candidates(a_spec(**keys | {"dependencies": more}), host) <= before


drivers = ["440.33", "450.80.02", "470.256.02", "525.60.13", "535", "570.26", "580.65.06"]
"""NVIDIA's, oldest first; newer ones no longer know Volta and older GPUs."""
GPUS = [
    *("sm_61", "sm_70", "sm_75", "sm_89", "sm_90", "sm_100", "sm_120", "gfx90a", "gfx1100"),
    *("RTX 4090", "MI300X", "8086:56a0", "an unheard-of GPU"),
]
gpus = st.lists(st.sampled_from(GPUS), max_size=3, unique=True)
machine_keys = st.fixed_dictionaries(
    {},
    optional={
        "driver": st.sampled_from(drivers),
        "gpus": gpus,
        "glibc": st.sampled_from(["2.12", "2.17", "2.28", "2.39"]),
        "macos": st.sampled_from(["10.13", "11.0", "12.3", "14.0", "15"]),
    },
)


@LAW
@given(wishes, hosts, machine_keys, st.sampled_from(drivers), gpus)
def test_machines_that_have_less_never_gain_candidates(
    keys: dict[str, Any], host: HostFacts, said: dict[str, Any], driver: str, more: list[str]
) -> None:
    """An older driver, glibc or macOS, and GPUs beside those named, only ever take away.

    So does naming a driver at all, or a glibc that is older than what the host has.
    """
    host = replace(host, nvidia=a_stack("unknown"), libc_version="2.39")
    before = _candidates(a_spec(**keys | said), host)
    newest = {"driver": drivers[-1], "glibc": "2.39", "macos": "15"}
    for key, oldest in (("glibc", "2.12"), ("macos", "10.13"), ("driver", drivers[0])):
        assert _candidates(a_spec(**keys | said | {key: oldest}), host) <= before
        assert before <= _candidates(a_spec(**keys | said | {key: newest[key]}), host)
    older = min(said.get("driver", driver), driver, key=drivers.index)
    assert _candidates(a_spec(**keys | said | {"driver": older}), host) <= before
    wider = list(dict.fromkeys([*said.get("gpus", ()), *more]))
    assert _candidates(a_spec(**keys | said | {"gpus": wider}), host) <= before


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
