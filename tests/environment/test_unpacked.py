"""Unpacked copies of wheels: shared by generations, and never trusted."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import apply_lock, destroy
from provisioner.environment._layout import Layout
from provisioner.environment._space import (
    Demand,
    Need,
    check_space,
    environment_demand,
    unpacked_need,
)
from provisioner.environment._unpacked import known_facts, link_mode, unpacked_folder
from provisioner.events import Reporter
from provisioner.findings import WorldError
from provisioner.store import Store
from tests.environment.disks import reflinks, tmpfs
from tests.environment.kit import Project, make_project, stored, tiny, trio
from tests.support.wheels import Defects, Member, text_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.environment import Applied
    from provisioner.lockfile import Lock


def needs_hard_links(project: Project) -> None:
    """Skip where this disk has reflinks: nothing is shared there."""
    if link_mode(unpacked_folder(project.environ), project.root) != "hardlink":
        pytest.skip("the disk of the tests has reflinks; test_a_disk_apart covers copies")


def locked(project: Project) -> Lock:
    """Return a lock of the trio and of a package with a script of its own."""
    script = Member(path="extra-1.0.data/scripts/tool", content=b"\x7fELF tool", executable=True)
    wheel = tiny("extra", "1.0", members=(text_member("extra/__init__.py", "V = 1\n"), script))
    return project.lock([*trio(), wheel])


def codes(applied: Applied) -> list[str]:
    """Return the codes of what an apply found."""
    return [finding.code for finding in applied.findings]


def copy_of(project: Project, path: str) -> Path:
    """Return a file of an unpacked copy."""
    (found,) = unpacked_folder(project.environ).glob(f"archive-v*/*/{path}")
    return found


def test_files_of_wheels_are_shared_and_cannot_be_written(project: Project) -> None:
    """What comes from a wheel is a hard link without write permission, all else is its own file."""
    needs_hard_links(project)
    project.apply(locked(project))
    source = project.site / "torch/version.py"
    assert source.samefile(copy_of(project, "torch/version.py"))
    assert source.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) == 0
    for own in ("torch-2.2.0+cpu.dist-info/RECORD", "../../../bin/torchrun"):
        assert (project.site / own).stat().st_nlink == 1
        assert (project.site / own).stat().st_mode & stat.S_IWUSR


def test_a_wheel_is_unpacked_once(project: Project) -> None:
    """A second generation of the same wheels has the same files."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    before = (project.site / "torch/version.py").stat().st_ino
    (project.site / "stray.py").write_text("")
    assert project.apply(lock).did
    assert (project.site / "torch/version.py").stat().st_ino == before


def test_an_edit_through_a_hard_link_is_undone_and_told(project: Project) -> None:
    """An edit in place damages the copy too: both are named, and the next apply mends both."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    os.truncate(project.site / "torch/version.py", 3)
    copy = copy_of(project, "torch/version.py").parents[1]
    done = project.apply(lock)
    assert codes(done) == ["TE704", "TE614"]
    assert str(copy) in done.findings[1].why
    assert not copy.exists()
    assert (project.site / "torch/version.py").stat().st_size > 3
    assert codes(project.apply(lock)) == []


def relink(path: Path) -> None:
    """Put a link at a path."""
    path.unlink()
    path.symlink_to("/dev/null")


def rewrite(path: Path) -> None:
    """Change the content, and neither size nor time."""
    facts = path.stat()
    path.write_bytes(b"#" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


DAMAGES: list[tuple[str, str, Callable[[Path], object]]] = [
    ("changed", "extra/__init__.py", lambda path: path.write_bytes(b"V = 2\n")),
    ("truncated", "extra/__init__.py", lambda path: os.truncate(path, 0)),
    ("deleted", "extra/__init__.py", lambda path: path.unlink()),
    ("made a link", "extra/__init__.py", relink),
    ("a file added", "extra/__init__.py", lambda path: path.with_name("new.py").write_text("")),
    ("a .pth added", "extra/__init__.py", lambda path: (path.parents[1] / "x.pth").write_text("")),
    ("METADATA deleted", "extra-1.0.dist-info/METADATA", lambda path: path.unlink()),
    ("RECORD deleted", "extra-1.0.dist-info/RECORD", lambda path: path.unlink()),
    ("RECORD changed", "extra-1.0.dist-info/RECORD", lambda path: path.write_text("")),
]


@pytest.mark.parametrize(("path", "damage"), [d[1:] for d in DAMAGES], ids=[d[0] for d in DAMAGES])
def test_a_damaged_copy_never_reaches_an_environment(
    project: Project, path: str, damage: Callable[[Path], object]
) -> None:
    """Whatever was done to a copy, the next generation is what the wheels hold, and it is told."""
    needs_hard_links(project)
    # No older generation stays that could be taken instead.
    spec = project.spec(more="keep = 1\n")
    lock, other = locked(project), project.lock(trio())

    def apply(lock: Lock) -> Applied:
        return apply_lock(project.request(lock, spec=spec))

    for one in (other, lock, other):
        apply(one)
    damage(copy_of(project, path))
    assert "TE614" in codes(apply(lock))
    assert (project.site / "extra/__init__.py").read_text() == "V = 1\n"
    assert not (project.site / "extra/new.py").exists()
    assert not (project.site / "x.pth").exists()
    assert codes(apply(other)) == []
    assert codes(apply(lock)) == []


def test_a_copy_that_was_only_touched_stays(project: Project) -> None:
    """Another time alone is no damage, and is noted."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    project.apply(project.lock(trio()))
    os.utime(copy_of(project, "extra/__init__.py"), (1, 1))
    assert codes(project.apply(lock)) == []
    facts = known_facts(unpacked_folder(project.environ), wheel_hash(lock, "extra"))
    assert facts is not None
    assert "\t1000000000\n" in facts


