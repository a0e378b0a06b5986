"""Runs programs as a user would: the installed ``torchenv``, with known variables only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BIN = Path(sys.executable).parent
"""Where the commands of the tests' own environment are: ``torchenv``, ``uv``, ``pip``."""
_KEPT = ("PYENV_ROOT", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
"""Variables of the caller that a child needs to find interpreters and libraries."""
_TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A program that ran to its end."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # whatever the program prints
        """The one JSON document on standard output."""
        return json.loads(self.stdout)

    def check(self, exit_code: int = 0) -> Result:
        """Return the result itself.

        Raises:
            AssertionError: The exit code is another one; the message holds both outputs.
        """
        assert self.exit_code == exit_code, (
            f"exit code {self.exit_code}, not {exit_code}: {' '.join(self.argv)}\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )
        return self


def clean_environ(home: Path) -> dict[str, str]:
    """Return variables for a child: a home of its own, nothing of pip's, uv's or a venv's.

    ``PATH`` is the caller's, with the tests' base interpreter in front, so that its minor version
    can be found on every machine. pip reads no configuration file.
    """
    path = [str(Path(sys.base_prefix, "bin")), os.environ.get("PATH", os.defpath)]
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # A global pip.conf is read even where PIP_CONFIG_FILE names a file.
        "XDG_CONFIG_DIRS": str(home / "no-global-configuration"),
    }


class Command:
    """A program with its variables and working folder; call it with arguments.

    ``environ`` may be changed between calls.
    """

    def __init__(self, program: Path, environ: dict[str, str], cwd: Path) -> None:
        """Bind the program, which is not run yet."""
        self.program = program
        self.environ = environ
        self.cwd = cwd

    def __call__(
        self,
        *words: str | Path,
        offline: bool = False,
        environ: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout_s: float = _TIMEOUT_S,
    ) -> Result:
        """Run to the end; ``offline`` cuts the network, ``environ`` adds variables.

        Raises:
            subprocess.TimeoutExpired: It took longer than ``timeout_s``.
        """
        wrapper, cut = offline_wrapper() if offline else ((), {})
        argv = (*wrapper, str(self.program), *map(str, words))
        variables = {**self.environ, **cut, **(environ or {})}
        return run(argv, environ=variables, cwd=self.cwd, stdin=stdin, timeout_s=timeout_s)

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start and return at once, in a process group of its own (for signals)."""
        return subprocess.Popen(
            [str(self.program), *map(str, words)],
            env=self.environ,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def run(
    argv: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    stdin: str = "",
    timeout_s: float = _TIMEOUT_S,
) -> Result:
    """Run any program to its end, with just these variables."""
    words = tuple(map(str, argv))
    done = subprocess.run(
        words,
        env=dict(environ),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_s,
        check=False,
    )
    return Result(argv=words, exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@cache
def offline_wrapper() -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return what cuts a child off the network: words before its command, and variables.

    A network name space of its own (``unshare``, as root or with user name spaces) has not even a
    loopback device. Where that is not allowed, proxies at a closed port stand in: they stop every
    client that heeds them, which the engine, pip and urllib3 do.
    """
    for flags in ("-n", "-rn"):
        words = ("unshare", flags)
        if shutil.which("unshare") and _succeeds([*words, "true"]):
            return words, {}
    closed = "http://127.0.0.1:9"
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return (), {**dict.fromkeys(names, closed), "no_proxy": "", "NO_PROXY": ""}


def _succeeds(argv: Sequence[str]) -> bool:
    done = subprocess.run(argv, capture_output=True, check=False)
    return done.returncode == 0
