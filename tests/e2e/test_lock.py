"""Locks as users and other tools meet them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import HOST_PYTHON, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e


def make_venv(workspace: Workspace) -> Path:
    """Make an empty environment with pip, outside torchenv."""
    folder = workspace.root / "plain"
    run([BIN / "virtualenv", "-q", folder], environ=workspace.environ).check()
    return folder


def seen_inside(workspace: Workspace, folder: Path) -> str:
    """Return torch's version and CUDA as seen from inside an environment."""
    code = "import torch, torchvision, torchaudio; print(torch.__version__, torch.version.cuda)"
    return workspace.run_python(code, folder).check().stdout


def test_everything_comes_from_where_it_must(workspace: Workspace) -> None:
    """Trio and companions come from the accelerator's index, everything else does not."""
    workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cu118", dependencies={"numpy": "*"}
    )
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    trio_index = f"{workspace.index.pytorch}/cu118"
    routed = {one["name"] for one in packages if one["index"] == trio_index}
    assert {"torch", "torchvision", "torchaudio", "triton", "nvidia-cublas-cu11"} <= routed
    others = {one["index"] for one in packages if one["name"] not in routed}
    assert others == {workspace.index.default}
    assert {"numpy", "filelock", "pip"} <= {one["name"] for one in packages} - routed


def test_planner_constraint_reaches_the_lock(workspace: Workspace) -> None:
    """Numpy stays below 2 beside a torch that was built against numpy 1, and the lock says why."""
    path = workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cpu", dependencies={"numpy": "*"}
    )
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    (numpy,) = (one["version"] for one in packages if one["name"] == "numpy")
    assert numpy.startswith("1.")
    assert 'requirement = "numpy<2"' in (path.parent / "pylock.torchenv.toml").read_text()


def test_same_inputs_same_bytes(workspace: Workspace) -> None:
    """Locking twice, the second time from nothing, gives the same bytes."""
    workspace.write_spec(python="3.11", torch="2.2.0", accelerator="cu118")
    lock = workspace.root / "pylock.torchenv.toml"
    workspace.torchenv("lock").check()
    first = lock.read_bytes()
    lock.unlink()
    workspace.torchenv("lock", environ={"TORCHENV_STORE": str(workspace.home / "new")}).check()
    assert lock.read_bytes() == first
    assert not workspace.torchenv("lock", "--upgrade", "--json").check().json["written"]


def test_lock_holds_every_hash_and_no_path(workspace: Workspace) -> None:
    """Every wheel has name, size and sha256; no path of this machine stands in a lock."""
    workspace.write_spec(python="3.11", torch="2.2.0", accelerator="cu118")
    workspace.torchenv("lock").check()
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    wheels = [line for line in text.splitlines() if "url = " in line]
    file = r'name = "\S+\.whl", url = "http\S+", size = \d+'
    pattern = rf'\{{ {file}, hashes = \{{ sha256 = "\w{{64}}" \}} \}},'
    assert wheels
    assert all(re.fullmatch(pattern, line.strip()) for line in wheels)
    assert str(workspace.root.parent) not in text


@pytest.mark.parametrize("accelerator", ["cu126", "cpu"])
def test_uv_installs_it(workspace: Workspace, accelerator: str) -> None:
    """Plain uv makes the same environment from a lock."""
    workspace.write_spec(torch="2.9.1", accelerator=accelerator)
    workspace.torchenv("lock").check()
    folder = make_venv(workspace)
    lock = workspace.root / "pylock.torchenv.toml"
    environ = {**workspace.environ, "UV_CACHE_DIR": str(workspace.home / "uv")}
    uv: list[str | Path] = [BIN / "uv", "pip", "sync", "--python", folder / "bin" / "python", lock]
    run(uv, environ=environ).check()
    cuda = {"cu126": "12.6", "cpu": "None"}[accelerator]
    assert seen_inside(workspace, folder) == f"2.9.1+{accelerator} {cuda}\n"


def test_pip_installs_it(workspace: Workspace) -> None:
    """Plain pip makes the same environment from a lock."""
    workspace.write_spec(torch="2.9.1", accelerator="cu126")
    workspace.torchenv("lock").check()
    folder = make_venv(workspace)
    lock = workspace.root / "pylock.torchenv.toml"
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "install", "-q", "-r", lock]
    run(pip, environ=workspace.environ).check()
    assert seen_inside(workspace, folder) == "2.9.1+cu126 12.6\n"


