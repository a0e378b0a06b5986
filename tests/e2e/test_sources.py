"""Where packages come from: pip's configuration, the spec, local folders, and traps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support import HOST_PYTHON, BasicAuth, Status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import IndexServer, Scenario, Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}


def put_wheel(index: IndexServer, pattern: str, folder: Path) -> Path:
    """Write the one wheel that matches into a folder, as somebody would download it."""
    file = index.find(pattern)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.name
    path.write_bytes(file.content)
    return path


TAG = f"cp{HOST_PYTHON.replace('.', '')}"
HOST_WHEEL = f"/whl/cpu/torch-2.9.1+cpu-{TAG}-{TAG}-manylinux_2_28_x86_64.whl"
"""The wheel of torch 2.9.1+cpu that fits the tests' Python on Linux."""


def test_pip_configuration_file(workspace: Workspace) -> None:
    """The default index is taken from pip's own configuration files."""
    workspace.pip_config(f"[global]\nindex-url = {workspace.index.default}\n")
    workspace.write_spec(**CPU)
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    indexes = {one["name"]: one["index"] for one in packages}
    assert indexes["filelock"] == workspace.index.default


def test_spec_wins_over_pip(workspace: Workspace) -> None:
    """``sources.index`` is used in place of pip's index."""
    workspace.environ["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
    workspace.write_spec(**CPU, sources={"index": workspace.index.default})
    workspace.torchenv("lock").check()


def test_extra_index_serves_what_only_it_has(workspace: Workspace) -> None:
    """A package of an extra index is found; look-alikes of the trio on it are not taken."""
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cu118", dependencies={"team-tools": "*"}
    )
    packages = workspace.torchenv("lock", "--json").check().json["packages"]
    places = {one["name"]: (one["version"], one["index"]) for one in packages}
    assert places["team-tools"] == ("1.0", workspace.index.simple("extra"))
    trio_index = f"{workspace.index.pytorch}/cu118"
    assert places["torch"] == ("2.2.0+cu118", trio_index)
    assert places["triton"] == ("2.2.0", trio_index)
    assert places["nvidia-cublas-cu11"][1] == trio_index
    assert places["filelock"][1] == workspace.index.default


def test_order_of_indexes_is_told(workspace: Workspace) -> None:
    """Where a later index has a better version, the first one wins and a note says so."""
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(**CPU, dependencies={"shared-name": "*"})
    document = workspace.torchenv("lock", "--json").check().json
    versions = {one["name"]: one["version"] for one in document["packages"]}
    assert versions["shared-name"] == "1.0"
    notes = [one for one in document["findings"] if one["code"] == "TE407"]
    assert any("`shared-name` 1.0" in one["message"] for one in notes)
    assert all(one["severity"] == "note" for one in notes)


def test_constraints_of_pip_hold(workspace: Workspace) -> None:
    """A constraint file of pip's configuration holds, and is named where it makes a conflict."""
    constraints = workspace.write("limits.txt", "numpy<1.26\n")
    workspace.environ["PIP_CONSTRAINT"] = str(constraints)
    workspace.write_spec(**CPU, dependencies={"numpy": ">=1.26"})
    document = workspace.torchenv("lock", "--json").check(3).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE405"
    assert "`numpy>=1.26`" in finding["message"]
    assert "limits.txt` is wanted by pip's configuration" in finding["why"]
    assert "limits.txt`: without it there is a solution." in finding["do"]


def test_local_wheel_stands_in(fresh_workspace: Workspace) -> None:
    """With PyTorch's index out of reach, the planned build is taken from find-links.

    The lock names the public place and the hash, marks the wheel as not confirmed, and holds no
    path of the machine; the wheel's bytes are then found by hash.
    """
    workspace = fresh_workspace
    folder = workspace.home / "wheels"
    wheel = put_wheel(workspace.index, HOST_WHEEL, folder)
    workspace.environ["PIP_FIND_LINKS"] = str(folder)
    workspace.index.faults.add("/whl/*", Status(code=500))
    workspace.write_spec(**CPU)
    done = workspace.torchenv("apply", "--json").check().json
    assert done["proof"]["versions"] == {"torch": "2.9.1+cpu"}
    (note,) = (one for one in done["findings"] if one["code"] == "TE408")
    assert wheel.name in note["message"]
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    assert f'{workspace.index.pytorch}/cpu/{wheel.name.replace("+", "%2B")}"' in text
    assert f'unconfirmed = ["{wheel.name}"]' in text
    assert str(folder) not in text


def test_other_builds_do_not_stand_in(fresh_workspace: Workspace) -> None:
    """A wheel of another local version is no stand-in, whatever its release."""
    workspace = fresh_workspace
    put_wheel(workspace.index, HOST_WHEEL, workspace.home / "wheels")
    workspace.environ["PIP_FIND_LINKS"] = str(workspace.home / "wheels")
    workspace.index.faults.add("/whl/*", Status(code=500))
    workspace.write_spec(**{**CPU, "accelerator": "cu126"})
    document = workspace.torchenv("lock", "--json").check(3).json
    codes = [one["code"] for one in document["findings"]]
    assert codes == ["TE402", "TE403"]
    assert "`torch 2.9.1+cu126`" in document["findings"][1]["message"]


def test_reachable_index_is_preferred(fresh_workspace: Workspace) -> None:
    """Where the index answers, it is what the lock goes by, and the local file serves bytes."""
    workspace = fresh_workspace
    workspace.index.publish(workspace.index.scenario.deviate(HOST_WHEEL, padding=1_000_000))
    folder = workspace.home / "wheels"
    wheel = put_wheel(workspace.index, HOST_WHEEL, folder)
    workspace.environ["PIP_FIND_LINKS"] = str(folder)
    workspace.write_spec(**CPU)
    watch = workspace.index.watch()
    done = workspace.torchenv("apply", "--json").check().json
    assert [one["code"] for one in done["findings"]] == []
    assert "unconfirmed = []" in (workspace.root / "pylock.torchenv.toml").read_text()
    assert watch.bytes_sent(f"*/{wheel.name}") < wheel.stat().st_size


