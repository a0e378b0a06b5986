"""Killed while wheels are fetched: what is there already is not fetched again."""

from __future__ import annotations

import functools
import http.server
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.environment.kit import Project, make_project, stored
from tests.faults.operations import holds, wheels_of
from tests.support.wheels import build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.lockfile import Lock

ROOT = Path(__file__).parents[2]
CHILD = """
import os, signal, sys
from pathlib import Path
from dataclasses import replace
from provisioner.environment import apply_lock
from provisioner.events import Reporter
from provisioner.network import Client, Network
from tests.environment.kit import make_project
from tests.faults.test_fetching import lock_at

class Killing(Reporter):
    def download_progress(self, name, received_bytes):
        project = make_project(Path(sys.argv[1]))
        there = list(Path(sys.argv[1], "store").rglob("*.whl"))
        if len(there) >= int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

# One connection: a wheel is begun when those before it are whole, so the kill is between them.
one_connection = Network(connections=1)
project = make_project(Path(sys.argv[1]))
request = project.request(lock_at(project, sys.argv[2]))
apply_lock(replace(request, client=lambda: Client(one_connection)), Killing())
"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and remembers what was asked for."""

    def __init__(self, log: list[str], *args: object, **options: object) -> None:
        self.asked = log
        super().__init__(*args, **options)  # type: ignore[arg-type]  # socketserver's own

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


@pytest.fixture
def log() -> list[str]:
    """Return the list of the paths that were asked for."""
    return []


@pytest.fixture
def server(tmp_path: Path, log: list[str]) -> Iterator[str]:
    """Serve the wheels of a release; yields the address."""
    folder = tmp_path / "served"
    folder.mkdir()
    for wheel in wheels_of("old"):
        (folder / wheel.file_name).write_bytes(build_wheel(wheel))
    handler = functools.partial(_Handler, log, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def lock_at(project: Project, address: str) -> Lock:
    """Return a lock whose wheels are at an address and, at first, not in the store."""
    there = {path.name for path in project.store.root.rglob("*.whl")}
    lock = project.lock(wheels_of("old"))
    packages = []
    for package in lock.packages:
        wheel = package.wheel
        if wheel.name not in there:
            stored(project.store, wheel).unlink()
        url = f"{address}/{wheel.name.replace('+', '%2B')}"
        packages.append(replace(package, wheels=(replace(wheel, url=url),)))
    return replace(lock, packages=tuple(packages))


@pytest.mark.parametrize("complete", [0, 1, 2, 3])
def test_nothing_is_downloaded_twice(
    fast: Path, server: str, log: list[str], complete: int
) -> None:
    """Wheels that were complete when the kill came are not asked for again."""
    argv = [sys.executable, "-c", CHILD, str(fast), server, str(complete)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    project = make_project(fast)
    there = {path.name for path in project.store.root.rglob("*.whl")}
    assert len(there) >= complete
    assert not os.path.lexists(project.link)
    log.clear()
    assert project.apply(lock_at(project, server)).did
    asked = {path.rpartition("/")[2].replace("%2B", "+") for path in log}
    assert not asked & there
    assert holds(project.site, "old")
