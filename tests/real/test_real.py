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


NEEDS_REAL = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or sys.platform != "linux",
    reason="examples/cpu.toml is for Python 3.11, and the wheel is looked for on Linux; "
    "tests/e2e covers the same way with tiny wheels everywhere",
)


@NEEDS_REAL
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


@NEEDS_REAL
def test_sabotages_of_real_torch(tmp_path: Path) -> None:
    """Four ways in which installers leave a broken torch are found, named and repaired.

    Another build of the same version, a truncated library, a damaged copy in the store, and what a
    killed pip leaves; tests/environment/test_repair.py has them and more with tiny wheels.
    """
    store = tmp_path / "store"
    environ = {**os.environ, "TORCHENV_STORE": str(store)}
    spec = shutil.copy(EXAMPLE, tmp_path)

    def command(*words: str | Path) -> Result:
        return run([BIN / "torchenv", *words], environ=environ, timeout_s=600)

    made = command("apply", spec, "--json")
    if made.exit_code == 3:
        pytest.skip("no source for the real wheel here; tests/environment covers the way")
    made.check()

    def site() -> Path:
        return next((tmp_path / ".venv-cpu").resolve().glob("lib/python3*/site-packages"))

    def mended(*words: str) -> tuple[dict[str, str], list[str]]:
        """Apply and verify; return the reason of each change, and the codes of what was found."""
        done = command("apply", spec, "--json", *words).check().json
        assert command("verify", spec, "-q").check().stdout.startswith("Whole: ")
        reasons = {
            one["name"]: f"{one['reason']} {one['detail']}".strip()
            for one in done["changes"]["changed"]
        }
        return reasons, [one["code"] for one in done["findings"] if one["code"][:3] == "TE6"]

    # A truncated library, by a hard link the copy's too.
    library = site() / "torch/lib/libtorch_cpu.so"
    is_shared = library.stat().st_nlink > 1
    os.truncate(library, 1 << 20)
    assert command("verify", spec, "-q").exit_code == 1
    copies = ["TE614"] if is_shared else []
    assert mended() == ({"torch": "damaged 1 changed"}, copies)
    # A damaged copy in the store, with its time as it was.
    copy = next((store / "unpacked").glob("archive-v*/*/torch/__init__.py"))
    stat = copy.stat()
    copy.write_bytes(b"#" * stat.st_size)
    os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    if is_shared:
        assert mended("--repair") == ({"torch": "damaged 1 changed"}, copies)
    # Another build of the same version.
    info = next(site().glob("torch-*.dist-info"))
    info.rename(info.with_name("torch-2.13.0+cu126.dist-info"))
    assert mended()[0]["torch"].startswith("other build")
    # What a killed pip leaves.
    (site() / "torch/lib").rename(site() / "~orch")
    assert mended()[0]["torch"].startswith("damaged")
    assert not (site() / "~orch").exists()
