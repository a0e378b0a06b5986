"""Locking again: what is locked stays, unless the spec demands a change or an upgrade is wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import NoRanges

if TYPE_CHECKING:
    from tests.support import Scenario, Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {
    "torch": "2.9.1",
    "accelerator": "cpu",
    "torchvision": False,
    "torchaudio": False,
}


def versions(document: dict[str, Any]) -> dict[str, str]:
    """Return name and version of what a lock document lists."""
    return {one["name"]: one["version"] for one in document["packages"]}


def lock(workspace: Workspace, *words: str) -> dict[str, Any]:
    """Lock and return the document."""
    document: dict[str, Any] = workspace.torchenv("lock", "--json", *words).check().json
    return document


def lock_with_old_versions(workspace: Workspace, scenario: Scenario) -> dict[str, Any]:
    """Lock while the index has old releases only, then let it have all."""
    old = scenario.without("/packages/filelock-3.20.0-*").without("/packages/sympy-1.14.0-*")
    workspace.index.publish(old)
    workspace.write_spec(**CPU)
    document = lock(workspace)
    workspace.index.publish(scenario)
    return document


def test_right_lock_is_not_resolved_again(workspace: Workspace) -> None:
    """Where the lock is right, no server is asked and nothing is written."""
    workspace.write_spec(**CPU)
    lock(workspace)
    watch = workspace.index.watch()
    document = lock(workspace)
    assert (document["resolved"], document["written"]) == (False, False)
    assert not watch.paths()


def test_locked_versions_stay(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """A new dependency is added, and what is locked keeps its version though newer ones exist."""
    first = lock_with_old_versions(fresh_workspace, main_scenario)
    fresh_workspace.write_spec(**CPU, dependencies={"einops": "*"})
    second = lock(fresh_workspace)
    assert versions(second) == {**versions(first), "einops": "0.8.1"}
    change = {"key": "dependencies.einops", "was": None, "now": "*", "template": None}
    assert second["stale"] == [change]


def test_upgrade_of_one_package(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """``--upgrade-package`` changes that package and no other."""
    first = lock_with_old_versions(fresh_workspace, main_scenario)
    second = lock(fresh_workspace, "--upgrade-package", "SymPy")
    assert versions(second) == {**versions(first), "sympy": "1.14.0"}


def test_upgrade_of_everything(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """``--upgrade`` gives what locking from nothing gives, byte for byte."""
    lock_with_old_versions(fresh_workspace, main_scenario)
    lock(fresh_workspace, "--upgrade")
    file = fresh_workspace.root / "pylock.torchenv.toml"
    upgraded = file.read_bytes()
    file.unlink()
    lock(fresh_workspace)
    assert file.read_bytes() == upgraded


def test_upgrade_of_what_is_not_locked(workspace: Workspace) -> None:
    """A name that is not in the lock is refused, and nothing is asked."""
    workspace.write_spec(**CPU)
    lock(workspace)
    document = workspace.torchenv("lock", "--json", "--upgrade-package", "nunpy").check(2).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE433"
    assert finding["message"] == "`nunpy` cannot be upgraded: it is not in the lock."


def test_locked_trio_stays(workspace: Workspace) -> None:
    """A spec that admits a newer torch than the locked one keeps the locked one, and says so."""
    workspace.write_spec(**{**CPU, "torch": "2.6.0"})
    lock(workspace)
    workspace.write_spec(**{**CPU, "torch": ">=2.6,<2.10"})
    document = lock(workspace)
    assert versions(document)["torch"] == "2.6.0+cpu"
    (note,) = (one for one in document["findings"] if one["code"] == "TE436")
    assert note["severity"] == "note"
    upgraded = lock(workspace, "--upgrade-package", "torch")
    assert versions(upgraded)["torch"] == "2.9.1+cpu"


def test_spec_can_demand_another_version(fresh_workspace: Workspace) -> None:
    """A locked version that the spec no longer admits gives way, and the others stay."""
    fresh_workspace.write_spec(**CPU, dependencies={"sympy": "==1.13.3"})
    first = lock(fresh_workspace)
    fresh_workspace.write_spec(**CPU, dependencies={"sympy": ">=1.14"})
    assert versions(lock(fresh_workspace)) == {**versions(first), "sympy": "1.14.0"}


def test_check_names_what_changed(workspace: Workspace) -> None:
    """``lock --check`` names each changed key, what it was and what it is, at the spec's line."""
    workspace.write_spec(**CPU, dependencies={"numpy": "<2", "tqdm": "*"})
    lock(workspace)
    path = workspace.write_spec(**CPU, dependencies={"numpy": "*", "einops": "*"})
    document = workspace.torchenv("lock", "--check", "--json", offline=True).check(1).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE426"
    assert finding["why"].splitlines() == [
        "`dependencies.einops` is new: `*`.",
        "`dependencies.numpy` is `*`; it was `<2`.",
        "`dependencies.tqdm` is gone; it was `*`.",
    ]
    line = path.read_text().splitlines().index('einops = "*"') + 1
    assert finding["where"] == {
        "file": "torchenv.toml",
        "line": line,
        "key": "dependencies.einops",
    }


