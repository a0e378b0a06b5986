"""The status: what the environment is against its lock and spec."""

from __future__ import annotations

import shutil
import venv
from dataclasses import replace

import pytest

from provisioner.environment import environment_status
from provisioner.findings import Finding, Severity
from tests.environment.kit import Project, tiny, trio
from tests.support import tree_state

STALE = Finding(
    code="TE426", severity=Severity.WARNING, message="The lock is stale.", why="x", do="y"
)


@pytest.fixture
def applied(project: Project) -> Project:
    """Return a project with an environment that is right."""
    project.apply(project.lock(trio()))
    return project


def test_a_right_environment_is_current(applied: Project) -> None:
    """Nothing differs, and the environment says what it was made from."""
    status = environment_status(applied.spec(), applied.lock(trio()))
    assert (status.state, status.findings) == ("current", ())
    assert (status.link, status.generation) == (applied.link, "0001")
    assert status.changes is not None
    assert status.changes.is_empty
    assert status.made is not None
    assert status.made.proof.versions[0] == ("torch", "2.2.0+cpu")


def test_asking_changes_nothing(applied: Project) -> None:
    """A status writes no file."""
    before = tree_state(applied.root)
    environment_status(applied.spec(), applied.lock(trio()))
    assert tree_state(applied.root) == before


def test_no_environment_is_absent(project: Project) -> None:
    """Where nothing is, everything would be added."""
    status = environment_status(project.spec(), project.lock(trio()))
    assert (status.state, status.findings, status.made) == ("absent", (), None)
    assert status.changes is not None
    assert len(status.changes.added) == 3


def test_another_lock_makes_it_stale(applied: Project) -> None:
    """An environment of another lock is behind, and what would change is named."""
    status = environment_status(applied.spec(), applied.lock([*trio(), tiny("numpy", "1.26.4")]))
    assert status.state == "stale"
    assert [finding.code for finding in status.findings] == ["TE608"]
    assert status.changes is not None
    assert [change.name for change in status.changes.added] == ["numpy"]


def test_another_python_makes_it_stale(applied: Project) -> None:
    """An environment whose Python is not the spec's is behind."""
    spec = applied.spec()
    spec = replace(spec, targets=(replace(spec.sole, python="3.7"),))
    status = environment_status(spec, applied.lock(trio()))
    assert status.state == "stale"
    assert "the spec asks for 3.7" in status.findings[0].why


def test_a_stale_lock_makes_it_stale(applied: Project) -> None:
    """A lock that is behind the spec counts, although the environment equals it."""
    status = environment_status(applied.spec(), applied.lock(trio()), STALE)
    assert (status.state, status.findings) == ("stale", (STALE,))


def test_without_a_lock_the_files_are_still_looked_at(applied: Project) -> None:
    """Where there is no lock the environment is behind at best, and damage is still damage."""
    status = environment_status(applied.spec(), None, STALE)
    assert (status.state, status.changes) == ("stale", None)
    (applied.site / "torch/version.py").unlink()
    assert environment_status(applied.spec(), None, STALE).state == "damaged"


def test_added_files_are_drift(applied: Project) -> None:
    """Files that torchenv did not install are named, as they lie in the environment."""
    (applied.site / "stray.pth").write_text("import stray\n")
    status = environment_status(applied.spec(), applied.lock(trio()))
    assert status.state == "drifted"
    (finding,) = status.findings
    assert finding.code == "TE607"
    assert finding.why.splitlines()[-1] == "stray.pth"


def test_missing_and_changed_files_are_damage(applied: Project) -> None:
    """Missing and changed files are named, and damage outweighs drift."""
    (applied.site / "torch/version.py").unlink()
    (applied.site / "torchvision/version.py").write_text("")
    (applied.site / "stray.py").write_text("")
    status = environment_status(applied.spec(), applied.lock(trio()))
    assert status.state == "damaged"
    assert [finding.code for finding in status.findings] == ["TE704", "TE607"]
    missing, changed = status.findings[0].why.splitlines()[1:]
    assert missing == "torch 2.2.0+cpu: missing torch/version.py"
    assert changed == "torchvision 0.17.0+cpu: changed torchvision/version.py"
    assert status.changes is not None
    assert [(one.name, one.reason, one.detail) for one in status.changes.changed] == [
        ("torch", "damaged", "1 missing"),
        ("torchvision", "damaged", "1 changed"),
    ]


def test_a_package_installed_by_hand_is_drift_and_a_change(applied: Project) -> None:
    """What somebody installed into the environment is drift, and an apply would remove it."""
    (applied.site / "stray-1.0.dist-info").mkdir()
    (applied.site / "stray-1.0.dist-info/METADATA").write_text("Name: stray\nVersion: 1.0\n")
    status = environment_status(applied.spec(), applied.lock(trio()))
    assert status.state == "drifted"
    assert status.changes is not None
    assert [change.name for change in status.changes.removed] == ["stray"]


def test_a_damaged_state_file_is_damage(applied: Project) -> None:
    """An environment that cannot say what it is must be made again."""
    (applied.current / "torchenv-state.json").write_text("{}")
    status = environment_status(applied.spec(), applied.lock(trio()))
    assert (status.state, status.made) == ("damaged", None)
    assert status.findings[0].code == "TE609"


def test_a_generation_that_is_gone_is_damage(applied: Project) -> None:
    """A link that leads nowhere is no environment."""
    shutil.rmtree(applied.current)
    assert environment_status(applied.spec(), applied.lock(trio())).state == "damaged"


def test_what_others_made_is_foreign(project: Project) -> None:
    """An environment of another tool, and a path that is taken, are foreign."""
    venv.create(project.link, with_pip=False)
    status = environment_status(project.spec(), project.lock(trio()))
    assert (status.state, status.findings[0].code) == ("foreign", "TE605")
    shutil.rmtree(project.link)
    project.link.write_text("a file")
    status = environment_status(project.spec(), project.lock(trio()))
    assert (status.state, status.findings[0].code) == ("foreign", "TE601")


def test_an_apply_mends_what_status_found(applied: Project) -> None:
    """After damage and drift an apply builds anew, says what it found, and all is well."""
    (applied.site / "torch/version.py").unlink()
    (applied.site / "stray.py").write_text("")
    lock = applied.lock(trio())
    done = applied.apply(lock)
    assert (done.did, done.generation) == (True, 2)
    assert [finding.code for finding in done.findings] == ["TE704", "TE607"]
    assert environment_status(applied.spec(), lock).state == "current"
    assert (applied.root / ".torchenv/.venv/0001").exists()
