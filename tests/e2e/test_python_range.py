"""A spec that leaves its Python open within a range: one is chosen, locked, and stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import HOST_PYTHON

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e


def test_one_python_of_a_range_is_locked_and_applied(workspace: Workspace) -> None:
    """The newest that this machine has is taken; after that nothing is to do."""
    workspace.write_spec(torch="2.9.1", python=f">=3.9,<={HOST_PYTHON}")
    done = workspace.torchenv("apply", "--json").check().json
    assert done["did"]
    seen = workspace.run_python("import sys; print('{}.{}'.format(*sys.version_info))")
    assert seen.stdout == f"{HOST_PYTHON}\n"
    workspace.torchenv("lock", "--check", offline=True).check()
    assert workspace.torchenv("status", "--json", offline=True).check().json["state"] == "current"
    assert not workspace.torchenv("apply", "--json", offline=True).check().json["did"]
    # The same range in other words is the same wish.
    workspace.write_spec(torch="2.9.1", python=f"<={HOST_PYTHON}, >=3.9")
    workspace.torchenv("lock", "--check", offline=True).check()


def test_the_python_that_is_locked_stays(workspace: Workspace) -> None:
    """A range that admits newer ones changes nothing by itself."""
    workspace.write_spec(torch="2.9.1", python=HOST_PYTHON)
    workspace.torchenv("lock").check()
    workspace.write_spec(torch="2.9.1", python=">=3.9")
    planned = workspace.torchenv("plan", "--json", offline=True).check().json
    assert [one["python"] for one in planned["targets"].values()] == [HOST_PYTHON]
    locked = workspace.torchenv("lock", "--json").check().json
    assert locked["changes"]["changed"] == []
