"""The main job with the real thing: ``examples/cpu.toml`` becomes a proven environment."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import run
from tests.support.command import BIN

if TYPE_CHECKING:
    from tests.support import Result

pytestmark = pytest.mark.real

EXAMPLE = Path(__file__).parents[2] / "examples" / "cpu.toml"


def torchenv(*words: str | Path) -> Result:
    """Run the command as this machine's user: with the real pip configuration and store."""
    return run([BIN / "torchenv", *words], environ=os.environ, timeout_s=600)


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or sys.platform != "linux",
    reason="examples/cpu.toml is for Python 3.11, and the wheel is looked for on Linux; "
    "tests/e2e covers the same way with tiny wheels everywhere",
)
def test_example_with_real_torch(tmp_path: Path) -> None:
    """The example is locked, applied, proven from inside, and then up to date."""
    spec = shutil.copy(EXAMPLE, tmp_path)
    locked = torchenv("lock", spec, "--json")
    if locked.exit_code == 3:
        codes = [one["code"] for one in json.loads(locked.stdout)["findings"]]
        pytest.skip(f"no source for the real wheel here ({codes}); tests/e2e covers the way")
    locked.check()
    done = torchenv("apply", spec, "--json").check().json
    assert done["proof"]["versions"] == {"torch": "2.13.0+cpu"}
    assert done["proof"]["build"] is None
    python = tmp_path / ".venv-cpu" / "bin" / "python"
    code = "import torch; print((torch.eye(3) @ torch.arange(3.0)).tolist())"
    assert run([python, "-I", "-c", code], environ=os.environ).stdout == "[0.0, 1.0, 2.0]\n"
    assert torchenv("apply", spec).check().stdout.startswith("Up to date: ")
    assert torchenv("status", spec, "--json").check().json["state"] == "current"
