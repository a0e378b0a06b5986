"""While wheels are fetched, the virtual environment is made and large ones are unpacked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import apply_lock
from provisioner.findings import WorldError
from provisioner.network import Client, Network
from tests.environment.kit import Project, Steps, make_project, release, stored
from tests.faults.operations import holds
from tests.network.server import Answer, Server, running
from tests.support.wheels import build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.environment import ApplyRequest
    from provisioner.lockfile import Lock

ROOT = Path(__file__).parents[2]
INSTALLED = " + torch==2.2.0+cpu"
"""What the engine says of the first wheel that arrives."""
LAST = "requests-2.32.0-py3-none-any.whl"
PATIENT = Network(backoff_s=0, stall_s=60, timeout_s=120)
"""Waits for what a test holds back."""
CHILD = """
import os, signal, sys
from pathlib import Path
from provisioner.environment import apply_lock
from provisioner.events import Reporter
from tests.environment.kit import make_project
from tests.environment.test_ahead import INSTALLED, locked_at, request_of

class Killing(Reporter):
    def detail(self, text):
        if text == INSTALLED:
            os.kill(os.getpid(), signal.SIGKILL)

project = make_project(Path(sys.argv[1]))
apply_lock(request_of(project, locked_at(project, sys.argv[2])), Killing())
"""


class Hearing(Steps):
    """Remembers what it hears, and says when the first wheel is installed."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        super().__init__()
        self.installed = threading.Event()

    def detail(self, text: str) -> None:
        """Keep it."""
        super().detail(text)
        if text == INSTALLED:
            self.installed.set()


def locked_at(project: Project, address: str) -> Lock:
    """Return a lock whose wheels are at an address, and not in the store unless they were."""
    there = set(project.store.root.rglob("*.whl"))
    lock = project.lock(release("old"))
    packages = []
    for package in lock.packages:
        wheel = package.wheel
        if stored(project.store, wheel) not in there:
            stored(project.store, wheel).unlink()
        url = f"{address}/{wheel.name.replace('+', '%2B')}"
        packages.append(replace(package, wheels=(replace(wheel, url=url),)))
    return replace(lock, packages=tuple(packages))


def request_of(project: Project, lock: Lock) -> ApplyRequest:
    """Return what applies a lock, with every wheel a large one."""
    request = project.request(lock)
    return replace(request, client=lambda: Client(PATIENT), large_bytes=1)


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve the wheels of a release."""
    with running() as one:
        for wheel in release("old"):
            content = build_wheel(wheel)
            one.put(f"/{wheel.file_name.replace('+', '%2B')}", Answer(body=content))
        yield one


def hold_back(server: Server, until: threading.Event, *then: Answer) -> None:
    """Keep the last wheel back until an event, then break off, and answer so to the next try."""
    good = server.answers[f"/{LAST}"]
    length = len(good[0].body)
    server.put(f"/{LAST}", Answer(length=length, send=0, hang=until), *(then or good))


def assert_only_the_rest_is_fetched(project: Project, server: Server) -> None:
    """Apply once more: what the store has is not asked for again."""
    there = {path.name for path in project.store.root.rglob("*.whl")}
    assert LAST not in there
    server.requests.clear()
    assert apply_lock(request_of(project, locked_at(project, server.url))).did
    assert not there & {path[1:].replace("%2B", "+") for path in server.paths()}


def test_a_wheel_is_installed_while_another_is_fetched(project: Project, server: Server) -> None:
    """The last wheel comes only when the first one is in the environment."""
    heard = Hearing()
    hold_back(server, heard.installed)
    done = apply_lock(request_of(project, locked_at(project, server.url)), heard)
    assert heard.installed.is_set()
    assert heard.details.count(INSTALLED) == 1
    assert " + requests==2.32.0" in heard.details
    assert done.findings == ()
    assert holds(project.site, "old")
    assert not project.apply(locked_at(project, server.url)).did


def test_a_failed_fetch_ends_it(project: Project, server: Server) -> None:
    """Nothing is left but the wheels that arrived, which are not fetched again."""
    heard = Hearing()
    good = server.answers[f"/{LAST}"]
    hold_back(server, heard.installed, Answer(status=404))
    request = request_of(project, locked_at(project, server.url))
    with pytest.raises(WorldError) as raised:
        apply_lock(request, heard)
    assert [finding.code for finding in raised.value.findings] == ["TE403"]
    assert project.generations == []
    assert not os.path.lexists(project.link)
    server.put(f"/{LAST}", *good)
    assert_only_the_rest_is_fetched(project, server)
    assert holds(project.site, "old")


def test_its_own_failure_is_named_by_the_ordinary_way(project: Project, server: Server) -> None:
    """One finding, however often the same was met."""
    request = request_of(project, locked_at(project, server.url))
    broken = replace(request.interpreter, path=project.root / "no-python")
    heard = Hearing()
    with pytest.raises(WorldError) as raised:
        apply_lock(replace(request, interpreter=broken), heard)
    assert [finding.code for finding in raised.value.findings] == ["TE604"]
    assert any(text.startswith("nothing more is unpacked ahead: TE604") for text in heard.details)
    assert project.generations == []
    assert apply_lock(request).did


def test_killed_while_it_works(project: Project, server: Server, tmp_path: Path) -> None:
    """The next apply finds complete wheels and unpacked ones only, and removes the rest."""
    held = threading.Event()
    hold_back(server, held)
    argv = [sys.executable, "-c", CHILD, str(tmp_path), server.url]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    held.set()
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not os.path.lexists(project.link)
    assert_only_the_rest_is_fetched(project, server)
    assert project.generations == ["0002"]
    assert holds(project.site, "old")


def test_on_another_file_system_files_are_copied(server: Server, tmp_path: Path) -> None:
    """What is unpacked ahead is unpacked where the ordinary installation looks for it."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system only")
    heard = Hearing()
    hold_back(server, heard.installed)
    with tempfile.TemporaryDirectory(prefix="torchenv-ahead-", dir=memory) as name:
        project = make_project(Path(name))
        elsewhere = {**project.environ, "TORCHENV_STORE": str(tmp_path / "store")}
        request = replace(request_of(project, locked_at(project, server.url)), environ=elsewhere)
        done = apply_lock(request, heard)
        assert [finding.code for finding in done.findings] == ["TE615"]
        assert heard.details.count(INSTALLED) == 1
        assert holds(project.site, "old")
        assert not (project.current / ".building").exists()
