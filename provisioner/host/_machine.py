"""What the probes may do to a machine: read its files and ask its programs.

A probe gets a :class:`Machine` and touches nothing else, so that tests can hand it a recorded one.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CACHE: Final = "/etc/ld.so.cache"
_LIBRARY_FOLDERS: Final = (
    "/usr/lib/wsl/lib",  # Windows' drivers, inside the Subsystem for Linux
    "/run/opengl-driver/lib",  # NixOS
    "/usr/local/nvidia/lib64",  # where older NVIDIA containers and Kubernetes mount them
    "/usr/lib64",
    "/usr/lib",
)
"""Where drivers lie beside the folders that the loader's cache names."""


class Answer(NamedTuple):
    """What a program said."""

    exit_code: int
    stdout: str = ""
    stderr: str = ""
    problem: str = ""
    """Why it failed, ``exit code 9``, ``no end after 20 s``; empty where it did not."""

    @property
    def last_words(self) -> str:
        """The first line that says anything, errors before output; else how the program ended."""
        lines = f"{self.stderr}\n{self.stdout}".split("\n")
        return next((" ".join(line.split()) for line in lines if line.strip()), self.problem)


class Machine(Protocol):
    """One machine, as far as probes look at it. Paths are absolute."""

    @property
    def system(self) -> str:
        """``sys.platform``: ``linux``, ``darwin``, ``win32``."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The caller's environment variables."""

    def read(self, path: str) -> str:
        """Return the text of a file; bytes that are no UTF-8 become ``?``-like marks.

        Raises:
            OSError: There is no such file, or it cannot be read.
        """

    def names(self, folder: str) -> tuple[str, ...]:
        """Return what a folder holds, sorted; empty where it cannot be read."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file or folder."""

    def can_open(self, path: str) -> bool:
        """Whether this user may read and write a device."""

    def target(self, link: str) -> str:
        """Return what a link names; empty where it is none."""

    def program(self, name: str) -> str | None:
        """Return the path of a program that is on ``PATH``."""

    def ask(self, argv: Sequence[str], *, more: Mapping[str, str]) -> Answer:
        """Run a program, with some variables replaced; never fails, never takes for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThisMachine:
    """The machine that runs this."""

    environ: Mapping[str, str]
    system: str = sys.platform
    time_limit_s: float = 20.0
    """Seconds that a program may take: a GPU that has to wake up takes several."""

    def read(self, path: str) -> str:
        """Read a file."""
        return Path(path).read_text(encoding="utf-8", errors="replace")

    def names(self, folder: str) -> tuple[str, ...]:
        """List a folder."""
        try:
            return tuple(sorted(entry.name for entry in Path(folder).iterdir()))
        except OSError:
            return ()

    def exists(self, path: str) -> bool:
        """Look for a file."""
        return os.path.exists(path)  # noqa: PTH110  False where a folder may not be entered

    def can_open(self, path: str) -> bool:
        """Ask for the rights."""
        return os.access(path, os.R_OK | os.W_OK)

    def target(self, link: str) -> str:
        """Read a link."""
        try:
            return str(Path(link).readlink())
        except OSError:
            return ""

    def program(self, name: str) -> str | None:
        """Look along the caller's ``PATH``."""
        import shutil  # noqa: PLC0415 - only for those who look for GPUs

        return shutil.which(name, path=self.environ.get("PATH", os.defpath))

    def ask(self, argv: Sequence[str], *, more: Mapping[str, str]) -> Answer:
        """Run a program."""
        # Imported late: most machines answer without a child process.
        from provisioner.process import ProcessFailedError, run  # noqa: PLC0415

        environ = {**self.environ, "LC_ALL": "C", **more}
        try:
            done, problem = run(argv, env=environ, timeout_s=self.time_limit_s), ""
        except ProcessFailedError as exc:
            done, problem = exc.completed, exc.reason
        return Answer(
            exit_code=done.exit_code, stdout=done.stdout, stderr=done.stderr, problem=problem
        )


def read_or_none(machine: Machine, path: str) -> str | None:
    """Return the text of a file, None where it cannot be read."""
    try:
        return machine.read(path)
    except OSError:
        return None


def find_library(machine: Machine, name: str) -> str | None:
    """Return where a shared library lies that the loader finds, or a driver's own place of it.

    Nothing is loaded. The order is the loader's (``ld.so(8)``): ``LD_LIBRARY_PATH``, its cache,
    then folders that drivers are known to use.
    """
    folders = [one for one in machine.environ.get("LD_LIBRARY_PATH", "").split(":") if one]
    cached = re.findall(rf"(/[^\0]*/{re.escape(name)})\0", read_or_none(machine, _CACHE) or "")
    candidates = [*(f"{one}/{name}" for one in folders), *cached]
    candidates += [f"{one}/{name}" for one in _LIBRARY_FOLDERS]
    return next((path for path in candidates if machine.exists(path)), None)
