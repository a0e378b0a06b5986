"""An environment of another tool is generation 0: kept aside, and put back on request."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import (
    Foreign,
    inspect_environment,
    kept_aside,
    require_elsewhere,
    restore_kept,
)
from provisioner.environment._switch import exchange_names
from provisioner.events import Reporter
from provisioner.findings import WorldError
from tests.environment.kit import Project, release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def adopted(project: Project) -> Project:
    """Return a project whose environment was made by `venv`, and then applied over."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project.link)], check=True)
    (project.link / "bin/tool").write_text(f"#!{project.link}/bin/python\nprint('mine')\n")
    (project.link / "bin/tool").chmod(0o755)
    project.apply(project.lock(release("old")))
    return project


def cannot(_one: Path, _two: Path) -> bool:
    """Stand in for a system that cannot exchange two names."""
    return False


@pytest.mark.parametrize("exchange", [exchange_names, cannot])
def test_it_works_again_where_it_was(
    adopted: Project, exchange: Callable[[Path, Path], bool]
) -> None:
    """Its scripts name the path where it is again; torchenv's generation stays for later."""
    kept = kept_aside(adopted.link)
    assert kept == adopted.root / ".torchenv/.venv/0000-kept-1"
    assert restore_kept(adopted.link, Reporter(), exchange=exchange) == kept
    assert inspect_environment(adopted.link) == Foreign(kind="folder")
    done = subprocess.run([adopted.link / "bin/tool"], capture_output=True, text=True, check=True)
    assert done.stdout == "mine\n"
    assert adopted.generations == ["0001"]
    assert kept_aside(adopted.link) is None


def test_an_apply_afterwards_keeps_it_aside_again(adopted: Project) -> None:
    """There and back, as often as wanted."""
    restore_kept(adopted.link, Reporter())
    adopted.apply(adopted.lock(release("old")))
    assert adopted.link.is_symlink()
    assert kept_aside(adopted.link) is not None
    restore_kept(adopted.link, Reporter())
    assert inspect_environment(adopted.link) == Foreign(kind="folder")


def test_after_a_kill_between_two_steps(adopted: Project) -> None:
    """Where nothing is at the path, the same command goes on."""
    adopted.link.unlink()
    restore_kept(adopted.link, Reporter())
    assert inspect_environment(adopted.link) == Foreign(kind="folder")


def test_where_nothing_was_kept(project: Project) -> None:
    """There is nothing to go back to, before and after an apply."""
    for _ in range(2):
        with pytest.raises(WorldError) as caught:
            restore_kept(project.link, Reporter())
        assert caught.value.findings[0].code == "TE651"
        project.apply(project.lock(release("old")))


def test_torchenv_does_not_replace_itself(adopted: Project) -> None:
    """Not in a generation whose lock lacks it, and not in another tool's environment."""
    running = adopted.current
    require_elsewhere(adopted.link, {"torch", "torchenv"}, running=running)
    require_elsewhere(adopted.link, {"torch"}, running=adopted.root)
    with pytest.raises(WorldError) as caught:
        require_elsewhere(adopted.link, {"torch"}, running=running)
    assert caught.value.findings[0].code == "TE645"
    restore_kept(adopted.link, Reporter())
    with pytest.raises(WorldError):
        require_elsewhere(adopted.link, {"torchenv"}, running=adopted.link)