def test_check_names_the_template(workspace: Workspace) -> None:
    """What changed in a template is told with its name."""
    workspace.write("base.toml", '[dependencies]\neinops = "*"\n')
    spec = workspace.write_spec(**CPU)
    spec.write_text('extends = ["base.toml"]\n' + spec.read_text())
    lock(workspace)
    workspace.write("base.toml", '[dependencies]\neinops = ">=0.8"\n')
    (finding,) = workspace.torchenv("lock", "--check", "--json").check(1).json["findings"]
    assert finding["why"] == "`dependencies.einops` is `>=0.8`, in `base.toml`; it was `*`."
    assert (finding["where"]["file"], finding["where"]["line"]) == ("base.toml", 2)


def test_check_asks_the_index_on_request(
    fresh_workspace: Workspace, main_scenario: Scenario
) -> None:
    """``--check --index`` finds what was withdrawn, changed or yanked; alone it asks nobody."""
    workspace = fresh_workspace
    workspace.write_spec(**CPU)
    lock(workspace)
    workspace.torchenv("lock", "--check", "--index").check()
    workspace.index.publish(
        main_scenario.without("/packages/sympy-1.14.0-*")
        .deviate("/packages/filelock-3.20.0-*", hash="wrong")
        .deviate("/packages/mpmath-*", yanked="Wrong sums")
    )
    watch = workspace.index.watch()
    workspace.torchenv("lock", "--check").check()
    assert not watch.paths()
    findings = workspace.torchenv("lock", "--check", "--index", "--json").check(1).json["findings"]
    assert [(one["code"], one["severity"]) for one in findings] == [
        ("TE468", "error"),
        ("TE467", "error"),
        ("TE435", "warning"),
    ]
    assert findings[1]["message"] == (
        f"`sympy-1.14.0-py3-none-any.whl` is no longer on {workspace.index.default}."
    )


def test_layout_is_no_change(workspace: Workspace) -> None:
    """Comments, the order of keys and the environment's path make no lock stale."""
    path = workspace.write_spec(**CPU, dependencies={"numpy": "*", "tqdm": "*"})
    lock(workspace)
    text = path.read_text().replace("[environment]\n", '# ours\n[environment]\npath = "env"\n')
    path.write_text(text.replace('numpy = "*"\ntqdm = "*"', "tqdm = '*'\nnumpy = '*'"))
    workspace.torchenv("lock", "--check", offline=True).check()


