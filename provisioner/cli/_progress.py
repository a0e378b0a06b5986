"""Showing events while they happen: on standard error, so that standard output stays data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.render.findings import print_finding
from provisioner.cli.render.plan import print_plan
from provisioner.events import Reporter

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from provisioner.findings import Finding
    from provisioner.planner import Plan


class ConsoleReporter(Reporter):
    """Prints steps, and a progress bar while files arrive (terminals only)."""

    def __init__(self, console: Console, *, quiet: bool, verbose: bool) -> None:
        """Print to ``console``; ``quiet`` keeps errors only, ``verbose`` adds its lines."""
        self._console = console
        self._quiet = quiet
        self._verbose = verbose
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def chosen(self, why: str) -> None:
        """Print why this target."""
        if not self._quiet:
            self._print(why)

    def planned(self, plan: Plan) -> None:
        """Print what was decided."""
        if not self._quiet:
            print_plan(self._console, plan)

    def step(self, text: str) -> None:
        """Print the phase that begins."""
        if not self._quiet:
            self._print(f"{text} …")

    def detail(self, text: str) -> None:
        """Print a detail where details are wanted."""
        if self._verbose:
            self._print(f"  {text}")

    def _print(self, line: str) -> None:
        """Print one line, whatever its length and whatever it holds."""
        self._console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)

    def finding(self, finding: Finding) -> None:
        """Print a warning or note as it comes up."""
        if not self._quiet:
            print_finding(self._console, finding)

    def download_started(self, files: int, size_bytes: int) -> None:
        """Say how much will be fetched, and start the bar."""
        noun = "wheel" if files == 1 else "wheels"
        self.step(f"Downloading {files} {noun}, {size_bytes / 1e6:.1f} MB")
        self._start_bar(size_bytes)

    def download_progress(self, name: str, received_bytes: int) -> None:
        """Move the bar."""
        del name
        self._advance_bar(received_bytes)

    def download_finished(self) -> None:
        """Take the bar away."""
        self._stop_bar()

    def check_started(self, files: int, size_bytes: int) -> None:
        """Say how much will be read, and start the bar."""
        self.step(f"Comparing {files} files, {size_bytes / 1e6:.1f} MB, with their wheels")
        self._start_bar(size_bytes)

    def check_progress(self, size_bytes: int) -> None:
        """Move the bar."""
        self._advance_bar(size_bytes)

    def check_finished(self) -> None:
        """Take the bar away."""
        self._stop_bar()

    def _start_bar(self, total_bytes: int) -> None:
        """Show a bar, on terminals only."""
        if self._quiet or not self._console.is_terminal:
            return
        # Imported late: most commands show no bar.
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._progress = Progress(
            TextColumn("  "),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("bytes", total=total_bytes)
        self._progress.start()

    def _advance_bar(self, more_bytes: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, more_bytes)

    def _stop_bar(self) -> None:
        """Take the bar away; its thread ends with it."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