def test_default_index_serves_its_own_build(workspace: Workspace) -> None:
    """Torch 2.9.1 for cu128 comes from the default index, and is known to be cu128."""
    workspace.write_spec(torch="2.9.1", accelerator="cu128")
    done = workspace.torchenv("apply", "--json").check().json
    assert done["proof"]["versions"]["torch"] == "2.9.1+cu128"
    assert done["proof"]["build"] == "12.8"
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    assert f'index = "{workspace.index.default}"' in text
    assert f"{workspace.index.pytorch}/" not in text
    assert 'accelerator = "cu128"' in text


def test_pytorch_index_on_request(workspace: Workspace) -> None:
    """``sources.trio = "pytorch"`` takes the trio from PyTorch's index all the same."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu", sources={"trio": "pytorch"})
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    indexes = {one["index"] for one in packages if one["name"].startswith("torch")}
    assert indexes == {f"{workspace.index.pytorch}/cpu"}


def test_isolated(workspace: Workspace) -> None:
    """``sources.isolated`` takes everything from PyTorch's index."""
    workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cu118", seed=False, sources={"isolated": True}
    )
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    assert {one["index"] for one in packages} == {f"{workspace.index.pytorch}/cu118"}


def test_users_engine_settings_do_not_count(workspace: Workspace) -> None:
    """``UV_*`` variables and uv's configuration files change nothing."""
    workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cpu", dependencies={"numpy": "*"}
    )
    lock = workspace.root / "pylock.torchenv.toml"
    workspace.torchenv("lock").check()
    first = lock.read_bytes()
    lock.unlink()
    workspace.write("uv.toml", 'resolution = "lowest"\n')
    workspace.write("pyproject.toml", '[tool.uv]\nresolution = "lowest"\n')
    poison = {"UV_RESOLUTION": "lowest", "UV_INDEX_URL": "http://127.0.0.1:9/simple"}
    workspace.torchenv("lock", environ=poison).check()
    assert lock.read_bytes() == first


def test_missing_hash_is_learned_once(workspace: Workspace) -> None:
    """A wheel without a hash on its index is fetched once to learn it, marked, and told."""
    workspace.write_spec(torch="2.6.0", accelerator="cpu", torchvision=False, torchaudio=False)
    watch = workspace.index.watch()
    done = workspace.torchenv("apply", "--json").check().json
    (note,) = done["findings"]
    assert note["code"] == "TE432"
    lock = workspace.root / "pylock.torchenv.toml"
    assert re.search(r'unconfirmed = \["torch-2\.6\.0\+cpu-\S+\.whl"\]', lock.read_text())
    assert len(watch.requests("*/torch-2.6.0+cpu-*.whl", method="GET")) == 1
    first = lock.read_bytes()
    workspace.torchenv("lock", "--upgrade").check()
    assert lock.read_bytes() == first
    assert len(watch.requests("*/torch-2.6.0+cpu-*.whl", method="GET")) == 1


def test_metadata_by_itself_saves_a_resolution(fresh_workspace: Workspace) -> None:
    """PyTorch's index is not asked for general packages then, and the lock is the same without."""
    workspace = fresh_workspace
    workspace.write_spec(torch="2.9.1", accelerator="cu126")
    watch = workspace.index.watch()
    workspace.torchenv("lock").check()
    assert not watch.paths("/whl/cu126/numpy/")
    lock = workspace.root / "pylock.torchenv.toml"
    first = lock.read_bytes()
    without = workspace.index.scenario.deviate("/whl/cu126/torch-2.9.1+cu126-*", sidecar=False)
    workspace.index.publish(without)
    lock.unlink()
    workspace.torchenv("lock", environ={"TORCHENV_STORE": str(workspace.home / "new")}).check()
    assert watch.paths("/whl/cu126/numpy/")
    assert lock.read_bytes() == first


def test_large_download_is_asked_for(fresh_workspace: Workspace) -> None:
    """A lock fetches no large wheel for its hash unless that is allowed; it says what it costs."""
    workspace = fresh_workspace
    large = workspace.index.scenario.deviate("/whl/cpu/torch-2.6.0+cpu-*", padding=21_000_000)
    workspace.index.publish(large)
    workspace.write_spec(torch="2.6.0", accelerator="cpu", torchvision=False, torchaudio=False)
    watch = workspace.index.watch()
    (finding,) = workspace.torchenv("lock", "--json").check(3).json["findings"]
    assert finding["code"] == "TE438"
    assert "(21.0 MB)" in finding["message"]
    assert not watch.requests("*/torch-2.6.0+cpu-*.whl", method="GET")
    workspace.torchenv("lock", "--allow-download").check()
    assert len(watch.requests("*/torch-2.6.0+cpu-*.whl", method="GET")) == 1