def wheel_hash(lock: Lock, name: str) -> str:
    """Return the hash of a package's wheel."""
    return next(one.wheel.sha256 for one in lock.packages if one.name == name)


def test_a_copy_made_again_by_hand_is_compared_with_its_wheel(project: Project) -> None:
    """Lists that were damaged are made again, from what is there."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    for one in (unpacked_folder(project.environ) / "torchenv-lists").iterdir():
        one.write_bytes(b"damaged")
    project.apply(project.lock(trio()))
    assert known_facts(unpacked_folder(project.environ), wheel_hash(lock, "torch")) is not None


def test_members_that_a_record_lacks_are_installed(project: Project) -> None:
    """A wheel's own file that its RECORD forgot is no stray."""
    wheel = tiny("odd", "1.0", members=(text_member("odd/__init__.py", ""),))
    more = (Member(path="odd/forgotten.py", content=b"F = 1\n"),)
    lock = project.lock([*trio(), replace(wheel, defects=Defects(unrecorded=more))])
    assert codes(project.apply(lock)) == []
    assert (project.site / "odd/forgotten.py").exists()


def apart(project: Project) -> list[str]:
    """Return the projects that are unpacked beside the generations."""
    folder = Layout(link=project.link).unpacked
    return sorted(path.name.partition("-")[0] for path in folder.glob("archive-v*/*/*.dist-info"))


def test_a_disk_apart(project: Project, tmp_path: Path) -> None:
    """Where the store is on another disk, generations share what did not change, and no more."""
    spec = project.spec(more="keep = 1\n")
    with tmpfs(tmp_path / "store"):
        assert link_mode(unpacked_folder(project.environ), project.root) == "copy"
        lock, other = locked(project), project.lock(trio())
        assert codes(apply_lock(project.request(lock, spec=spec))) == ["TE615"]
        assert not list(unpacked_folder(project.environ).glob("archive-v*"))
        assert apart(project) == ["extra", "torch", "torchaudio", "torchvision"]
        before = (project.site / "torch/version.py").stat().st_ino
        assert codes(apply_lock(project.request(other, spec=spec))) == []
        assert (project.site / "torch/version.py").stat().st_ino == before
        assert apart(project) == ["torch", "torchaudio", "torchvision"]
        assert not known_facts(Layout(link=project.link).unpacked, wheel_hash(lock, "extra"))
        os.truncate(project.site / "torch/version.py", 3)
        assert codes(apply_lock(project.request(other, spec=spec))) == ["TE704", "TE614"]
        assert (project.site / "torch/version.py").stat().st_size > 3
        destroy(project.link, Reporter())
        assert not Layout(link=project.link).folder.exists()


def test_without_any_links_files_are_copied(project: Project, tmp_path: Path) -> None:
    """Where generations cannot share either, no copy stays unpacked."""
    folder = Layout(link=project.link).unpacked
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    with tmpfs(tmp_path / "store"):
        assert codes(project.apply(locked(project))) == ["TE615"]
        source = project.site / "torch/version.py"
        assert source.stat().st_nlink == 1
        assert list(project.root.rglob("torch/version.py")) == [source]
        assert codes(project.apply(project.lock(trio()))) == []


