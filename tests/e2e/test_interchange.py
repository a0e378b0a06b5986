"""Locks from and for other tools: imported with their versions, and accepted by those tools."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import Pylock, is_valid_pylock_path

from provisioner import toml
from tests.support import HOST_PYTHON, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e

WISHES = "torch==2.9.1+cpu\nsympy==1.13.3\nrequests\n"


def lock_with_uv(workspace: Workspace, *words: str) -> Path:
    """Make a lock with plain uv, from requirements whose versions are not the newest."""
    wishes = workspace.write("wishes.in", WISHES)
    lock = workspace.root / "pylock.uv.toml"
    indexes = ["--index", f"{workspace.index.pytorch}/cpu", "--default-index"]
    uv: list[str | Path] = [BIN / "uv", "pip", "compile", "-q", "--no-config", "--format"]
    uv += ["pylock.toml", "--python-version", HOST_PYTHON, *indexes, workspace.index.default]
    uv += ["--index-strategy", "unsafe-best-match", *words, "-o", lock, wishes]
    environ = {**workspace.environ, "UV_CACHE_DIR": str(workspace.home / "uv")}
    run(uv, environ=environ, cwd=workspace.root).check()
    return lock


def versions(lock: Path) -> dict[str, str]:
    """Return name and version of a lock's packages."""
    packages = toml.loads(lock.read_text())["packages"]
    return {one["name"]: one["version"] for one in packages}


def test_lock_of_uv_is_imported(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """Every version is kept, also where the index has newer ones by now.

    The spec asks for what torch does not bring by itself.
    """
    workspace = fresh_workspace
    planted = main_scenario.without("/whl/filelock-3.99.0-*").without("/whl/requests-2.99.0-*")
    workspace.index.publish(planted.without("/packages/filelock-3.20.0-*"))
    lock = lock_with_uv(workspace)
    workspace.index.publish(planted)
    before = versions(lock)
    document = workspace.torchenv("import", lock.name, "--json").check().json
    assert document["findings"] == []
    assert document["kept"] == len(before)
    assert versions(workspace.root / "pylock.torchenv.toml") == before
    spec = toml.loads((workspace.root / "torchenv.toml").read_text())
    assert spec["environment"] == {"python": HOST_PYTHON, "accelerator": "cpu", "seed": False}
    assert spec["torch"] == {"torch": "2.9.1", "torchvision": False, "torchaudio": False}
    assert "requests" in spec["dependencies"]
    assert "sympy" not in spec["dependencies"]
    workspace.torchenv("lock", "--check", offline=True).check()
    applied = workspace.torchenv("apply", "--locked", "--json").check().json
    assert applied["proof"]["versions"] == {"torch": "2.9.1+cpu"}


def test_lock_of_pip_is_imported(workspace: Workspace) -> None:
    """A lock of ``pip lock``, which names one wheel of each package, is imported likewise."""
    lock = workspace.root / "pylock.pip.toml"
    pip: list[str | Path] = [BIN / "python", "-m", "pip", "lock", "-q", "--only-binary", ":all:"]
    pip += ["--index-url", f"{workspace.index.pytorch}/cpu", "-o", lock]
    run([*pip, "torch==2.9.1+cpu"], environ=workspace.environ, cwd=workspace.root).check()
    document = workspace.torchenv("import", lock.name, "--json").check().json
    packages = {one["name"]: one["version"] for one in document["packages"]}
    assert packages["torch"] == versions(lock)["torch"] == "2.9.1+cpu"
    changed = {one["message"].split("`")[1] for one in document["findings"]}
    kept = versions(lock).keys() - changed
    assert {name: packages[name] for name in kept} == {name: versions(lock)[name] for name in kept}
    # Copies on PyTorch's index that the default one does not have cannot be kept, and are told.
    assert {one["code"] for one in document["findings"]} <= {"TE444"}


def test_own_lock_is_imported(workspace: Workspace) -> None:
    """A lock of torchenv is a lock like any other: what comes out has the same packages."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu", dependencies={"tqdm": "*"})
    workspace.torchenv("lock").check()
    words = ("import", "pylock.torchenv.toml", "--output", "again.toml", "--json")
    document = workspace.torchenv(*words).check().json
    assert document["findings"] == []
    again = versions(workspace.root / "pylock.again.toml")
    assert again == versions(workspace.root / "pylock.torchenv.toml")


@pytest.mark.parametrize(
    ("text", "code", "exit_code"),
    [
        ("", "TE422", 4),
        ('lock-version = "9.0"\ncreated-by = "x"\npackages = []\n', "TE423", 4),
        ('lock-version = "1.0"\ncreated-by = "x"\npackages = []\n', "TE442", 2),
    ],
)
def test_what_cannot_be_imported(
    workspace: Workspace, text: str, code: str, exit_code: int
) -> None:
    """Half a file, a newer version and a lock without torch are refused; nothing is written."""
    workspace.write("pylock.toml", text)
    document = workspace.torchenv("import", "pylock.toml", "--json").check(exit_code).json
    assert [one["code"] for one in document["findings"]] == [code]
    assert not (workspace.root / "torchenv.toml").exists()


def test_spec_is_not_overwritten(workspace: Workspace) -> None:
    """Where a spec is already, nothing is imported."""
    path = workspace.write_spec(torch="2.9.1", accelerator="cpu")
    before = path.read_text()
    workspace.write("pylock.toml", 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n')
    document = workspace.torchenv("import", "pylock.toml", "--json").check(2).json
    assert [one["code"] for one in document["findings"]] == ["TE443"]
    assert path.read_text() == before


def test_untrusted_places_of_a_foreign_lock(workspace: Workspace) -> None:
    """A lock that leads to files elsewhere is refused, unless that kind is allowed."""
    wheel = 'name = "a-1-py3-none-any.whl", path = "../a-1-py3-none-any.whl"'
    workspace.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nversion = "1"\n'
        f'wheels = [{{ {wheel}, hashes = {{ sha256 = "{"ab" * 32}" }} }}]\n',
    )
    refused = workspace.torchenv("import", "pylock.toml", "--json").check(4).json
    assert [one["code"] for one in refused["findings"]] == ["TE440"]
    allowed = workspace.torchenv("import", "pylock.toml", "--trust", "outside", "--json").json
    assert [one["code"] for one in allowed["findings"]] == ["TE442"]


@pytest.mark.parametrize("accelerator", ["cpu", "cu126"])
def test_packaging_accepts_it(workspace: Workspace, accelerator: str) -> None:
    """``packaging.pylock`` validates a lock and selects exactly its packages here."""
    workspace.write_spec(torch="2.9.1", accelerator=accelerator)
    workspace.torchenv("lock").check()
    lock = workspace.root / "pylock.torchenv.toml"
    assert is_valid_pylock_path(lock)
    document: dict[str, Any] = toml.loads(lock.read_text())
    selected = [package.name for package, _ in Pylock.from_dict(document).select()]
    assert selected == [one["name"] for one in document["packages"]]


@pytest.mark.skipif(
    shutil.which("pip-audit", path=str(BIN)) is None,
    reason="pip-audit is not installed; test_packaging_accepts_it reads the lock as it does",
)
def test_pip_audit_accepts_it(workspace: Workspace) -> None:
    """pip-audit collects every package of a lock (nothing is looked up)."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu")
    workspace.torchenv("lock").check()
    audit: list[str | Path] = [BIN / "pip-audit", "--locked", "--dry-run", workspace.root]
    done = run(audit, environ=workspace.environ).check()
    count = len(versions(workspace.root / "pylock.torchenv.toml"))
    assert f"would have audited {count} packages" in done.stderr
