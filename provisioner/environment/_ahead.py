"""Working ahead: while wheels are fetched, the virtual environment is made and large ones unpacked.

Unpacking a torch takes as long as fetching it over a fast line, so that the two go on side by side.
The work is done by a process of its own (``_ahead_process``): the threads that fetch must not fork,
and neither waits for the other's Python. It is told of every wheel that has arrived, and each large
one is installed at once, with all that came since; one call of the engine for each small wheel
would cost more than it wins.

Nothing depends on it. The ordinary installation follows, finds what is there already and does the
rest; where this process failed, that does everything, and names the failure.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from provisioner.process import ProcessFailedError, beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.environment._virtualenv import VenvSource
    from provisioner.events import Reporter
    from provisioner.lockfile import LockedPackage
    from provisioner.process import Companion

_START: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from provisioner.environment._ahead_process import main; main()"
)
"""Isolated, so that no folder of the user shadows a module; then with this process's own path."""


class Ahead:
    """Hears what has arrived, and passes it on."""

    def __init__(
        self, wheels: Mapping[str, LockedPackage | None], worker: Companion | None
    ) -> None:
        """Nothing has arrived yet.

        Args:
            wheels: All that will arrive, by sha256, with the package where it may be installed
                ahead.
            worker: Does that; None where nothing is to be done.
        """
        self._awaited = dict(wheels)
        self._worker = worker
        self._lock = threading.Lock()

    def take(self, sha256: str, path: Path) -> None:
        """Hear that a wheel is there; from any thread."""
        with self._lock:
            package = self._awaited.pop(sha256, None)
            is_last = not self._awaited
        # While the last one is unpacked nothing is fetched any more: that is the ordinary way.
        if self._worker is not None and package is not None and not is_last:
            self._worker.tell(json.dumps({"path": str(path), **asdict(package)}))

    def finish(self) -> bool:
        """Let it end what it is at; return whether the virtual environment is made."""
        return self._worker is not None and self._worker.finish()


@contextmanager
def working_ahead(
    generation: Generation,
    source: VenvSource,
    wheels: Mapping[str, LockedPackage | None],
    large_bytes: int,
    reporter: Reporter,
) -> Iterator[Ahead]:
    """Work ahead within the block, where a wheel is large enough for that.

    Args:
        generation: What is to be made.
        source: What from.
        wheels: All that is locked, by sha256, with the package where it may be installed ahead.
        large_bytes: Size from which a wheel is worth a call of the engine for itself.
        reporter: Hears what the engine says.
    """
    sizes = [one.wheel.size for one in wheels.values() if one is not None]
    worker = None
    with ExitStack() as stack:
        if len(wheels) > 1 and max(sizes, default=-1) >= large_bytes:
            words = [sys.executable, "-I", "-c", _START, json.dumps([*filter(None, sys.path)])]
            running = beside(words, env=source.environ, on_stderr=reporter.detail)
            with suppress(ProcessFailedError):  # not where this Python is no program of its own
                worker = stack.enter_context(running)
        if worker is not None:
            worker.tell(_order(generation, source, large_bytes))
        yield Ahead(wheels, worker)


def _order(generation: Generation, source: VenvSource, large_bytes: int) -> str:
    return json.dumps(
        {
            "number": generation.number,
            "folder": str(generation.folder),
            "interpreter": {**asdict(source.interpreter), "path": str(source.interpreter.path)},
            "link": str(source.link),
            "app_data": str(source.app_data),
            "large_bytes": large_bytes,
        }
    )
