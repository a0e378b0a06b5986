"""Adding, removing, tidying and destroying by the command, and the kernel for Jupyter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.environment.disks import read_only, tmpfs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e


@pytest.fixture
def small(workspace: Workspace) -> Workspace:
    """Return a project with a spec for torch alone."""
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    return workspace


def test_add_and_remove(small: Workspace) -> None:
    """One command edits, locks and applies; comments stay, and removing leaves it as it was."""
    spec = small.root / "torchenv.toml"
    spec.write_text("# ours\n" + spec.read_text())
    before = spec.read_text()
    done = small.torchenv("add", "numpy<2", "--json").check().json
    assert done["written"]
    assert "numpy" in [one["name"] for one in done["changes"]["added"]]
    assert spec.read_text() == before + '\n[dependencies]\nnumpy = "<2"\n'
    assert small.run_python("import numpy").exit_code == 0
    assert small.torchenv("add", "numpy").check().stdout.startswith("Nothing to edit in")
    removed = small.torchenv("remove", "numpy").check()
    assert removed.stdout.startswith("Edited torchenv.toml; ")
    assert small.run_python("import numpy").exit_code == 1


def test_remove_what_a_template_asks_for(workspace: Workspace) -> None:
    """It is unset in the spec, and the template stays as it is."""
    workspace.write("base.toml", '[dependencies]\neinops = "*"\ntqdm = "*"\n')
    spec = workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    spec.write_text('extends = ["base.toml"]\n' + spec.read_text())
    workspace.torchenv("remove", "einops", "--no-apply").check()
    assert "einops = false" in spec.read_text()
    lock = (workspace.root / "pylock.torchenv.toml").read_text()
    assert ('name = "einops"' in lock, 'name = "tqdm"' in lock) == (False, True)


def test_a_wish_that_cannot_be_leaves_the_spec(small: Workspace) -> None:
    """Spec and lock stay byte for byte, whether the planner, the index or the spec says no."""
    small.torchenv("lock").check()
    files = [small.root / name for name in ("torchenv.toml", "pylock.torchenv.toml")]
    before = [path.read_bytes() for path in files]
    small.torchenv("add", "no-such-package").check(3)
    small.torchenv("add", "torch==9.9").check(2)
    small.torchenv("add", "torch==2.6.0+cu118").check(2)
    refused = small.torchenv("remove", "numpy").check(2)
    assert "TE638" in refused.stderr
    assert [path.read_bytes() for path in files] == before
    assert not small.environment.exists()


def test_only_lock(small: Workspace) -> None:
    """`--no-apply` edits and locks."""
    small.torchenv("add", "numpy", "--no-apply").check()
    assert "numpy" in (small.root / "pylock.torchenv.toml").read_text()
    assert not small.environment.exists()


def test_a_spec_behind_a_link(small: Workspace, tmp_path: Path) -> None:
    """The file that a link leads to is edited; where it cannot be written, it is as it was."""
    spec = small.root / "torchenv.toml"
    with tmpfs(tmp_path / "disk") as disk:
        real = disk / "torchenv.toml"
        real.write_text(spec.read_text())
        spec.unlink()
        spec.symlink_to(real)
        small.torchenv("add", "numpy", "--no-apply").check()
        assert spec.is_symlink()
        before = real.read_text()
        assert 'numpy = "*"' in before
        with read_only(disk):
            done = small.torchenv("remove", "numpy", "--no-apply").check(3)
        assert "TE637" in done.stderr
        assert real.read_text() == before


def test_upgrade(small: Workspace) -> None:
    """A locked version stays until its upgrade is asked for; another name is told."""
    small.torchenv("add", "numpy==1.26.4", "--no-apply").check()
    lock = small.root / "pylock.torchenv.toml"
    spec = small.root / "torchenv.toml"
    spec.write_text(spec.read_text().replace("==1.26.4", "*"))
    small.torchenv("lock").check()
    assert 'version = "1.26.4"' in lock.read_text()
    assert "TE433" in small.torchenv("upgrade", "nothing", "--no-apply").check(2).stderr
    small.torchenv("upgrade", "numpy", "--no-apply").check()
    assert 'version = "1.26.4"' not in lock.read_text()
    small.torchenv("upgrade", "numpy==1.26.4", "--no-apply").check()
    assert 'numpy = "==1.26.4"' in spec.read_text()
    assert 'version = "1.26.4"' in lock.read_text()


def test_gc_and_destroy(small: Workspace) -> None:
    """Old generations go on request; the environment goes only after a yes."""
    small.torchenv("apply").check()
    small.torchenv("add", "numpy").check()
    shown = small.torchenv("gc", "--dry-run").check().stdout
    assert shown.startswith("Would remove 1 generation of .venv, ")
    assert small.torchenv("gc", "--json").check().json["removed"] == ["0001"]
    assert small.torchenv("gc").check().stdout == "Nothing to remove for .venv\n"
    refused = small.torchenv("destroy").check(2)
    assert "TE639" in refused.stderr
    assert small.environment.exists()
    gone = small.torchenv("destroy", "--yes").check().stdout
    assert gone.startswith("Removed 1 generation of .venv, ")
    left = sorted(path.name for path in small.root.iterdir())
    assert left == ["pylock.torchenv.toml", "torchenv.toml"]


def test_kernel(small: Workspace) -> None:
    """A kernel needs ipykernel in the environment, and another tool's kernel is left alone."""
    small.torchenv("kernel").check(3)
    small.torchenv("apply").check()
    assert "TE641" in small.torchenv("kernel").check(3).stderr
    site = next(small.environment.glob("lib/python3*/site-packages"))
    (site / "ipykernel-6.0.dist-info").mkdir()
    made = small.torchenv("kernel", "--json").check().json
    kernel = small.home / ".local/share/jupyter/kernels/project/kernel.json"
    assert made["did"]
    assert made["folder"] == str(kernel.parent)
    spec = str(small.root / "torchenv.toml")
    argv = json.loads(kernel.read_text())["argv"]
    assert argv[1:6] == ["run", "--no-apply", "--spec", spec, "--"]
    assert "Already there" in small.torchenv("kernel").check().stdout
    small.torchenv("kernel", "--remove").check()
    assert not kernel.parent.exists()
    assert "TE640" in small.torchenv("kernel", "--remove").check(3).stderr
    kernel.parent.mkdir()
    kernel.write_text("{}")
    assert "TE640" in small.torchenv("kernel").check(3).stderr
    assert kernel.read_text() == "{}"
    assert "TE640" in small.torchenv("kernel", "--name", "a b").check(3).stderr
