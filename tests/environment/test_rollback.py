"""Going back: to a generation that is as it was, and what is known about each."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import (
    VerifySetting,
    apply_lock,
    environment_history,
    environment_status,
    records_folder,
    roll_back,
)
from provisioner.environment._history import history_file
from provisioner.environment._layout import Layout
from provisioner.events import Reporter
from provisioner.findings import VerificationError, WorldError
from tests.environment.kit import Project, release
from tests.environment.test_unpacked import rewrite

if TYPE_CHECKING:
    from provisioner.environment import RolledBack
    from provisioner.lockfile import Lock


def back(project: Project, number: int | None = None, *, thorough: bool = False) -> RolledBack:
    """Roll back."""
    setting = VerifySetting(
        records=records_folder(project.environ),
        wheel_of=lambda package: project.store.find(package.sha256),
        environ=project.environ,
    )
    return roll_back(project.spec(), number, Reporter(), thorough=setting if thorough else None)


@pytest.fixture
def switched(project: Project) -> Project:
    """Return a project that went from the old release to the new one."""
    project.apply(project.lock(release("old")))
    project.apply(project.lock(release("new")))
    return project


def versions(project: Project) -> set[str]:
    """Return the versions of torch and what is beside it."""
    return {path.name for path in project.site.glob("*.dist-info")}


def test_back_to_the_generation_before(switched: Project) -> None:
    """Without a number, the generation that was current before is the environment again."""
    done = back(switched)
    assert (done.before, done.generation) == (2, 1)
    assert "torch-2.2.0+cpu.dist-info" in versions(switched)
    assert "requests-2.32.0.dist-info" in versions(switched)
    status = environment_status(switched.spec(), switched.lock(release("old")))
    assert status.state == "current"


def test_back_and_back_again(switched: Project) -> None:
    """A second roll back undoes the first; a number says which one is meant."""
    assert back(switched).generation == 1
    assert back(switched).generation == 2
    assert back(switched, 1).generation == 1


def test_no_other_generation(project: Project) -> None:
    """Where there is nothing to go back to, that is said, and nothing changes."""
    with pytest.raises(WorldError) as caught:
        back(project)
    assert caught.value.findings[0].code == "TE616"
    project.apply(project.lock(release("old")))
    for number in (None, 1, 7):
        with pytest.raises(WorldError) as caught:
            back(project, number)
        assert caught.value.findings[0].code == "TE616"
    assert project.current.name == "0001"


def test_a_damaged_generation_is_not_gone_back_to(switched: Project) -> None:
    """A generation whose files differ is refused, and the environment stays."""
    old = Layout(link=switched.link).generation(1)
    (site,) = old.site_packages()
    (site / "requests/__init__.py").unlink()
    with pytest.raises(VerificationError) as caught:
        back(switched)
    assert [finding.code for finding in caught.value.findings] == ["TE617", "TE704"]
    assert switched.current.name == "0002"


def test_thorough_compares_every_byte(switched: Project) -> None:
    """An edit that keeps size and time is found where every byte is compared."""
    old = Layout(link=switched.link).generation(1)
    (site,) = old.site_packages()
    rewrite(site / "requests/__init__.py")
    with pytest.raises(VerificationError) as caught:
        back(switched, thorough=True)
    assert [finding.code for finding in caught.value.findings] == ["TE617", "TE704"]
    assert back(switched).generation == 1


def test_thorough_goes_back_where_all_is_well(switched: Project) -> None:
    """Every byte of an untouched generation is right."""
    assert back(switched, thorough=True).generation == 1


def test_apply_takes_a_generation_that_is_still_there(switched: Project) -> None:
    """Applying an older lock switches to the generation that was made from it, and proves no more.

    It is the same folder with every file as it was, and was proven when it was made.
    """
    done = switched.apply(switched.lock(release("old")))
    assert (done.did, done.generation) == (True, 1)
    assert not switched.apply(switched.lock(release("old"))).did
    assert [change.name for change in done.changes.added] == ["requests"]


def test_apply_makes_anew_what_was_touched(switched: Project) -> None:
    """A kept generation with a foreign file is not taken."""
    (site,) = Layout(link=switched.link).generation(1).site_packages()
    (site / "stray.py").write_text("")
    done = switched.apply(switched.lock(release("old")))
    assert (done.did, done.generation) == (True, 3)


def test_the_history_says_what_and_when(switched: Project) -> None:
    """Each switch has its generation, its lock and its changes; what is there is marked."""
    back(switched)
    found = environment_history(switched.link)
    assert [(one.generation, one.action) for one in found.entries] == [
        (1, "apply"),
        (2, "apply"),
        (1, "rollback"),
    ]
    assert found.entries[0].lock_digest == found.entries[2].lock_digest
    assert found.entries[1].changes == (
        "+numpy 1.26.4",
        "-requests 2.32.0",
        "~torch 2.2.0+cpu to 2.2.1+cpu",
        "~torchaudio 2.2.0+cpu to 2.2.1+cpu",
        "~torchvision 0.17.0+cpu to 0.17.1+cpu",
    )
    assert [(one.number, one.is_current) for one in found.kept] == [(1, True), (2, False)]


def test_a_damaged_history_harms_nothing(switched: Project) -> None:
    """Lines that cannot be read are left out; without any, the newest other generation is meant."""
    file = history_file(Layout(link=switched.link))
    file.write_text('{"when": 1\n[]\n{"strange": true}\n')
    assert environment_history(switched.link).entries == ()
    assert back(switched).generation == 1


def third(project: Project) -> Lock:
    """Return a lock of a third kind."""
    return project.lock([*release("old"), *release("new")[-1:]])


def test_keep_says_how_many_stay(project: Project) -> None:
    """`keep` counts the current one; those that were current last stay."""
    spec = project.spec(more="keep = 3\n")
    for lock in (project.lock(release("old")), project.lock(release("new")), third(project)):
        apply_lock(project.request(lock, spec=spec))
    assert project.generations == ["0001", "0002", "0003"]
    spec = project.spec(more="keep = 1\n")
    apply_lock(project.request(project.lock(release("new")), spec=spec))
    assert project.generations == ["0002"]


def test_what_was_current_last_stays(switched: Project) -> None:
    """After a roll back the one that was current before stays, whatever its number."""
    back(switched)
    switched.apply(third(switched))
    assert switched.generations == ["0001", "0003"]


def test_keep_days_lets_old_ones_go(switched: Project) -> None:
    """Generations that are older than `keep-days` go, whatever their number."""
    manifest = Layout(link=switched.link).generation(2).manifest
    os.utime(manifest, (1, 1))
    spec = switched.spec(more="keep = 5\nkeep-days = 30\n")
    apply_lock(switched.request(third(switched), spec=spec))
    assert switched.generations == ["0001", "0003"]


def test_a_removed_generation_leads_to_the_environment(switched: Project) -> None:
    """A shell that still has a removed generation on its PATH meets the environment."""
    switched.apply(third(switched))
    left = switched.root / ".torchenv/.venv/0001"
    assert left.is_symlink()
    assert (left / "bin/python").exists()
    assert left.resolve() == switched.current.resolve()
    shutil.rmtree(switched.root / ".torchenv/.venv/0002")
    assert environment_history(switched.link).kept[0].number == 3
