"""What the published data does not have yet: a build that only the default index has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.planner import Refusal
from tests.planner.case_files import compat_of_cases
from tests.planner.wishes import LINES, a_host, a_spec, plan_sole

if TYPE_CHECKING:
    from provisioner.compat import Compat


def _without_pytorch_index(compat: Compat) -> Compat:
    builds = {
        place: tuple(build for build in there if build.index == "default")
        for place, there in compat.builds_by_place.items()
    }
    return replace(compat, builds_by_place=builds)


@pytest.mark.parametrize(
    ("sources", "key"),
    [({"trio": "pytorch"}, "sources.trio"), ({"isolated": True}, "sources.isolated")],
)
def test_a_build_that_only_the_default_index_has(sources: dict[str, Any], key: str) -> None:
    """Insisting on PyTorch's index is refused with the key that insists, and what to do."""
    lines = (*LINES, ("sources.isolated", 11))
    spec = a_spec(torch="2.9.1", accelerator="cu128", sources=sources, lines=lines)
    verdict = plan_sole(spec, _without_pytorch_index(compat_of_cases()), a_host())
    assert isinstance(verdict, Refusal)
    (finding,) = verdict.findings
    assert finding.code == "TE213"
    assert (
        finding.message == "PyTorch's index has no `cu128` build of torch 2.9.1 for linux-x86_64."
    )
    assert finding.why == f"`{key}` in the spec takes the trio from PyTorch's index only."
    assert finding.do == f"Remove `{key}`: then the build comes from the default index."
    assert finding.where is not None
    assert finding.where.key == key
