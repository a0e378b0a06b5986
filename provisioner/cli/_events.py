"""Events for programs: one JSON object a line on standard error (``--events``)."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from provisioner.events import Reporter

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from provisioner.planner import Plan

_SCHEMA: Final = "torchenv/events/1"


def write_event(kind: str, **values: object) -> None:
    """Write one event; each line names the form that it has."""
    line = json.dumps({"schema": _SCHEMA, "event": kind, **values})
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def write_finding(finding: Finding) -> None:
    """Write a finding as an event."""
    write_event(
        "finding",
        code=finding.code,
        severity=finding.severity.value,
        message=finding.message,
        why=finding.why,
        do=finding.do,
    )


class EventReporter(Reporter):
    """Writes what happens; safe between threads."""

    def __init__(self) -> None:
        """Nothing is under way."""
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0
        self._began = 0.0

    def planned(self, plan: Plan) -> None:
        """Tell for what it was decided."""
        target = plan.target
        write_event(
            "planned",
            platform=target.platform,
            python=target.python,
            accelerator=target.accelerator,
        )

    def step(self, text: str) -> None:
        """Tell the phase that begins."""
        write_event("step", text=text)

    def detail(self, text: str) -> None:
        """Tell a detail."""
        with self._lock:
            write_event("detail", text=text)

    def finding(self, finding: Finding) -> None:
        """Tell a warning or note."""
        write_finding(finding)

    def download_started(self, files: int, size_bytes: int) -> None:
        """Tell how much will be fetched."""
        self._start(size_bytes)
        write_event("download-started", files=files, total_bytes=size_bytes)

    def download_progress(self, name: str, received_bytes: int) -> None:
        """Tell what came, how fast, and how long the rest will take."""
        with self._lock:
            write_event("download-progress", wheel=name, **self._advance(received_bytes))

    def download_finished(self) -> None:
        """Tell that it has ended."""
        write_event("download-finished", done_bytes=self._done)

    def check_started(self, files: int, size_bytes: int) -> None:
        """Tell how much will be read."""
        self._start(size_bytes)
        write_event("check-started", files=files, total_bytes=size_bytes)

    def check_progress(self, size_bytes: int) -> None:
        """Tell what was read."""
        with self._lock:
            write_event("check-progress", **self._advance(size_bytes))

    def check_finished(self) -> None:
        """Tell that it has ended."""
        write_event("check-finished", done_bytes=self._done)

    def _start(self, total_bytes: int) -> None:
        self._total, self._done, self._began = total_bytes, 0, time.monotonic()

    def _advance(self, more_bytes: int) -> dict[str, object]:
        """Return the state of what is under way: bytes, bytes per second, seconds."""
        self._done += more_bytes
        seconds = time.monotonic() - self._began
        rate = self._done / seconds if seconds > 0 and self._done > 0 else None
        left = max(0, self._total - self._done)
        return {
            "done_bytes": self._done,
            "total_bytes": self._total,
            "bytes_per_s": None if rate is None else round(rate),
            "remaining_s": None if rate is None else round(left / rate, 1),
        }
