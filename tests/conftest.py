"""Fixtures for all tests: local package indexes, a user's project, and a check for leaks."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import (
    Command,
    IndexServer,
    Scenario,
    Workspace,
    load_scenario,
    make_workspace,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A law is true or false, however busy the machine is.
settings.register_profile("torchenv", deadline=None)
settings.load_profile("torchenv")

# A shell's background job ignores Ctrl-C, and so do its children; those of tests must not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    """Fail a test that leaves environment variables or the working folder changed."""
    folder, environ = Path.cwd(), _environ()
    yield
    left_folder, left_environ = Path.cwd(), _environ()
    os.chdir(folder)
    for name in left_environ.keys() - environ.keys():
        del os.environ[name]
    os.environ.update(environ)
    changed = sorted(name for name, _ in set(left_environ.items()) ^ set(environ.items()))
    assert left_folder == folder, f"the test left the working folder at {left_folder}"
    assert not changed, f"the test left environment variables changed: {changed}"


def _environ() -> dict[str, str]:
    """Return the variables without those that pytest itself changes."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


@pytest.fixture(scope="session")
def main_scenario() -> Scenario:
    """Return the scenario ``main``, which most tests use."""
    return load_scenario("main")


@pytest.fixture(scope="session")
def index(main_scenario: Scenario) -> Iterator[IndexServer]:
    """Serve the scenario ``main`` for the whole session; without faults, not to be changed."""
    with IndexServer(main_scenario) as server:
        yield server


@pytest.fixture
def serve() -> Iterator[Callable[[Scenario], IndexServer]]:
    """Return a function that serves a scenario until the test's end."""
    servers: list[IndexServer] = []

    def start(scenario: Scenario) -> IndexServer:
        servers.append(IndexServer(scenario))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def fresh_index(serve: Callable[[Scenario], IndexServer], main_scenario: Scenario) -> IndexServer:
    """Serve the scenario ``main`` for this test alone: for faults and changes."""
    return serve(main_scenario)


@pytest.fixture
def workspace(tmp_path: Path, index: IndexServer) -> Workspace:
    """Return a user's empty project that uses the session's index."""
    return make_workspace(tmp_path, index)


@pytest.fixture
def fresh_workspace(tmp_path: Path, fresh_index: IndexServer) -> Workspace:
    """Return a user's empty project that uses ``fresh_index``."""
    return make_workspace(tmp_path, fresh_index)


@pytest.fixture
def torchenv(workspace: Workspace) -> Command:
    """Return the installed command, run in ``workspace``."""
    return workspace.torchenv
