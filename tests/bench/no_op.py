"""An apply with nothing to do, beside a bare walk over the files and ``uv pip sync``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench._measure import Contender, python, report
from tests.support import IndexServer, load_scenario, make_workspace, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "cpu.toml"
WALK: Final = """
import os, sys
def walk(top):
    for entry in os.scandir(top):
        if entry.is_dir(follow_symlinks=False):
            walk(entry.path)
        else:
            entry.stat(follow_symlinks=False)
walk(sys.argv[1])
"""
"""The least that looking at every file can cost."""


def nothing_to_do(folder: Path, rounds: int) -> None:
    """An apply with nothing to do, on tiny wheels."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        spec = workspace.write_spec(torch="2.2.0", accelerator="cu118")
        workspace.torchenv("apply").check()
        _report_no_op("tiny wheels", spec, workspace.environment, workspace.environ, rounds)


def nothing_to_do_real(folder: Path, rounds: int) -> None:
    """An apply with nothing to do, on the real torch of the example."""
    spec = Path(shutil.copy(EXAMPLE, folder))
    run([BIN / "torchenv", "apply", spec], environ=os.environ, timeout_s=900).check()
    _report_no_op("real torch 2.13.0+cpu", spec, folder / ".venv-cpu", os.environ, rounds)


def _report_no_op(
    what: str, spec: Path, environment: Path, environ: Mapping[str, str], rounds: int
) -> None:
    lock = spec.parent / f"pylock.{spec.stem}.toml"
    interpreter = environment / "bin" / "python"
    environ = {**environ, "UV_CACHE_DIR": str(spec.parent / "uv-cache")}
    files = sum(len(names) for _, _, names in os.walk(environment))
    sync: list[str | Path] = [BIN / "uv", "pip", "sync", "-q", "--python", interpreter, lock]
    run(sync, environ=environ)
    report(
        f"Nothing to do: {what}, {files} files",
        (
            Contender(name="python -c pass", argv=python("pass"), environ=environ),
            Contender(
                name="os.scandir walk with stat",
                argv=[*python(WALK), environment.resolve()],
                environ=environ,
            ),
            Contender(
                name="torchenv apply, every file looked at",
                argv=[BIN / "torchenv", "apply", spec],
                environ=environ,
            ),
            Contender(
                name="torchenv run true, the installed set looked at",
                argv=[BIN / "torchenv", "run", "--spec", spec, "true"],
                environ=environ,
            ),
            Contender(name="uv pip sync, names only", argv=sync, environ=environ),
        ),
        rounds,
    )


BENCHES: Final = (nothing_to_do,)
REAL: Final = (nothing_to_do_real,)
