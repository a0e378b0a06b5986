"""What others did to an environment is named, and an apply mends just that."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import apply_lock, environment_status, verify_environment
from provisioner.events import Reporter
from tests.environment.kit import Project, stored, tiny, trio
from tests.environment.test_unpacked import codes, locked, needs_hard_links, rewrite
from tests.support.wheels import text_member

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Applied
    from provisioner.lockfile import Lock


def is_whole(project: Project, lock: Lock) -> bool:
    """Verify every byte."""
    report = verify_environment(project.spec(), lock, project.store, project.environ, Reporter())
    return report.is_whole


def reasons(applied: Applied) -> list[tuple[str, str]]:
    """Return (name, reason) of what was replaced or left behind."""
    changes = applied.changes
    return [(one.name, one.reason) for one in (*changes.changed, *changes.removed)]


def test_repair_has_nothing_to_do_where_all_is_well(project: Project) -> None:
    """After every byte was compared, a whole environment stays as it is."""
    lock = locked(project)
    project.apply(lock)
    assert not project.repair(lock).did


def test_damage_behind_an_old_time_is_repaired_with_its_copy(project: Project) -> None:
    """An edit that keeps size and time is found by its bytes, in the environment and the copy."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    rewrite(project.site / "extra/__init__.py")
    assert not project.apply(lock).did
    done = project.repair(lock)
    assert codes(done) == ["TE704", "TE614"]
    assert reasons(done) == [("extra", "damaged")]
    assert is_whole(project, lock)
    assert not project.repair(lock).did


def test_a_damaged_wheel_in_the_store_is_not_what_repairs(project: Project) -> None:
    """A wheel is hashed before anything is installed from it."""
    lock = locked(project)
    project.apply(lock)
    os.truncate(project.site / "torch/version.py", 0)
    torch = next(one for one in lock.packages if one.name == "torch")
    wheel = stored(project.store, torch.wheel)
    good = wheel.read_bytes()
    wheel.write_bytes(b"x" * len(good))
    source = project.root / "wheels"
    source.mkdir()
    (source / wheel.name).write_bytes(good)
    request = replace(project.request(lock), local_sources=(source,))
    assert apply_lock(request).did
    assert is_whole(project, lock)
    assert wheel.read_bytes() == good


def test_a_half_removed_package_is_named_and_left_behind(project: Project) -> None:
    """What a killed pip left as `~orch` is told in one line, and is not in the next generation."""
    lock = locked(project)
    project.apply(lock)
    (project.site / "~orch").mkdir()
    for name in ("a.py", "b.py"):
        (project.site / "~orch" / name).write_text("")
    status = environment_status(project.spec(), lock)
    (finding,) = status.findings
    assert finding.why.splitlines()[1:] == [
        "`~orch`, left by an installer that was stopped (2 files)"
    ]
    project.apply(lock)
    assert not (project.site / "~orch").exists()
    assert is_whole(project, lock)


def test_a_package_that_pip_installed_beside_is_named_with_how_to_keep_it(project: Project) -> None:
    """A package installed through the link is drift by its name, and listed before it is left."""
    lock = locked(project)
    project.apply(lock)
    install_by_hand(project.site, "left-pad", "1.3.0")
    done = project.apply(lock)
    assert reasons(done) == [("left-pad", "stray")]
    (finding,) = done.findings
    assert "package left-pad 1.3.0 added (3 files)" in finding.why
    assert "`torchenv add left-pad`" in finding.do


def install_by_hand(site: Path, name: str, version: str) -> None:
    """Do what pip does with a package of one module."""
    module = f"{name.replace('-', '_')}.py"
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (site / module).write_text("")
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{module},,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")


def test_another_build_of_the_version_is_told_and_replaced(project: Project) -> None:
    """Torch of the same version, built for something else, is not taken for the locked one."""
    lock = locked(project)
    project.apply(lock)
    shutil.rmtree(project.site / "torch-2.2.0+cpu.dist-info")
    install_by_hand(project.site, "torch", "2.2.0+cu121")
    text = "cuda: Optional[str] = '12.1'\n"
    (project.site / "torch/version.py").unlink()
    (project.site / "torch/version.py").write_text(text)
    status = environment_status(project.spec(), lock)
    assert status.changes is not None
    (change,) = status.changes.changed
    assert (change.reason, change.detail) == ("other build", "`torch/version.py` says cuda 12.1")
    project.apply(lock)
    assert is_whole(project, lock)


def test_only_what_is_damaged_is_unpacked_again(project: Project) -> None:
    """A repair links what is right from where the old generation came from."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    before = {
        name: (project.site / f"{name}/__init__.py").stat().st_ino for name in ("torch", "extra")
    }
    os.truncate(project.site / "extra/__init__.py", 0)
    project.apply(lock)
    after = {
        name: (project.site / f"{name}/__init__.py").stat().st_ino for name in ("torch", "extra")
    }
    assert after["torch"] == before["torch"]
    assert after["extra"] != before["extra"]


@pytest.mark.parametrize("name", ["sitecustomize.py", "usercustomize.py", "hook.pth"])
def test_files_that_run_at_every_start_are_drift(project: Project, name: str) -> None:
    """What somebody puts beside the packages to run at every start is named."""
    lock = project.lock([*trio(), tiny("some", "1.0", members=(text_member("some.py", ""),))])
    project.apply(lock)
    (project.site / name).write_text("")
    status = environment_status(project.spec(), lock)
    assert status.state == "drifted"
    assert status.findings[0].why.splitlines()[1:] == [name]
