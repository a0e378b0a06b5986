"""Several targets of one spec, and what the library makes of them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from provisioner.compat import load_compat
from provisioner.planner import Plans, plan
from tests.planner.wishes import a_host, a_spec

TWO: Final[dict[str, Any]] = {
    "laptop": {"platform": "macos-arm64"},
    "cluster": {"platform": "linux-x86_64", "accelerator": "cu118"},
}


def test_every_target_gets_a_plan() -> None:
    """There is one plan per target, in the order of their names, found by name."""
    verdict = plan(a_spec(torch="2.6.0", targets=TWO), load_compat(), a_host())
    assert isinstance(verdict, Plans)
    assert [one.target.name for one in verdict.plans] == ["cluster", "laptop"]
    assert verdict.of("cluster").torch.version == "2.6.0+cu118"
    assert verdict.of("laptop").torch.version == "2.6.0"
    with pytest.raises(LookupError):
        verdict.of(None)
    with pytest.raises(ValueError, match="too many values"):
        _ = verdict.sole
