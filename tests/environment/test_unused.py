"""What was unpacked into the store goes when no environment uses it, and never before."""

from __future__ import annotations

import fcntl
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.environment import Unused, remove_unused
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
