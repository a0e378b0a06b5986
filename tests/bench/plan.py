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


def refused_plan(folder: Path, rounds: int) -> None:
    """A plan that is refused, offline."""
    with IndexServer(load_scenario("main")) as index:
        workspace = make_workspace(folder, index)
        # Else the engine tries to download the interpreter that it is told of.
        workspace.environ["UV_PYTHON_DOWNLOADS"] = "never"
        spec = workspace.write_spec(python="3.10", torch="2.1.0", accelerator="cu116")
        environ = workspace.environ
        request = workspace.write("request.in", "torch==2.1.0+cu116\n")
        options = ["-q", "--no-config", "--python-version", "3.10"]
        options += ["--default-index", f"{index.pytorch}/cu118"]
        peer: list[str | Path] = [BIN / "uv", "pip", "compile", *options, request]
        report(
            "Refused plan: torch 2.1.0 for cu116",
            (
                Contender(name="python -c pass", argv=python("pass"), environ=environ),
                Contender(
                    name="floor: pydantic, packaging, spec",
                    argv=[*python(FLOOR), spec],
                    environ=environ,
                ),
                Contender(
                    name="torchenv plan",
                    argv=[BIN / "torchenv", "plan", spec],
                    environ=environ,
                    exit_code=2,
                ),
                Contender(name="uv pip compile, warm", argv=peer, environ=environ, exit_code=1),
            ),
            rounds,
        )


BENCHES: Final = (refused_plan,)
REAL: Final = ()
