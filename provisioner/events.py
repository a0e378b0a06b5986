"""Watching long work: the library reports events, and whoever listens decides what to show.

The library itself never prints. A listener subclasses :class:`Reporter` and overrides what it
wants; the base class ignores everything, so that it is also the silent listener.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from provisioner.planner import Plan


class Reporter:
    """Receives events; every method may be called from the thread that does the work."""

    def chosen(self, why: str) -> None:
        """The target of a spec with several was chosen for this machine; one line says why."""

    def planned(self, plan: Plan) -> None:
        """The spec was judged, and this was decided. Once per command that changes something."""

    def step(self, text: str) -> None:
        """A new phase begins: ``Resolving 12 requirements``. A few times per command."""

    def detail(self, text: str) -> None:
        """Something worth seeing with ``--verbose``, for instance a line of the engine."""

    def finding(self, finding: Finding) -> None:
        """A warning or note came up while working."""

    def download_started(self, files: int, size_bytes: int) -> None:
        """``files`` wheels of ``size_bytes`` in all are about to be fetched. Once per fetch."""

    def download_progress(self, name: str, received_bytes: int) -> None:
        """``received_bytes`` more of ``name`` arrived; about ten times a second per file.

        Negative where a file is begun anew: what was counted so far is taken back.
        """

    def download_finished(self) -> None:
        """The fetch that was started has ended, well or not."""

    def check_started(self, files: int, size_bytes: int) -> None:
        """``files`` files of ``size_bytes`` in all are about to be read and hashed."""

    def check_progress(self, size_bytes: int) -> None:
        """``size_bytes`` more were hashed; a few hundred times for a real torch."""

    def check_finished(self) -> None:
        """The check that was started has ended, well or not."""
