"""Requirements that contradict each other, explained in terms of what a person can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}


def conflicts(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the findings of a lock without a solution."""
    found: list[dict[str, Any]] = workspace.torchenv("lock", "--json").check(3).json["findings"]
    assert {one["code"] for one in found} == {"TE405"}
    return found


def test_dependency_against_torch(workspace: Workspace) -> None:
    """What torch itself needs is named, with the version and the torch that would do."""
    path = workspace.write_spec(
        **CPU, python="3.11", dependencies={"sympy": "==1.13.1", "tqdm": "*", "einops": "*"}
    )
    (finding,) = conflicts(workspace)
    lines = path.read_text().splitlines()
    number = lines.index('torch = "2.9.1"') + 1
    torch = f"torchenv.toml:{number}"
    line = lines.index('sympy = "==1.13.1"') + 1
    assert finding["message"] == (
        "No set of versions satisfies `torch==2.9.1+cpu` and `sympy==1.13.1` together."
    )
    assert finding["why"].splitlines() == [
        f"`torch==2.9.1+cpu` is wanted by the spec ({torch}: torch.torch).",
        f"`sympy==1.13.1` is wanted by the spec (torchenv.toml:{line}: dependencies.sympy).",
        "`torch 2.9.1+cpu` needs `sympy>=1.13.3`.",
    ]
    assert finding["do"].splitlines() == [
        "Let `sympy` be another version: 1.14.0 fits the others.",
        "Take another torch: 2.6.0 fits everything that is asked for.",
    ]
    assert finding["where"]["line"] == number


def test_constraint_of_the_planner(fresh_workspace: Workspace) -> None:
    """What the planner adds is named with its reason, where a dependency brings the opposite."""
    workspace = fresh_workspace
    workspace.write_spec(
        **{**CPU, "torch": "2.2.0"}, python="3.11", dependencies={"needs-new-numpy": "*"}
    )
    workspace.index.publish(
        workspace.index.scenario.release(
            projects={"needs-new-numpy": "1.0"},
            index="default",
            tags=["py3-none-any"],
            requires=["numpy>=2"],
        )
    )
    (finding,) = conflicts(workspace)
    why = finding["why"].splitlines()
    assert any(line.startswith("`numpy<2` is wanted by torch 2.2.0: torch up to") for line in why)
    assert "`needs-new-numpy` needs `numpy>=2`." in why
    assert "Take another torch: 2.6.0 fits everything that is asked for." in finding["do"]


def test_two_conflicts(workspace: Workspace) -> None:
    """Conflicts that have nothing to do with each other are told one by one."""
    dependencies = {"sympy": "==1.13.1", "typing-extensions": "<4.10"}
    workspace.write_spec(**CPU, dependencies=dependencies)
    messages = [one["message"] for one in conflicts(workspace)]
    assert len(messages) == 2
    assert "`sympy==1.13.1`" in messages[0]
    assert "`typing-extensions<4.10`" in messages[1]


def test_engine_speaks_on_request_only(workspace: Workspace) -> None:
    """The engine's own proof is shown with ``--verbose``, and not without."""
    workspace.write_spec(**CPU, dependencies={"sympy": "==1.13.1"})
    proof = "we can conclude that"
    assert proof not in workspace.torchenv("lock").check(3).stderr
    assert proof in workspace.torchenv("lock", "--verbose").check(3).stderr
