"""The refusals that torchenv is known for: each with its code, and something that plans clean."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.planner import Plan, Refusal
from tests.planner.case_files import compat_of_cases
from tests.planner.wishes import a_host, a_spec, but_machines, plan_sole, spec_of

COMPAT = compat_of_cases()
KEPT = ("platform", "driver", "gpus", "glibc", "macos")


@pytest.mark.parametrize(
    ("code", "wish"),
    [
        ("TE202", {"torch": "2.1.0", "accelerator": "cu116"}),
        ("TE203", {"torch": "2.1", "accelerator": "cu118", "python": "3.12"}),
        ("TE202", {"torch": "2.8", "accelerator": "cu118"}),
        ("TE204", {"torch": "2.3", "platform": "macos-x86_64"}),
        ("TE303", {"torch": "2.7", "glibc": "2.17"}),
        ("TE306", {"torch": "2.8", "accelerator": "cu128", "gpus": ["sm_61"]}),
        ("TE305", {"torch": "2.4", "accelerator": "cu121", "driver": "470.57.02"}),
        ("TE205", {"torch": "2.2.0", "torchvision": "0.16.0"}),
        ("TE206", {"torch": "2.12.0", "torchaudio": "2.10.0"}),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(map(str, value.values())),
)
def test_what_cannot_be_is_refused_with_what_can(code: str, wish: dict[str, Any]) -> None:
    """Each is refused with the right code, and what is offered is planned without a doubt."""
    verdict = plan_sole(a_spec(**wish), COMPAT, a_host())
    assert isinstance(verdict, Refusal)
    assert [finding.code for finding in verdict.findings] == [code]
    offered = verdict.findings[0].alternatives
    assert offered
    for combination in offered:
        kept = {key: wish[key] for key in KEPT if key in wish}
        again = plan_sole(spec_of(combination, **kept), COMPAT, a_host())
        assert isinstance(again, Plan)
        assert again.combination == combination
        assert but_machines(again.findings) == ()


@pytest.mark.parametrize("gpus", [["sm_61", "sm_90", "sm_70"], ["sm_70", "sm_61", "sm_90"]])
def test_the_order_of_gpus_does_not_matter(gpus: list[str]) -> None:
    """What is refused for several GPUs is refused alike in whatever order they are named."""
    told, offered = [], []
    for order in (gpus, sorted(gpus)):
        wish = {"torch": "2.7.1", "accelerator": "cu128", "gpus": order}
        verdict = plan_sole(a_spec(**wish), COMPAT, a_host())
        assert isinstance(verdict, Refusal)
        told.append(sorted(one.message for one in verdict.findings))
        offered.append(verdict.findings[0].alternatives)
    assert told[0] == told[1]
    assert offered[0] == offered[1]
