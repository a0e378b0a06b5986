"""What was unpacked into the store goes when no environment uses it, and never before."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.environment import Unused, remove_idle, remove_unused
from provisioner.environment._unpacked import known_facts, unpacked_folder
from tests.environment.kit import Project, release, tiny, trio
from tests.environment.test_unpacked import locked, needs_hard_links

if TYPE_CHECKING:
    from pathlib import Path


def store_of(project: Project) -> Path:
    """Return the folder of the store."""
    return unpacked_folder(project.environ).parent


def copies(project: Project) -> int:
    """Return how many wheels are unpacked."""
    return len(list(unpacked_folder(project.environ).glob("archive-v*/*")))


def test_nothing_is_made_where_there_is_no_store(tmp_path: Path) -> None:
    """Tidying an absent store finds nothing and leaves nothing."""
    assert remove_unused(tmp_path / "none", {}, 0) == Unused()
    assert not (tmp_path / "none").exists()


def test_what_an_environment_shares_stays(project: Project) -> None:
    """A copy with a file in an environment stays at any age, and so does its RECORD."""
    needs_hard_links(project)
    project.apply(locked(project))
    before = copies(project)
    assert before > 0
    assert remove_unused(store_of(project), {}, 0) == Unused()
    assert copies(project) == before


def test_only_what_no_environment_uses_goes(project: Project) -> None:
    """A package that left the environment goes, and what is still there stays."""
    needs_hard_links(project)
    extra = tiny("extra", "1.0")
    with_extra = project.lock([*trio(), extra])
    project.apply(with_extra)
    shutil.rmtree(project.site.parents[2].resolve())
    rest = tuple(one for one in with_extra.packages if one.name != "extra")
    project.apply(replace(with_extra, packages=rest))
    before = copies(project)
    would = remove_unused(store_of(project), {}, 0, dry_run=True)
    assert (would.records, copies(project)) == (1, before)
    assert would.size_bytes > 0
    assert remove_unused(store_of(project), {}, 0) == would
    assert copies(project) == before - would.copies == len(rest)
    assert not list(unpacked_folder(project.environ).glob("archive-v*/*/extra"))
    sha256 = next(one.wheel.sha256 for one in with_extra.packages if one.name == "extra")
    assert known_facts(unpacked_folder(project.environ), sha256) is None
    assert project.apply(with_extra).did  # the engine unpacks it again
    assert known_facts(unpacked_folder(project.environ), sha256) is not None


def test_what_was_used_lately_stays(project: Project) -> None:
    """A copy or RECORD younger than the limit stays, and one whose wheel was wanted lately."""
    needs_hard_links(project)
    lock = locked(project)
    project.apply(lock)
    before = copies(project)
    shutil.rmtree(project.site.parents[2].resolve())
    assert remove_unused(store_of(project), {}, 30) == Unused()
    recent = {one.wheel.sha256: -1.0 for one in lock.packages}
    assert remove_unused(store_of(project), recent, 0) == Unused()
    assert remove_unused(store_of(project), {}, 0).copies == before


def test_a_running_install_is_not_disturbed(project: Project) -> None:
    """While the engine holds its cache, nothing is removed, and that is said."""
    needs_hard_links(project)
    project.apply(locked(project))
    before = copies(project)
    shutil.rmtree(project.site.parents[2].resolve())
    with (unpacked_folder(project.environ) / ".lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert remove_unused(store_of(project), {}, 0) == Unused(busy=True)
    assert copies(project) == before


def test_what_a_killed_engine_had_begun_is_removed_by_the_next_apply(project: Project) -> None:
    """Not while an engine works in the cache: what it has begun may be its own."""
    project.apply(project.lock(trio()))
    cache = unpacked_folder(project.environ)
    begun = cache / ".tmpAbCdEf/torch"
    begun.mkdir(parents=True)
    with (cache / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        project.apply(locked(project))
        assert begun.exists()
    project.apply(project.lock(release("new")))
    assert not begun.parent.exists()


def kept_by_the_engine(cache: Path, **ages: float) -> None:
    """Make a cache of the engine with a page, metadata and a file of a build, so many days old."""
    for name, days in ages.items():
        bucket, suffix = {
            "page": ("simple-v28", ".rkyv"),
            "metadata": ("wheels-v8", ".msgpack"),
            "build": ("archive-v0", ".py"),
        }[name]
        file = cache / bucket / "below" / f"{name}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        then = time.time() - days * 86_400
        os.utime(file, (then, then))
    (cache / ".lock").touch()


def left_in(cache: Path) -> set[str]:
    """Return the names of the files below the folders of a cache."""
    return {path.stem for path in cache.glob("*/**/*") if path.is_file()}


def test_pages_that_nobody_reads_go(tmp_path: Path) -> None:
    """In a cache that is used, old pages and metadata go; what others may lead to stays."""
    kept_by_the_engine(tmp_path, page=40, metadata=3, build=40)
    remove_idle(tmp_path, 30)
    assert left_in(tmp_path) == {"metadata", "build"}


def test_a_cache_that_nobody_uses_goes(tmp_path: Path) -> None:
    """With everything in it, but not while an engine works there; its lock file stays."""
    kept_by_the_engine(tmp_path, page=40, metadata=40, build=40)
    with (tmp_path / ".lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        remove_idle(tmp_path, 30)
    assert left_in(tmp_path) == {"page", "metadata", "build"}
    remove_idle(tmp_path, 30)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    remove_idle(tmp_path / "none", 30)
    assert not (tmp_path / "none").exists()
