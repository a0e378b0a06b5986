"""The helper of ``make demo``: which spec to apply on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.spec import load_spec
from tests.docs._pages import REPOSITORY
from tests.support import HOST_PYTHON, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

SCRIPT = REPOSITORY / "examples" / "choose_python.py"


def choose(workspace: Workspace, spec: Path) -> str:
    """Run the helper and return the path that it chose."""
    answer = workspace.home / "answer"
    run([BIN / "python", SCRIPT, spec, answer], environ=workspace.environ).check()
    return answer.read_text().strip()


def test_spec_whose_python_is_here(workspace: Workspace) -> None:
    """The example itself is applied where its Python is on the machine."""
    spec = workspace.write_spec(torch="2.6.0")
    assert choose(workspace, spec) == str(spec)


def test_spec_whose_python_is_missing(workspace: Workspace) -> None:
    """Else a copy is applied that names the running Python, and the example stays as it is."""
    spec = workspace.write_spec(python="3.11.99", torch="2.6.0")
    before = spec.read_bytes()
    copy = workspace.home / "torchenv.toml"
    assert choose(workspace, spec) == str(copy)
    assert load_spec(copy).python == HOST_PYTHON
    assert load_spec(copy).torch == load_spec(spec).torch
    assert spec.read_bytes() == before