def test_changed_hash_is_refused(fresh_workspace: Workspace) -> None:
    """A file that has another hash than in the lock before is refused, the lock left alone."""
    workspace = fresh_workspace
    cpu: dict[str, Any] = {
        "torch": "2.9.1",
        "accelerator": "cpu",
        "torchvision": False,
        "torchaudio": False,
    }
    workspace.write_spec(**cpu)
    workspace.torchenv("lock").check()
    lock = workspace.root / "pylock.torchenv.toml"
    first = lock.read_bytes()
    other = workspace.index.scenario.deviate("/packages/filelock-3.20.0-*", padding=10)
    workspace.index.publish(other)
    workspace.write_spec(**cpu, dependencies={"tqdm": "*"})
    environ = {"TORCHENV_STORE": str(workspace.home / "new")}
    document = workspace.torchenv("lock", "--json", environ=environ).check(4).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE439"
    assert finding["do"].endswith("`torchenv lock --upgrade-package filelock`.")
    assert lock.read_bytes() == first
    workspace.torchenv("lock", "--upgrade-package", "filelock", environ=environ).check()


def test_check_tells_a_stale_lock(workspace: Workspace) -> None:
    """``lock --check`` is quiet on a right lock and exits 1 on a stale one, writing nothing."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu")
    workspace.torchenv("lock").check()
    workspace.torchenv("lock", "--check", offline=True).check()
    workspace.write_spec(torch="2.9.1", accelerator="cu126")
    stale = workspace.torchenv("lock", "--check", offline=True).check(1)
    assert "TE426" in stale.stderr
    refused = workspace.torchenv("apply", "--locked").check(4)
    assert "TE426" in refused.stderr
    assert not workspace.environment.exists()


def test_python_of_the_lock(workspace: Workspace) -> None:
    """A lock says for which environments it is."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu")
    workspace.torchenv("lock").check()
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    assert f'requires-python = "=={HOST_PYTHON}.*"' in text
    assert f"python_version == '{HOST_PYTHON}'" in text


def test_metadata_that_differs_between_wheels(fresh_workspace: Workspace) -> None:
    """Of one version whose wheels need different packages, the target's own wheel counts.

    torch itself is like this: 1.13 to 2.1 and 2.4 have other requirements on each platform.
    """
    workspace = fresh_workspace
    scenario = workspace.index.scenario
    tags = {"einops": "manylinux_2_28_x86_64", "tqdm": "win_amd64", "wheel": "macosx_11_0_arm64"}
    for needed, tag in tags.items():
        scenario = scenario.release(
            projects={"differs": "1.0"},
            index="default",
            tags=[f"py3-none-{tag}"],
            requires=[needed],
        )
    workspace.index.publish(scenario)
    found = {}
    for platform in ("linux-x86_64", "windows-x86_64", "macos-arm64"):
        workspace.write_spec(
            python="3.11",
            platform=platform,
            torch="2.9.1",
            accelerator="cpu",
            torchvision=False,
            torchaudio=False,
            dependencies={"differs": "*"},
        )
        packages = workspace.torchenv("lock", "--upgrade", "--json").check().json["packages"]
        names = {one["name"] for one in packages}
        found[platform] = names & tags.keys()
        (workspace.root / "pylock.torchenv.toml").unlink()
    assert found == {
        "linux-x86_64": {"einops"},
        "windows-x86_64": {"tqdm"},
        "macos-arm64": {"wheel"},
    }


def test_page_with_a_wrong_hash(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """What an index states is locked, and a file that is another one is never installed."""
    workspace = fresh_workspace
    workspace.index.publish(main_scenario.deviate("/packages/filelock-3.20.0-*", hash="wrong"))
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    workspace.torchenv("lock").check()
    (finding,) = workspace.torchenv("apply", "--json").check(4).json["findings"]
    assert finding["code"] == "TE501"
    assert "filelock-3.20.0" in finding["message"]
    assert not workspace.environment.exists()