def test_unreadable_lock_is_made_anew(workspace: Workspace) -> None:
    """A lock with merge conflicts is told, and made anew."""
    workspace.write_spec(**CPU)
    lock(workspace)
    file = workspace.root / "pylock.torchenv.toml"
    text = file.read_text()
    file.write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
    document = lock(workspace)
    (warning,) = document["findings"]
    assert (warning["code"], warning["severity"]) == ("TE422", "warning")
    assert warning["do"].startswith("It is made anew, and versions may change;")
    assert file.read_text() == text


def test_nothing_newer_than_a_date(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """Releases uploaded after ``exclude-newer`` are not chosen; the trio goes by its own date."""
    young = main_scenario.deviate("/packages/sympy-1.14.0-*", upload_time="2026-04-01T00:00:00Z")
    fresh_workspace.index.publish(young)
    fresh_workspace.write_spec(**CPU, sources={"exclude-newer": "2026-03-31"})
    assert versions(lock(fresh_workspace))["sympy"] == "1.13.3"
    fresh_workspace.write_spec(**CPU, sources={"exclude-newer": "2026-04-01"})
    assert versions(lock(fresh_workspace, "--upgrade"))["sympy"] == "1.14.0"
    flagged = lock(fresh_workspace, "--exclude-newer", "2026-03-31")
    assert versions(flagged)["sympy"] == "1.13.3"


def test_companions_of_an_old_enough_torch(fresh_workspace: Workspace) -> None:
    """The trio of the default index brings its companions whatever their upload times."""
    scenario = fresh_workspace.index.scenario
    late = scenario.deviate("/packages/nvidia_*", upload_time="2027-01-01T00:00:00Z")
    fresh_workspace.index.publish(late)
    fresh_workspace.write_spec(
        torch="2.9.1", accelerator="cu128", sources={"exclude-newer": "2026-03-31"}
    )
    assert versions(lock(fresh_workspace))["torch"] == "2.9.1"


def test_torch_that_is_too_new(workspace: Workspace) -> None:
    """Of several releases an old enough one is planned; a pinned one that is too new is refused."""
    sources = {"exclude-newer": "2025-06-01"}
    workspace.write_spec(**{**CPU, "torch": ">=2.6,!=2.7.*,!=2.8.*,<2.10"}, sources=sources)
    refused = workspace.torchenv("lock", "--json", "--exclude-newer", "2020-01-01").check(2).json
    assert [one["code"] for one in refused["findings"]] == ["TE437"]
    assert versions(lock(workspace))["torch"] < "2.9"
    workspace.write_spec(**CPU, sources=sources)
    document = workspace.torchenv("lock", "--json").check(2).json
    (finding,) = document["findings"]
    assert finding["message"] == (
        "The spec is satisfied by releases only that are too new: `torch 2.9.1` (2025-11-12)."
    )
    assert finding["where"]["key"] == "sources.exclude-newer"


def test_upload_times_that_nobody_states(workspace: Workspace) -> None:
    """An index without upload times, such as PyTorch's, is told as that."""
    sources = {"exclude-newer": "2026-03-31", "isolated": True}
    workspace.write_spec(
        python="3.11", torch="2.2.0", accelerator="cu118", seed=False, sources=sources
    )
    document = workspace.torchenv("lock", "--json").check(3).json
    (finding,) = document["findings"]
    assert finding["code"] == "TE434"
    assert "`filelock`" in finding["message"]


@pytest.mark.parametrize("age", ["soon", "2026-13-01"])
def test_bad_date_on_the_command_line(workspace: Workspace, age: str) -> None:
    """It is refused with what can be written."""
    workspace.write_spec(**CPU)
    done = workspace.torchenv("lock", "--exclude-newer", age).check(2)
    assert f"`{age}` is neither a date (2026-03-31) nor an age (7 days)." in done.stderr


def test_yanked_version(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """A withdrawn version stays where it is locked, and is named; it is not chosen newly."""
    workspace = fresh_workspace
    workspace.write_spec(**CPU)
    first = versions(lock(workspace))
    yanked = main_scenario.deviate("/packages/sympy-1.14.0-*", yanked="Wrong sums")
    workspace.index.publish(yanked)
    workspace.write_spec(**CPU, dependencies={"tqdm": "*"})
    store = {"TORCHENV_STORE": str(workspace.home / "new")}
    document = workspace.torchenv("lock", "--json", environ=store).check().json
    assert versions(document)["sympy"] == first["sympy"] == "1.14.0"
    (warning,) = document["findings"]
    assert (warning["code"], warning["severity"]) == ("TE435", "warning")
    assert warning["message"] == "`sympy 1.14.0` was withdrawn (yanked) by its index."
    assert warning["why"].startswith("It says: Wrong sums.")
    assert versions(lock(workspace, "--upgrade"))["sympy"] == "1.13.3"


def test_changes_are_shown(fresh_workspace: Workspace, main_scenario: Scenario) -> None:
    """Added, removed and changed packages are printed with their sizes, and are in the document."""
    workspace = fresh_workspace
    workspace.write_spec(**CPU, dependencies={"sympy": "==1.13.3", "tqdm": "*"})
    first = workspace.torchenv("lock").check().stdout
    assert re.fullmatch(
        r"Locked \d+ packages, to download 0\.\d MB, to install 0\.\d MB, in "
        r"pylock\.torchenv\.toml\n",
        first,
    )
    workspace.write_spec(**CPU, dependencies={"sympy": ">=1.14", "einops": "*"})
    lines = workspace.torchenv("lock").check().stdout.splitlines()[1:]
    assert [line.split() for line in lines] == [
        ["+", "einops", "0.8.1", "0.0", "MB"],
        ["-", "tqdm", "4.67.1", "0.0", "MB"],
        ["~", "sympy", "1.13.3", "->", "1.14.0", "0.0", "MB"],
    ]
    workspace.write_spec(**CPU, dependencies={"sympy": "==1.13.3"})
    document = lock(workspace)
    changes = document["changes"]
    assert [one["name"] for one in changes["removed"]] == ["einops"]
    (changed,) = changes["changed"]
    assert (changed["before"]["version"], changed["after"]["version"]) == ("1.14.0", "1.13.3")
    names = {name.replace("_", "-") for name in versions(document)}
    files = [one for one in main_scenario.files if one.name.lower().split("-")[0] in names]
    assert document["to_download"] == sum(one["size"] for one in document["packages"])
    assert 0 < document["to_install"] < sum(len(one.content) for one in files)


def test_sizes_come_from_the_ends_of_the_files(fresh_workspace: Workspace) -> None:
    """No wheel is fetched whole to learn how much it installs, and nothing is asked twice."""
    workspace = fresh_workspace
    padded = workspace.index.scenario.deviate("/whl/cpu/torch-2.9.1*", padding=1_000_000)
    workspace.index.publish(padded)
    workspace.write_spec(**CPU)
    watch = workspace.index.watch()
    document = lock(workspace)
    assert document["to_install"] > 1_000_000
    (request,) = watch.requests("*/torch-2.9.1+cpu-*.whl", method="GET")
    assert request.bytes_sent < 100_000
    watch = workspace.index.watch()
    assert lock(workspace, "--upgrade")["to_install"] == document["to_install"]
    assert not watch.requests("*/torch-2.9.1+cpu-*.whl", method="GET")


def test_unknown_sizes_fail_nothing(fresh_workspace: Workspace) -> None:
    """Where a server hands out whole files only, what is installed is not known."""
    fresh_workspace.index.faults.add("*.whl", NoRanges())
    fresh_workspace.write_spec(**CPU)
    padded = fresh_workspace.index.scenario.deviate("/whl/cpu/torch-2.9.1*", padding=1_000_000)
    fresh_workspace.index.publish(padded)
    assert lock(fresh_workspace)["to_install"] is None
