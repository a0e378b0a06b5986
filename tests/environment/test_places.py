"""What may be at the environment's path, and what is refused before anything is done."""

from __future__ import annotations

import os
import venv
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import (
    Absent,
    Blocked,
    Foreign,
    Ours,
    inspect_environment,
    require_free_place,
)
from provisioner.findings import WorldError
from tests.environment.disks import read_only, tmpfs
from tests.environment.kit import Project, Steps, make_project, trio
from tests.support import tree_state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def a_file(path: Path) -> None:
    """Put a file there."""
    path.write_text("mine")


def a_folder(path: Path) -> None:
    """Put a folder with something else there."""
    path.mkdir()
    (path / "thesis.tex").write_text("mine")


def a_pipe(path: Path) -> None:
    """Put something there that is neither file nor folder."""
    os.mkfifo(path)


REFUSED = [
    (a_file, "TE601", "is a file."),
    (a_pipe, "TE601", "is a file."),
    (a_folder, "TE602", "is a folder that holds something other than an environment."),
]


@pytest.mark.parametrize(("make", "code", "message"), REFUSED)
def test_what_is_not_an_environment_is_never_touched(
    project: Project, make: Callable[[Path], None], code: str, message: str
) -> None:
    """A file or another folder is refused before any step, and nothing at all is changed."""
    lock = project.lock(trio())
    make(project.link)
    before = {path.name for path in project.root.iterdir()}
    steps = Steps()
    with pytest.raises(WorldError) as caught:
        project.apply(lock, steps)
    (finding,) = caught.value.findings
    assert (finding.code, finding.message) == (code, f"`{project.link}` {message}")
    assert "environment.path" in finding.do
    assert steps.steps == []
    assert {path.name for path in project.root.iterdir()} == before
    with pytest.raises(WorldError) as early:
        require_free_place(project.link)
    assert early.value.findings == caught.value.findings


def test_inspection_tells_the_kinds_apart(project: Project) -> None:
    """Nothing, an empty folder, a foreign folder, a foreign link, and ours are five things."""
    link = project.link
    assert inspect_environment(link) == Absent()
    link.mkdir()
    assert inspect_environment(link) == Absent(empty_folder=True)
    link.rmdir()
    link.symlink_to("../elsewhere")
    assert inspect_environment(link) == Foreign(kind="link", target="../elsewhere")
    link.unlink()
    venv.create(link, with_pip=False)
    assert inspect_environment(link) == Foreign(kind="folder")


def test_a_link_of_ours_names_its_packages(project: Project) -> None:
    """An environment of ours is inspected with every installed package and its wheel's hash."""
    lock = project.lock(trio())
    project.apply(lock)
    found = inspect_environment(project.link)
    assert isinstance(found, Ours)
    assert found.generation.number == 1
    assert [(each.name, each.version, each.sha256) for each in found.installed] == [
        (each.name, each.version, each.wheel.sha256) for each in lock.packages
    ]


@pytest.mark.parametrize(
    "target", [".torchenv/.venv/1", ".torchenv/other/0001", "x/.torchenv/.venv/0001", "0001", "/"]
)
def test_other_links_are_not_ours(project: Project, target: str) -> None:
    """Only a link of exactly our form counts as ours."""
    project.link.symlink_to(target)
    assert inspect_environment(project.link) == Foreign(kind="link", target=target)


def test_a_file_above_the_path_is_refused(project: Project) -> None:
    """A path below a file cannot hold an environment."""
    (project.root / "file").write_text("")
    found = inspect_environment(project.root / "file" / ".venv")
    assert isinstance(found, Blocked)
    assert found.finding.code == "TE603"
    assert "Not a directory" in found.finding.why


@pytest.mark.parametrize("name", ["a:b", "a\nb", "caf\udce9"])
def test_a_path_that_breaks_scripts_is_refused(tmp_path: Path, name: str) -> None:
    """A colon, a newline or bytes that are no UTF-8 in the path are refused at once."""
    project = make_project(tmp_path / name)
    with pytest.raises(WorldError) as caught:
        project.apply(project.lock(trio()))
    (finding,) = caught.value.findings
    assert finding.code == "TE610"
    finding.message.encode()
    assert not (project.root / ".torchenv").exists()


def test_a_read_only_folder_is_refused_at_once(tmp_path: Path) -> None:
    """A read-only place is refused before any step."""
    with tmpfs(tmp_path / "disk") as disk:
        project = make_project(disk)
        lock = project.lock(trio())
        steps = Steps()
        with read_only(disk), pytest.raises(WorldError) as caught:
            project.apply(lock, steps)
        (finding,) = caught.value.findings
        assert finding.code == "TE603"
        assert finding.message == f"`{project.root}` cannot be written."
        assert "Read-only file system" in finding.why
        assert steps.steps == []
        with read_only(disk), pytest.raises(WorldError):
            require_free_place(project.link)


def test_an_environment_that_is_right_may_be_read_only(tmp_path: Path) -> None:
    """Where nothing is to be done nothing needs to be written."""
    with tmpfs(tmp_path / "disk") as disk:
        project = make_project(disk)
        lock = project.lock(trio())
        project.apply(lock)
        with read_only(disk):
            require_free_place(project.link)
            assert not project.apply(lock).did


def test_a_folder_without_permission_is_refused(project: Project) -> None:
    """A folder that belongs to somebody else is refused with the system's own reason."""
    lock = project.lock(trio())
    nobody = 65534
    if os.geteuid() != 0:
        project.root.chmod(0o555)
    pid = os.fork()
    if pid == 0:  # pragma: no cover - in the child
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgid(nobody)
                os.setuid(nobody)
            require_free_place(project.link)
        except WorldError as exc:
            code = 0 if exc.findings[0].code == "TE603" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert lock.packages


def test_a_mount_point_is_refused(tmp_path: Path) -> None:
    """A volume mounted at the path itself cannot be replaced by a link."""
    project = make_project(tmp_path)
    with tmpfs(project.link), pytest.raises(WorldError) as caught:
        project.apply(project.lock(trio()))
    assert caught.value.findings[0].message == f"`{project.link}` is a mount point."


def test_a_foreign_folder_on_another_disk_is_refused_first(tmp_path: Path) -> None:
    """What could not be kept aside is refused before anything is built."""
    project = make_project(tmp_path)
    lock = project.lock(trio())
    venv.create(project.link, with_pip=False)
    before = tree_state(project.link)
    with tmpfs(project.root / ".torchenv"), pytest.raises(WorldError) as caught:
        project.apply(lock)
    assert caught.value.findings[0].message == f"What is at `{project.link}` cannot be kept aside."
    assert tree_state(project.link) == before


def test_generations_may_lie_on_another_disk(tmp_path: Path) -> None:
    """`.torchenv` may be a mount or a link to one: the switch does not cross file systems."""
    project = make_project(tmp_path)
    lock = project.lock(trio())
    with tmpfs(project.root / ".torchenv"):
        assert project.apply(lock).did
        assert not project.apply(lock).did


def test_the_early_refusal_leaves_nothing_behind(project: Project) -> None:
    """Trying the place changes nothing in it."""
    project.spec()
    before = tree_state(project.root)
    require_free_place(project.link)
    require_free_place(project.root / "deep/below/.venv")
    assert tree_state(project.root) == before
