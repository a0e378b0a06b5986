"""What ``auto`` tells of its choice, and that it never chooses what a named one would not get."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provisioner.planner import Plan
from tests.planner.case_files import compat_of_cases
from tests.planner.wishes import LAW, a_host, a_spec, plan_sole

COMPAT = compat_of_cases()
RELEASES = [release.torch for release in COMPAT.releases]

DRIVERS = ["430.50", "470.57.02", "525.60.13", "580.95.05", "610.43.02"]
SMS = ["sm_35", "sm_37", "sm_52", "sm_61", "sm_70", "sm_75", "sm_86", "sm_90", "sm_120", "sm_121"]
stacks = st.one_of(
    st.sampled_from(["absent", "unknown", "unreadable"]),
    st.fixed_dictionaries(
        {
            "driver": st.sampled_from(
                ["430.50", "470.57.02", "525.60.13", "580.95.05", "610.43.02"]
            ),
            "gpus": st.lists(st.sampled_from([*SMS, "?"]), max_size=3),
        }
    ),
)
amd_stacks = st.one_of(
    st.just("absent"),
    st.fixed_dictionaries({"gpus": st.lists(st.sampled_from(["gfx90a", "gfx1100", "gfx1103"]))}),
)
hosts = st.builds(
    lambda platform, nvidia, amd: a_host(platform, nvidia=nvidia, amd=amd, intel="absent"),
    st.sampled_from(["linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"]),
    stacks,
    amd_stacks,
)
wishes = st.fixed_dictionaries(
    {
        "torch": st.sampled_from([*RELEASES, "latest", "2.8", ">=2.4,<2.8", "1.13"]),
        "python": st.sampled_from(["3.8", "3.10", "3.11", "3.13", "3.13t"]),
        "torchvision": st.sampled_from([None, False]),
    }
)


def _plan(wish: dict[str, Any], host: Any) -> Plan | None:  # noqa: ANN401  # HostFacts
    verdict = plan_sole(a_spec(**wish), COMPAT, host)
    return verdict if isinstance(verdict, Plan) else None


@LAW
@given(wishes, hosts)
def test_what_auto_takes_is_accepted_when_it_is_named(wish: dict[str, Any], host: Any) -> None:  # noqa: ANN401  # HostFacts
    """``auto`` never picks what the same planner would refuse, and gets the very same builds."""
    chosen = _plan({**wish, "accelerator": "auto"}, host)
    if chosen is not None:
        named = {**wish, "accelerator": chosen.target.accelerator, "torch": chosen.torch.public}
        again = _plan(named, host)
        assert again is not None
        assert again.trio == chosen.trio


@LAW
@given(wishes, hosts)
def test_auto_leaves_no_gpu_out(wish: dict[str, Any], host: Any) -> None:  # noqa: ANN401  # HostFacts
    """A build for GPUs that ``auto`` takes runs on every one of its maker (no ``TE321``)."""
    chosen = _plan({**wish, "accelerator": "auto"}, host)
    if chosen is not None:
        assert "TE321" not in {finding.code for finding in chosen.findings}


@LAW
@given(wishes, hosts)
def test_auto_takes_the_newest_toolkit_that_is_sure(wish: dict[str, Any], host: Any) -> None:  # noqa: ANN401  # HostFacts
    """Of the accelerators that it looked at, the first that does is the one that it takes."""
    chosen = _plan({**wish, "accelerator": "auto"}, host)
    if chosen is not None and chosen.auto is not None and chosen.target.accelerator != "cpu":
        does = [name for name, found in chosen.auto.considered if found == "does"]
        assert chosen.target.accelerator in (does or dict(chosen.auto.considered))
        assert not does or does[0] == chosen.target.accelerator


def test_auto_says_why() -> None:
    """One sentence with driver and GPUs, and each accelerator of the release with what it lacks."""
    host = a_host(nvidia={"driver": "535.129.03", "gpus": ["GTX 1080: sm_61"]})
    plan = _plan({"torch": "2.9.1", "accelerator": "auto"}, host)
    assert plan is not None
    assert plan.auto is not None
    assert plan.auto.reason == (
        "newest CUDA build of torch 2.9.1 that driver 535.129.03 and GTX 1080 (`sm_61`) can run"
    )
    assert plan.auto.considered == (
        ("cu130", "`cu130` needs driver 580.65.06, `cu130` has no code for GTX 1080 (`sm_61`)"),
        ("cu129", "`cu129` has no code for GTX 1080 (`sm_61`)"),
        ("cu128", "`cu128` has no code for GTX 1080 (`sm_61`)"),
        ("cu126", "does"),
    )


def test_auto_without_gpus_says_what_was_seen() -> None:
    """The reason for the CPU's build is what the probe saw."""
    host = a_host(nvidia="absent", amd="absent", intel="absent")
    plan = _plan({"torch": "2.9.1", "accelerator": "auto"}, host)
    assert plan is not None
    assert plan.auto is not None
    assert plan.auto.reason == "no GPU driver here (what the test says)"
    assert plan.auto.considered == ()


def test_a_plan_explains_itself() -> None:
    """What was decided and checked is told, the driver and each GPU included."""
    spec = {"torch": "2.9.1", "accelerator": "cu130", "driver": "580.95.05", "gpus": ["sm_120"]}
    plan = _plan(spec, a_host())
    assert plan is not None
    told = "\n".join(plan.explanation)
    assert "torch 2.9.1 has a `cu130` build for Python 3.11 on linux-x86_64" in told
    assert "The default index has the `cu128` build, which is another." in told
    assert "Builds for CUDA 13.0.0 need NVIDIA driver 580.65.06" in told
    assert "The target has 580.95.05." in told
    assert "`sm_120` runs the build's own code" in told
    assert "The wheels need glibc 2.28. This machine has 2.36." in told
