"""Environments of other Pythons than torchenv's own: the oldest and the newest of the machine."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from provisioner.environment import apply_lock, environment_status, verify_environment
from provisioner.events import Reporter
from provisioner.host import list_interpreters
from tests.environment.kit import release, trio
from tests.environment.test_quick import entry
from tests.environment.test_rollback import back
from tests.environment.test_unpacked import rewrite

if TYPE_CHECKING:
    from provisioner.host import Interpreter
    from tests.environment.kit import Project

OLDEST: Final = (3, 8)
"""The oldest Python that an environment can have."""


def minor(interpreter: Interpreter) -> tuple[int, int]:
    """Return its minor version as numbers."""
    major, number = interpreter.version.split(".")[:2]
    return int(major), int(number)


@pytest.fixture(scope="module")
def pythons() -> list[Interpreter]:
    """Return what the machine has beside the running one, oldest first."""
    found = list_interpreters(dict(os.environ))
    fitting = [one for one in found if one.is_usable and not one.free_threaded]
    others = [one for one in fitting if minor(one) >= OLDEST and minor(one) != sys.version_info[:2]]
    return sorted(others, key=minor)


@pytest.mark.parametrize("place", [0, -1], ids=["oldest", "newest"])
def test_an_environment_of_another_python_has_its_whole_life(
    project: Project, pythons: list[Interpreter], place: int
) -> None:
    """It is made, proven, run, compared, repaired, replaced and brought back."""
    if len(pythons) < 2:
        pytest.skip("fewer than two other Pythons here; every other test covers the running one")
    python = pythons[place]
    spec = project.spec(python=".".join(map(str, minor(python))))
    lock = project.lock(release("old"), spec=spec)
    request = replace(project.request(lock, spec=spec), interpreter=python)
    assert apply_lock(request).proof.versions[0] == ("torch", "2.2.0+cpu")
    assert not apply_lock(request).did

    tell = "import sys, torch; print(tuple(sys.version_info[:2]))"
    assert entry("run", "--", "python", "-c", tell, cwd=project.root) == (0, f"{minor(python)}\n")

    def is_whole() -> bool:
        verified = verify_environment(spec, lock, project.store, project.environ, Reporter())
        return verified.is_whole

    assert is_whole()
    rewrite(project.site / "torch/version.py")
    assert not is_whole()
    repaired = apply_lock(replace(request, repair=True))
    assert [one.name for one in repaired.changes.changed] == ["torch"]
    assert is_whole()

    newer = project.lock(trio("2.2.1", vision="0.17.1"), spec=spec)
    apply_lock(replace(request, lock=newer))
    assert back(project, thorough=True).generation == 2
    assert environment_status(spec, lock).state == "current"
