"""Which target a machine gets: the rules, on machines that are given as facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from provisioner.api._target import choose_target, settle_target
from provisioner.compat import load_compat
from provisioner.findings import PlanError
from provisioner.host import Gpu, GpuStack
from provisioner.spec import spec_digest
from tests.planner.wishes import a_host, a_spec

if TYPE_CHECKING:
    from provisioner.api._target import Choice
    from provisioner.host import HostFacts

TARGETS: Final[dict[str, dict[str, Any]]] = {
    "cluster": {"platform": "linux-x86_64", "accelerator": "cu118"},
    "laptop": {"platform": "macos-arm64"},
    "newest": {"platform": "linux-x86_64", "accelerator": "cu126"},
    "server": {"platform": "linux-x86_64"},
}
NONE: Final = GpuStack(state="absent")


def nvidia(driver: str, *archs: str, name: str | None = None) -> GpuStack:
    """Make NVIDIA's driver with its GPUs."""
    gpus = tuple(Gpu(name=name, arch=arch) for arch in archs)
    return GpuStack(state="present", driver=driver, gpus=gpus)


def linux(stack: GpuStack = NONE, **facts: Any) -> HostFacts:  # noqa: ANN401 as a_host
    """Make a Linux machine with these NVIDIA GPUs."""
    return replace(a_host(**facts), nvidia=stack, amd=NONE, intel=NONE)


def choose(
    host: HostFacts, targets: dict[str, dict[str, Any]] = TARGETS, pythons: str = "3.11"
) -> Choice:
    """Choose among targets of torch 2.6.0 on a machine that has some Pythons."""
    spec = a_spec(torch="2.6.0", targets=targets)
    return choose_target(spec, host, load_compat(), lambda python: python in pythons.split())


@pytest.mark.parametrize(
    ("host", "name", "reason"),
    [
        pytest.param(
            linux(),
            "server",
            "no GPU that another of them is for answers here; `cluster`, `newest` would run here "
            "too",
            id="cpu without a GPU",
        ),
        pytest.param(
            linux(nvidia("560.35.03", "sm_80", name="NVIDIA A100")),
            "newest",
            "it is for this machine's NVIDIA A100; `cluster`, `server` would run here too",
            id="the newest CUDA that runs",
        ),
        pytest.param(
            replace(a_host("macos-arm64"), nvidia=NONE),
            "laptop",
            "the only one that fits this machine",
            id="the platform decides",
        ),
    ],
)
def test_the_best_target(host: HostFacts, name: str, reason: str) -> None:
    """What runs on the machine's hardware comes first, and one line says why."""
    choice = choose(host)
    assert choice.name == name
    accelerator = TARGETS[name].get("accelerator", "cpu")
    assert choice.why == (
        f"Target `{name}` ({TARGETS[name]['platform']}, Python 3.11, {accelerator}): {reason}."
    )


def test_the_python_decides() -> None:
    """A target whose Python the machine does not have is not taken."""
    targets = {
        "new": {"platform": "linux-x86_64", "python": "3.13"},
        "old": {"platform": "linux-x86_64", "python": "3.10"},
    }
    assert choose(linux(), targets, "3.10").name == "old"
    assert choose(linux(), targets, "3.13").name == "new"
    assert choose(linux(), targets, "3.10 3.13").name == "new"


def test_the_target_that_names_this_gpu() -> None:
    """Of two for the same accelerator, the one that names the machine's GPU is taken."""
    same = {"platform": "linux-x86_64", "accelerator": "cu118"}
    targets = {"a": {**same, "gpus": ["sm_70"]}, "b": {**same, "gpus": ["A100"]}}
    a100 = linux(nvidia("535.129.03", "sm_80", name="NVIDIA A100-SXM4-40GB"))
    v100 = linux(nvidia("535.129.03", "sm_70", name="Tesla V100"))
    assert (choose(a100, targets).name, choose(v100, targets).name) == ("b", "a")


def test_no_target_fits() -> None:
    """The refusal says of each target what is missing."""
    with pytest.raises(PlanError) as caught:
        choose(linux(), pythons="3.10")
    (finding,) = caught.value.findings
    assert (finding.code, finding.message) == ("TE462", "No target of the spec fits this machine.")
    assert finding.why == (
        "`cluster` needs Python 3.11, which this machine does not have.\n"
        "`laptop` is for macos-arm64.\n"
        "`newest` needs Python 3.11, which this machine does not have.\n"
        "`server` needs Python 3.11, which this machine does not have."
    )


def test_a_refusal_of_the_planner_is_repeated() -> None:
    """A target that the planner refuses on this machine does not fit, for the planner's reason."""
    targets = {"gnu": {"platform": "linux-x86_64"}, "mac": {"platform": "macos-arm64"}}
    with pytest.raises(PlanError) as caught:
        choose(linux(libc_version="2.5"), targets)
    assert "`gnu` cannot run here: " in caught.value.findings[0].why


def test_a_build_that_this_driver_cannot_run() -> None:
    """An old driver leaves the targets that it can run, and `cpu`."""
    old = linux(nvidia("470.82.01", "sm_70", name="Tesla V100"))
    targets = {name: TARGETS[name] for name in ("newest", "server")}
    choice = choose(old, targets)
    assert choice.name == "server"
    assert choice.why.endswith(": the only one that fits this machine.")


def test_a_target_by_name() -> None:
    """A name is taken as it is, and one that is none is refused with those that are."""
    spec = a_spec(torch="2.6.0", targets=TARGETS)
    choice = settle_target(spec, "laptop")
    assert (choice.name, choice.why, choice.spec.asked_for) == ("laptop", "", "laptop")
    with pytest.raises(PlanError) as caught:
        settle_target(spec, "nobody")
    (finding,) = caught.value.findings
    assert finding.message == "The spec has no target `nobody`."
    assert finding.why == "Its targets are `cluster`, `laptop`, `newest`, `server`."


def test_a_spec_without_targets_needs_no_choice() -> None:
    """The sole target is taken without a look at the machine; it has no name to ask for."""
    spec = a_spec(torch="2.6.0")
    assert settle_target(spec).spec is spec
    with pytest.raises(PlanError) as caught:
        settle_target(spec, "laptop")
    assert caught.value.findings[0].do == "Leave `--target` out."


def test_narrowing_changes_no_meaning() -> None:
    """A spec narrowed to a target has that target's digest and lock, and can be widened again."""
    spec = a_spec(torch="2.6.0", targets=TARGETS)
    for name in TARGETS:
        one = spec.narrowed(name)
        assert spec_digest(one) == spec_digest(spec, name)
        assert one.lock_file == spec.lock_file_of(name)
        assert one.widened == spec
