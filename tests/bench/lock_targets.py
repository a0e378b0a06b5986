"""Locking several targets, beside locking one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from tests.bench._measure import Contender, report
from tests.support import IndexServer, load_scenario, make_workspace
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

TARGETS: Final[dict[str, dict[str, Any]]] = {
    "cluster": {"platform": "linux-x86_64", "accelerator": "cu118"},
    "desktop": {"platform": "windows-x86_64", "accelerator": "cu118"},
    "laptop": {"platform": "macos-arm64", "accelerator": "cpu"},
    "server": {"platform": "linux-x86_64", "accelerator": "cpu"},
}
LIMIT: Final = 3
"""Four targets may take so many times as long as the first of them alone."""


def four_targets(folder: Path, rounds: int) -> None:
    """Resolving for four targets, with an empty store and with a full one."""
    with IndexServer(load_scenario("main")) as index:
        one, four = make_workspace(folder / "one", index), make_workspace(folder / "four", index)
        for workspace, names in ((one, ["cluster"]), (four, list(TARGETS))):
            workspace.write_spec(
                python="3.11",
                torch="2.2.0",
                dependencies={"numpy": "*"},
                targets={name: TARGETS[name] for name in names},
            )
        for title, words in (("cold", _cold), ("warm", _warm)):
            report(
                f"Lock, {title}: at most {LIMIT}x for four targets",
                (
                    Contender(name="one target", argv=words(one), environ=one.environ),
                    Contender(name="four targets", argv=words(four), environ=four.environ),
                ),
                max(3, rounds // 3),
            )


def _cold(workspace: Workspace) -> list[str | Path]:
    """Return the command that locks with nothing at hand."""
    store, spec = shlex.quote(str(workspace.store)), shlex.quote(str(workspace.root))
    lock = f"{shlex.quote(str(BIN / 'torchenv'))} lock -q {spec}/torchenv.toml"
    return ["sh", "-c", f"rm -rf {store} {spec}/pylock.*; {lock}"]


def _warm(workspace: Workspace) -> list[str | Path]:
    """Return the command that resolves anew with the engine's cache at hand."""
    return [BIN / "torchenv", "lock", "-q", "--upgrade", workspace.root / "torchenv.toml"]


BENCHES: Final = (four_targets,)
REAL: Final = ()