def test_reflinks_share_nothing_that_can_be_written(tmp_path: Path) -> None:
    """An edit stays in its generation: the copy is whole, and the next generation comes from it."""
    with reflinks(tmp_path / "disk") as disk:
        project = make_project(disk)
        assert link_mode(unpacked_folder(project.environ), project.root) == "clone"
        lock = locked(project)
        project.apply(lock)
        source, copy = project.site / "torch/version.py", copy_of(project, "torch/version.py")
        assert source.stat().st_nlink == 1
        assert source.stat().st_mode & stat.S_IWUSR
        before = copy.stat()
        os.truncate(source, 3)
        assert codes(project.apply(lock)) == ["TE704"]
        assert (project.site / "torch/version.py").stat().st_size > 3
        assert (copy.stat().st_ino, copy.stat().st_size) == (before.st_ino, before.st_size)


def test_where_nothing_can_be_tried_files_are_copied(tmp_path: Path) -> None:
    """A cache that cannot be made is done without."""
    (tmp_path / "file").write_text("")
    assert link_mode(tmp_path / "file" / "cache", tmp_path) == "copy"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_bytes_and_inodes_are_counted_before_the_start(project: Project) -> None:
    """New wheels need their bytes and a name for each file; linked ones need folders only."""
    lock = locked(project)
    (extra_wheel,) = (
        stored(project.store, one.wheel) for one in lock.packages if one.name == "extra"
    )
    new, linked = unpacked_need([extra_wheel]), unpacked_need([], folders=1)
    assert new.size_bytes > 0
    assert linked.size_bytes == 0
    assert 0 < linked.inodes < new.inodes
    check_space(environment_demand(project.root, new))
    with pytest.raises(WorldError, match="TE503"):
        check_space(environment_demand(project.root, Need(size_bytes=2**60, inodes=0)))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no file system without a size here")
def test_a_disk_that_does_not_say_its_size_is_not_full() -> None:
    """Some network file systems have no blocks at all by their own words."""
    disk = Path("/proc")
    check_space(environment_demand(disk, Need(size_bytes=2**60, inodes=0)))
    assert Store(disk).free_bytes(disk) > 2**60


def test_too_few_inodes_are_refused(tmp_path: Path) -> None:
    """A disk with bytes and without inodes is full too."""
    with tmpfs(tmp_path / "small", size="64m,nr_inodes=200") as disk:
        check_space(environment_demand(disk, Need(size_bytes=0, inodes=50)))
        with pytest.raises(WorldError) as caught:
            check_space(environment_demand(disk, Need(size_bytes=0, inodes=500)))
    assert "600 inodes" in caught.value.findings[0].why


def _demand(what: str, folder: Path, mebibytes: int, inodes: int = 0) -> Demand:
    return Demand(what=what, folder=folder, need=Need(size_bytes=mebibytes * 2**20, inodes=inodes))


def test_what_goes_to_one_file_system_is_added_up(tmp_path: Path) -> None:
    """Each alone would fit; the finding says what takes how much, and what is free."""
    with tmpfs(tmp_path / "one", "20m,nr_inodes=100") as one, tmpfs(tmp_path / "two", "20m") as two:
        fetched = _demand("wheels to fetch", one / "store" / "new", 12, inodes=60)
        check_space(fetched, _demand("the environment", two, 12))
        with pytest.raises(WorldError) as caught:
            check_space(fetched, _demand("the environment", one, 10))
        (finding,) = caught.value.findings
        assert finding.code == "TE503"
        assert finding.message == (
            f"There is not enough disk space on the file system of `{one}/store/new` and `{one}`."
        )
        assert finding.why == (
            "At least 22 MiB are needed there beside what is there now: "
            f"12 for wheels to fetch at `{one}/store/new`, and 10 for the environment at `{one}`. "
            "20 are free."
        )
        with pytest.raises(WorldError) as caught:
            check_space(fetched, _demand("the environment", one, 1, inodes=50))
        assert "At least 110 inodes" in caught.value.findings[0].why
        with pytest.raises(WorldError) as caught:
            check_space(_demand("wheels to fetch", one, 21), _demand("the environment", two, 21))
        assert len(caught.value.findings) == 2