def test_no_index(workspace: Workspace) -> None:
    """With pip's ``no-index`` nothing is asked, and what is missing is named."""
    workspace.environ["PIP_NO_INDEX"] = "1"
    workspace.write_spec(**CPU)
    watch = workspace.index.watch()
    document = workspace.torchenv("lock", "--json").check(3).json
    assert [one["code"] for one in document["findings"]] == ["TE403"]
    assert not watch.paths()


def test_package_of_this_machine_only(workspace: Workspace) -> None:
    """A package that only a local folder has cannot be locked for others, and is named."""
    put_wheel(workspace.index, "/extra/packages/team_tools-1.0-*", workspace.home / "wheels")
    workspace.environ["PIP_FIND_LINKS"] = str(workspace.home / "wheels")
    workspace.write_spec(**CPU, dependencies={"team-tools": "*"})
    document = workspace.torchenv("lock", "--json").check(3).json
    assert [one["code"] for one in document["findings"]] == ["TE430"]
    assert "`team-tools`" in document["findings"][0]["message"]


def test_credentials_are_used_and_never_shown(fresh_workspace: Workspace) -> None:
    """Credentials of an index URL open it, and stand in no output, lock or log."""
    workspace = fresh_workspace
    secret = "s3cr3t-pass"  # noqa: S105 - of a test server
    workspace.index.faults.add("/simple/*", BasicAuth(user="lab", password=secret))
    workspace.index.faults.add("/packages/*", BasicAuth(user="lab", password=secret))
    parts = urlsplit(workspace.index.default)
    url = f"{parts.scheme}://lab:{secret}@{parts.netloc}{parts.path}"
    workspace.environ["PIP_INDEX_URL"] = url
    workspace.write_spec(**CPU)
    done = workspace.torchenv("apply", "-v").check()
    assert secret not in done.stdout + done.stderr
    for path in workspace.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert secret.encode() not in path.read_bytes(), path
    workspace.environ["PIP_INDEX_URL"] = url.replace(secret, f"{secret}-wrong")
    other = {"TORCHENV_STORE": str(workspace.home / "s")}
    refused = workspace.torchenv("lock", "--upgrade", environ=other)
    assert refused.exit_code == 3
    assert secret not in refused.stdout + refused.stderr


def test_trio_never_comes_from_another_index(
    fresh_workspace: Workspace, main_scenario: Scenario
) -> None:
    """Where the trio's index lacks the build, another index's is not taken in its place."""
    workspace = fresh_workspace
    workspace.index.publish(main_scenario.without("/packages/torch-2.2.0-*"))
    workspace.environ["PIP_EXTRA_INDEX_URL"] = workspace.index.simple("extra")
    workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cu121", torchvision=False, torchaudio=False
    )
    document = workspace.torchenv("lock", "--json").json
    assert not document["ok"]
    assert {one["code"] for one in document["findings"]} <= {"TE405", "TE406"}
    assert not (workspace.root / "pylock.torchenv.toml").exists()


def test_no_binary_is_told(workspace: Workspace) -> None:
    """Pip's ``no-binary`` cannot be followed, and that is said; ``only-binary`` always holds."""
    workspace.environ["PIP_NO_BINARY"] = "filelock"
    workspace.environ["PIP_ONLY_BINARY"] = "numpy"
    workspace.write_spec(**CPU)
    document = workspace.torchenv("lock", "--json").check().json
    (note,) = document["findings"]
    assert (note["code"], note["severity"]) == ("TE414", "note")
    assert "filelock" in note["message"]


def test_unreachable_index_without_stand_in(fresh_workspace: Workspace) -> None:
    """Where no local source is configured, the failure of the index is all there is to say."""
    fresh_workspace.index.faults.add("/whl/*", Status(code=500))
    fresh_workspace.write_spec(**CPU)
    document = fresh_workspace.torchenv("lock", "--json").check(3).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE402"
    assert finding["do"].endswith("Or name a mirror with `pytorch` under `[sources]`.")


def test_a_store_that_the_spec_names_is_the_only_one(fresh_workspace: Workspace) -> None:
    """Wheels and all that lies beside them are there, and every command looks there."""
    workspace = fresh_workspace
    del workspace.environ["TORCHENV_STORE"]
    workspace.write_spec(**CPU, sources={"store": "wheels-here"})
    here = workspace.root / "wheels-here"
    workspace.torchenv("apply").check()
    assert {"records", "unpacked", "virtualenv", "wheels"} <= {one.name for one in here.iterdir()}
    assert [path for path in workspace.home.rglob("*") if path.suffix == ".whl"] == []
    workspace.torchenv("verify").check()
    listed = workspace.torchenv("store", "ls", "--json").check().json
    assert listed["store"] == str(here)
    assert any(one["name"].startswith("torch-2.9.1") for one in listed["files"])
    elsewhere = {"TORCHENV_STORE": str(workspace.home / "other")}
    found = workspace.torchenv("store", "ls", "--json", environ=elsewhere).check().json
    assert (found["store"], found["files"]) == (elsewhere["TORCHENV_STORE"], [])
    wheel = next(here.rglob("torch-2.9.1*.whl"))
    wheel.unlink()
    wheel.touch()
    assert f"{wheel} is empty" in workspace.torchenv("doctor", "--json").stdout
    workspace.write("torchenv.toml", "no spec")
    assert f"{wheel} is empty" not in workspace.torchenv("doctor", "--json").stdout
