"""Full disks at the store and at the temporary files; the environment's own is in `environment`."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.events import Reporter
from provisioner.findings import TorchenvError
from provisioner.network import Client, Network
from provisioner.store import Store
from tests.environment.disks import fill, tmpfs
from tests.environment.kit import make_project
from tests.faults.operations import holds, state_of, wheels_of
from tests.store.conftest import wanted, wheel_bytes
from tests.support.fileserver import FileServer

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.lockfile import Lock
    from tests.environment.kit import Project


def test_no_room_for_temporary_files(fast: Path, tmp_path: Path) -> None:
    """An apply needs no room where temporary files go."""
    project = make_project(fast)
    project.apply(project.lock(wheels_of("old")))
    with tmpfs(tmp_path / "disk", "1m") as disk:
        fill(disk)
        full = replace(project, environ={**project.environ, "TMPDIR": str(disk)})
        assert full.apply(full.lock(wheels_of("new"))).did
    assert holds(project.site, "new")


def test_no_room_in_the_store(tmp_path: Path) -> None:
    """A store whose disk is full is a finding, or does without; with room again it goes on."""
    with tmpfs(tmp_path / "store", "8m") as disk:
        project = make_project(tmp_path)
        project.apply(project.lock(wheels_of("old")))
        lock = project.lock(wheels_of("new"))
        filler = fill(disk)
        codes = _codes_of_apply(project, lock)
        assert codes <= {"TE503", "TE505"}
        assert state_of(project) == ("old" if codes else "new")
        filler.unlink()
        project.apply(lock)
        assert holds(project.site, "new")


def _codes_of_apply(project: Project, lock: Lock) -> set[str]:
    """Apply; returns the codes of what it failed with."""
    try:
        project.apply(lock)
    except TorchenvError as exc:
        return {one.code for one in exc.findings}
    return set()


def test_no_room_for_a_download(tmp_path: Path) -> None:
    """What does not fit into the store is refused before or while it is fetched, and said."""
    with tmpfs(tmp_path / "store", "8m") as disk:
        project = make_project(tmp_path)
        lock = project.lock(wheels_of("old"))
        for path in disk.rglob("*.whl"):
            path.unlink()
        fill(disk)
        with pytest.raises(TorchenvError):
            project.apply(lock)
        assert not os.path.lexists(project.link)


def test_no_inodes_for_a_download(tmp_path: Path) -> None:
    """A store whose disk has bytes and no names left is told as that, and goes on later."""
    content = wheel_bytes("demo")
    with FileServer(content) as server, tmpfs(tmp_path / "store", "8m,nr_inodes=30") as disk:
        wheel = wanted(content, f"{server.url}/demo-1.0-py3-none-any.whl")
        store = Store(disk)
        fillers = [disk / str(number) for number in range(30)]
        with suppress(OSError):
            for one in fillers:
                one.touch()
        with Client(Network(retries=0)) as client, pytest.raises(TorchenvError) as caught:
            store.fetch([wheel], client, Reporter())
        (finding,) = caught.value.findings
        assert finding.code == "TE503"
        assert finding.message == f"The disk that holds `{disk}` has no inodes left."
        for one in fillers:
            one.unlink(missing_ok=True)
        with Client(Network(retries=0)) as client:
            assert store.fetch([wheel], client, Reporter())[wheel.sha256].read_bytes() == content
