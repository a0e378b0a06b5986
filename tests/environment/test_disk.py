"""What is on the disk before what, as told by a disk that writes down when it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.environment import apply_lock
from provisioner.environment._disk import flush_files, flush_names
from provisioner.environment._virtualenv import create_virtualenv
from provisioner.environment.inplace import (
    InPlaceRequest,
    apply_in_place,
    ask_site,
    find_python,
)
from tests.environment.kit import Project, release, venv_source
from tests.faults.operations import holds, wheels_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_generation_is_on_the_disk_before_it_is_current(project: Project) -> None:
    """It is complete when it is flushed, while the link still leads to the one before."""
    spec = project.spec(more="keep = 1\n")
    seen: list[tuple[str, str, bool, bool]] = []

    def flush(folder: Path) -> None:
        leads_to = project.link.readlink().name if project.link.is_symlink() else ""
        is_complete = (folder / "torchenv-files.txt").exists() and not list(folder.glob(".build*"))
        old = (folder.parent / "0001/pyvenv.cfg").exists()
        seen.append((folder.name, leads_to, is_complete, old))

    def apply(name: str) -> None:
        lock = project.lock(release(name), spec=spec)
        apply_lock(replace(project.request(lock, spec=spec), flush=flush))

    apply("old")
    apply("new")
    assert seen == [("0001", "", True, True), ("0002", "0001", True, True)]
    # What is as it was needs no flushing.
    apply("new")
    assert len(seen) == 2


def test_in_place_all_is_on_the_disk_before_the_commit(project: Project) -> None:
    """The new files are in their places, and the journal would still undo it."""
    create_virtualenv(project.link, venv_source(project))
    site = ask_site(find_python(project.link), project.environ)
    journals: list[bytes] = []

    def flush(folder: Path) -> None:
        assert folder == site.prefix
        assert holds(site.purelib, "old")
        journals.append((folder / ".torchenv/in-place/journal").read_bytes())

    request = project.request(project.lock(wheels_of("old")))
    apply_in_place(InPlaceRequest(apply=replace(request, flush=flush), site=site))
    (journal,) = journals
    assert b"commit" not in journal.splitlines()


def test_flushing_asks_the_file_system(tmp_path: Path) -> None:
    """It works where there is one, and a folder that is gone is no failure."""
    (tmp_path / "file").write_text("text")
    for flush in (flush_files, flush_names):
        flush(tmp_path)
        flush(tmp_path / "gone")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
