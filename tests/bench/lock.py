"""Locking beside ``uv pip compile`` of the same requirements, and reading a lock beside a plan.

On the bare loopback an answer takes next to no time, so that the start of Python is most of what is
seen there. An index that is some way off shows what its users wait for.
"""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Final

import tomlkit

from tests.bench._measure import Contender, python, report
from tests.support import HOST_PYTHON, IndexServer, load_scenario, make_workspace
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support import Workspace
    from tests.support.site import Reply, Request

DEPENDENCIES: Final = {"numpy": "*", "requests": "*", "tqdm": "*", "einops": "*"}
DISTANCE_S: Final = 0.025
"""Until the first byte of an answer; the default index needs as long or longer from most places."""


class DistantIndex(IndexServer):
    """The test indexes, some way off."""

    def answer(self, request: Request) -> Reply:
        """Answer as late as a server elsewhere does."""
        time.sleep(DISTANCE_S)
        return super().answer(request)


def locking(folder: Path, rounds: int) -> None:
    """A lock from nothing and from a warm cache, beside uv's resolution alone."""
    with IndexServer(load_scenario("main")) as index:
        _beside_uv(folder, rounds, index, "on the loopback")


def locking_from_afar(folder: Path, rounds: int) -> None:
    """The same where every answer of the index takes some time."""
    with DistantIndex(load_scenario("main")) as index:
        _beside_uv(folder, rounds, index, f"{DISTANCE_S * 1e3:.0f} ms away")


def _beside_uv(folder: Path, rounds: int, index: IndexServer, where: str) -> None:
    """Report locks from nothing, then from what is cached."""
    workspace = make_workspace(folder, index)
    workspace.write_spec(torch="2.9.1", accelerator="cu126", dependencies=DEPENDENCIES)
    request = _request(workspace)
    environ = {**workspace.environ, "UV_CACHE_DIR": str(workspace.home / "uv")}
    uv: list[str | Path] = [BIN / "uv", "pip", "compile", "-q", "--no-config", "--format"]
    uv += ["pylock.toml", "--generate-hashes", "--python-version", HOST_PYTHON]
    # uv alone finds companions only where PyTorch's index serves everything.
    uv += ["--index", f"{index.pytorch}/cu126", "--index-strategy", "unsafe-best-match"]
    uv += ["--default-index", index.default, "-o", workspace.home / "pylock.toml", request]
    spec = workspace.root / "torchenv.toml"
    lock: list[str | Path] = [BIN / "torchenv", "lock", "-q", spec]
    made = workspace.root / "pylock.torchenv.toml"
    for name, gone in (
        ("Cold lock", (workspace.home / "uv", workspace.store)),
        ("Warm lock", ()),
    ):
        cleared = (*gone, made, workspace.home / "pylock.toml")
        report(
            f"{name}, index {where}: torch 2.9.1 for cu126 and {len(DEPENDENCIES)} more",
            (
                Contender(name="uv pip compile", argv=_after(cleared, uv), environ=environ),
                Contender(name="torchenv lock", argv=_after(cleared, lock), environ=environ),
            ),
            rounds,
        )


def right_lock(folder: Path, rounds: int) -> None:
    """Finding out that a lock is right, which needs no index, beside a plan."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        spec = workspace.write_spec(torch="2.9.1", accelerator="cu126", dependencies=DEPENDENCIES)
        workspace.torchenv("lock", "-q").check()
    environ = workspace.environ
    plan: list[str | Path] = [BIN / "torchenv", "plan", "-q", spec]
    lock: list[str | Path] = [BIN / "torchenv", "lock", "-q", spec]
    report(
        "A lock that is right: the check takes at most 1.5x of a plan",
        (
            Contender(name="torchenv plan", argv=plan, environ=environ),
            Contender(name="torchenv lock --check", argv=[*lock, "--check"], environ=environ),
            Contender(name="torchenv lock, nothing to do", argv=lock, environ=environ),
            Contender(name="python -c pass", argv=python("pass"), environ=environ),
        ),
        rounds,
    )


def _request(workspace: Workspace) -> Path:
    """Write what torchenv asks uv for: the trio routed to its index."""
    names = ("torch", "torchvision", "torchaudio")
    versions = ("2.9.1+cu126", "0.24.1+cu126", "2.9.1+cu126")
    project = {
        "project": {
            "name": "request",
            "version": "0",
            "dependencies": [
                *(f"{name}=={version}" for name, version in zip(names, versions, strict=True)),
                *DEPENDENCIES,
                "pip",
            ],
        },
        "tool": {
            "uv": {
                "sources": {name: {"index": "pytorch"} for name in names},
                "index": [
                    {
                        "name": "pytorch",
                        "url": f"{workspace.index.pytorch}/cu126",
                        "explicit": True,
                    }
                ],
            }
        },
    }
    path = workspace.home / "request" / "pyproject.toml"
    path.parent.mkdir()
    path.write_text(tomlkit.dumps(project))
    return path


def _after(gone: Sequence[Path], argv: Sequence[str | Path]) -> list[str | Path]:
    """Return a command that removes files and folders first."""
    words = shlex.join(map(str, argv))
    return ["sh", "-c", f"rm -rf {shlex.join(map(str, gone))} && exec {words}"]


BENCHES: Final = (locking, locking_from_afar, right_lock)
REAL: Final = ()
