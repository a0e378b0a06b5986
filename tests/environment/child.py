"""A child process that applies a lock and, at one event, does something to itself or waits.

Usage: ``python -m tests.environment.child FOLDER RELEASE ACTION EVENT``

``ACTION`` is ``count`` (print the number of events), ``SIGKILL`` or ``SIGINT`` (send that to
itself), or ``pause`` (print a line and wait for one on standard input). ``EVENT`` counts from 1.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from provisioner.environment import apply_lock
from provisioner.events import Reporter
from provisioner.findings import TorchenvError
from tests.environment.kit import make_project, release


class Acting(Reporter):
    """Counts events and acts at one of them."""

    def __init__(self, action: str, event: int) -> None:
        """Act at event number ``event``."""
        self.action = action
        self.event = event
        self.count = 0

    def step(self, text: str) -> None:
        """Count a step."""
        self._next(text)

    def detail(self, text: str) -> None:
        """Count a detail."""
        self._next(text)

    def _next(self, text: str) -> None:
        self.count += 1
        if self.count != self.event or self.action == "count":
            return
        if self.action == "pause":
            print(text, flush=True)  # noqa: T201 - told to the test
            sys.stdin.readline()
        else:
            os.kill(os.getpid(), getattr(signal, self.action))


def main(folder: str, name: str, action: str, event: str) -> int:
    """Apply; returns 0 where something was done, 10 where not, 130 after Ctrl-C."""
    project = make_project(Path(folder))
    reporter = Acting(action, int(event))
    try:
        done = apply_lock(project.request(project.lock(release(name))), reporter)
    except KeyboardInterrupt:
        return 130
    except TorchenvError as exc:
        print(exc, flush=True)  # noqa: T201 - told to the test
        return int(exc.exit_code)
    if action == "count":
        print(reporter.count)  # noqa: T201 - told to the test
    return 0 if done.did else 10


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
