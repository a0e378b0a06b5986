"""A verdict of the planner, beside the least that it can cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench._measure import Contender, python, report
from tests.support import IndexServer, load_scenario, make_workspace
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

FLOOR: Final = """
import sys
import packaging.specifiers, packaging.version
from pydantic import BaseModel
if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
class Model(BaseModel):
    environment: dict[str, str]
    torch: dict[str, str]
with open(sys.argv[1], "rb") as file:
    Model.model_validate({k: v for k, v in tomllib.load(file).items() if k != "sources"})
"""
"""The least that judging a spec can cost: imports, one model, the spec read."""


def plans(folder: Path, rounds: int) -> None:
    """A plan that is refused and one that is accepted, offline."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        # Else the engine tries to download the interpreter that it is told of.
        workspace.environ["UV_PYTHON_DOWNLOADS"] = "never"
        spec = workspace.write_spec(python="3.10", torch="2.1.0", accelerator="cu116")
        accepted = workspace.write_spec(
            python="3.10", torch="2.2.0", accelerator="cu118", name="accepted.toml"
        )
        environ = workspace.environ
        request = workspace.write("request.in", "torch==2.1.0+cu116\n")
        options = ["-q", "--no-config", "--python-version", "3.10"]
        options += ["--default-index", f"{index.pytorch}/cu118"]
        peer: list[str | Path] = [BIN / "uv", "pip", "compile", *options, request]
        report(
            "Plan: torch 2.1.0 for cu116 is refused, 2.2.0 for cu118 is accepted",
            (
                Contender(name="python -c pass", argv=python("pass"), environ=environ),
                Contender(
                    name="floor: pydantic, packaging, spec",
                    argv=[*python(FLOOR), spec],
                    environ=environ,
                ),
                Contender(
                    name="torchenv plan, refused",
                    argv=[BIN / "torchenv", "plan", spec],
                    environ=environ,
                    exit_code=2,
                ),
                Contender(
                    name="torchenv plan, accepted",
                    argv=[BIN / "torchenv", "plan", accepted],
                    environ=environ,
                ),
                Contender(name="uv pip compile, warm", argv=peer, environ=environ, exit_code=1),
            ),
            rounds,
        )


BENCHES: Final = (plans,)
REAL: Final = ()
