"""Locking beside ``uv pip compile`` of the same requirements, and reading a lock beside a plan."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import tomlkit

from provisioner.lockfile import read_lock, render_lock
from tests.bench._measure import Contender, python, report
from tests.support import HOST_PYTHON, IndexServer, load_scenario, make_workspace
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support import Workspace

DEPENDENCIES: Final = {"numpy": "*", "requests": "*", "tqdm": "*", "einops": "*"}
PACKAGES: Final = 150


def locking(folder: Path, rounds: int) -> None:
    """A lock from nothing and from a warm cache, beside uv's resolution alone."""
    with IndexServer(load_scenario("main")) as index:
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
                f"{name}: torch 2.9.1 for cu126 and {len(DEPENDENCIES)} more",
                (
                    Contender(name="uv pip compile", argv=_after(cleared, uv), environ=environ),
                    Contender(name="torchenv lock", argv=_after(cleared, lock), environ=environ),
                ),
                rounds,
            )
        checks = (
            Contender(name="python -c pass", argv=python("pass"), environ=environ),
            Contender(
                name="torchenv plan", argv=[BIN / "torchenv", "plan", "-q", spec], environ=environ
            ),
            Contender(name="torchenv lock --check", argv=[*lock, "--check"], environ=environ),
            Contender(name="torchenv lock, nothing to do", argv=lock, environ=environ),
        )
        report("A lock that is right", checks, rounds)
        _files(made, rounds)


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


def _files(path: Path, rounds: int) -> None:
    """Print how long it takes to write and to read a lock of many packages."""
    lock = read_lock(path)
    first = lock.packages[0]
    many = [
        replace(
            first,
            name=f"package-{number:03}",
            wheels=tuple(
                replace(first.wheel, name=f"package_{number:03}-1.0-{tag}-none-any.whl")
                for tag in ("py3", "cp310", "cp311", "cp312")
            ),
            version="1.0",
        )
        for number in range(PACKAGES)
    ]
    big = replace(lock, packages=tuple(many), file=path.with_name("pylock.many.toml"))
    written, read = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        text = render_lock(big)
        written.append(time.perf_counter() - started)
        big.file.write_text(text)
        started = time.perf_counter()
        read_lock(big.file)
        read.append(time.perf_counter() - started)
    middle = rounds // 2
    print(  # noqa: T201 - this is a report
        f"\nA lock of {PACKAGES} packages ({rounds} rounds, medians)\n"
        f"  write {sorted(written)[middle] * 1e3:.1f} ms, read {sorted(read)[middle] * 1e3:.1f} ms"
    )


BENCHES: Final = (locking,)
REAL: Final = ()
