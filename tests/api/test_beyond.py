"""A torch that is newer than the compat data: planned, locked and applied from an index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.api._beyond_index import read_notes
from provisioner.api.plan import plan
from provisioner.api.spec import load_spec
from provisioner.compat import load_compat
from provisioner.compat.derive import Sighting, extended
from provisioner.findings import PlanError
from tests.support import HOST_PYTHON
from tests.support.folderserver import serve_folder

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.planner import Plan
    from tests.support import Workspace
    from tests.support.scenario import Scenario

COMPAT = load_compat()


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans of this process keep what they read of an index in the test's folder."""
    monkeypatch.setenv("TORCHENV_STORE", str(tmp_path / "store-of-plans"))


def newer(scenario: Scenario, **changes: Any) -> Scenario:  # noqa: ANN401  # as in TOML
    """Return a scenario with a trio that the data does not have, torchvision with its pairing."""
    common: dict[str, Any] = {
        "index": "pytorch",
        "accelerators": ["cpu", "cu136"],
        "local": True,
        "pythons": "cp310..cp313",
        "tags": ["{py}-{py}-manylinux_2_28_x86_64"],
    }
    common |= {key: changes[key] for key in ("accelerators", "pythons") if key in changes}
    torch = {**common, "projects": {"torch": "2.99.0"}}
    vision = {
        **common,
        "projects": {"torchvision": "0.99.0"},
        "requires": ["torch==2.99.0"],
        **changes,
    }
    return scenario.release(**torch).release(**vision)


def of_default(scenario: Scenario, *, requires: list[str], sidecar: bool = True) -> Scenario:
    """Return a scenario whose default index has such a trio, for Linux, without local versions."""
    common: dict[str, Any] = {
        "index": "default",
        "pythons": "cp310..cp313",
        "tags": ["{py}-{py}-manylinux_2_28_x86_64"],
        "sidecar": sidecar,
    }
    torch = {**common, "projects": {"torch": "2.99.0"}, "requires": requires}
    vision = {**common, "projects": {"torchvision": "0.99.0"}, "requires": ["torch==2.99.0"]}
    return scenario.release(**torch).release(**vision)


def planned(workspace: Workspace, **keys: Any) -> Plan:  # noqa: ANN401  # as in a spec
    """Return the plan of a spec for Linux x86_64."""
    wish = {"python": "3.12", "platform": "linux-x86_64", "accelerator": "cpu", **keys}
    return plan(load_spec(workspace.write_spec(**{"torch": "2.99.0", **wish}))).sole


def versions(made: Plan) -> dict[str, str]:
    """Return the trio by name."""
    return {one.name: one.version for one in made.trio}


def the_warning(made: Plan) -> str:
    """Return the text of the plan's TE215."""
    (found,) = [one for one in made.findings if one.code == "TE215"]
    return f"{found.message} {found.why}"


@pytest.mark.parametrize("wish", ["2.99.0", "2.99", ">=2.16", ">2.15.0"])
def test_a_newer_release_is_planned_from_the_index(fresh_workspace: Workspace, wish: str) -> None:
    """Versions, floor and pairing come from the index, and the plan warns that they do."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario))
    made = planned(fresh_workspace, torch=wish, torchaudio=False)
    assert versions(made) == {"torch": "2.99.0+cpu", "torchvision": "0.99.0+cpu"}
    assert (made.glibc, made.index_url) == ("2.28", f"{index.pytorch}/cpu")
    assert "not in the compat data, derived from the index" in the_warning(made)
    assert "GPU" not in the_warning(made)


def test_a_newer_release_is_planned_from_one_page(
    fresh_workspace: Workspace, tmp_path: Path
) -> None:
    """A mirror that is a folder of wheels says by their versions what they are compiled for."""
    (wheels := tmp_path / "wheels").mkdir()
    for file in newer(fresh_workspace.index.scenario).select("/whl/*/torch-2.99.0+*"):
        file.save(wheels)
    with serve_folder(tmp_path) as url:
        sources = {"pytorch": f"{url}/wheels", "pytorch-layout": "flat"}
        wish = {"torchvision": False, "torchaudio": False, "sources": sources}
        made = planned(fresh_workspace, **wish)
    assert (versions(made), made.index_url) == ({"torch": "2.99.0+cpu"}, f"{url}/wheels")


def test_what_no_index_says_is_named(fresh_workspace: Workspace) -> None:
    """Of a CUDA build the GPU code is unknown, and a member without a pairing is left out."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario, sidecar=False))
    made = planned(
        fresh_workspace, accelerator="cu136", environment={"gpus": ["sm_90"], "driver": "999.1"}
    )
    assert versions(made) == {"torch": "2.99.0+cu136"}
    text = the_warning(made)
    assert "for which GPU architectures it has code is not known" in text
    assert "no torchvision is known to go with it, and torchvision is left out" in text
    assert any(one.code.startswith("TE3") for one in made.findings)


def test_a_pin_that_nobody_vouches_for_is_refused(fresh_workspace: Workspace) -> None:
    """An unknown pairing never passes: a pinned member without metadata is no plan."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario, sidecar=False))
    with pytest.raises(PlanError, match="It is not known whether torchvision"):
        planned(fresh_workspace, torchvision="0.99.0")


def test_auto_looks_at_the_builds_of_the_newest_known(fresh_workspace: Workspace) -> None:
    """`auto` reads the folders that the newest release of the data has builds for."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario, accelerators=["cpu", "cu132"]))
    machine = {"gpus": ["sm_90"], "driver": "999.1"}
    made = planned(fresh_workspace, accelerator="auto", environment=machine)
    assert versions(made) == {"torch": "2.99.0+cu132", "torchvision": "0.99.0+cu132"}
    # The index has torchaudio 2.11.0 for `cpu`, and not for this build.
    assert "no torchaudio is known to go with it, and torchaudio is left out" in the_warning(made)
    wanted = planned(fresh_workspace, accelerator="cpu")
    assert versions(wanted)["torchaudio"] == "2.11.0+cpu"


def test_an_old_driver_is_still_refused(fresh_workspace: Workspace) -> None:
    """The driver is known by the series of CUDA, also of a build that the data does not have."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario))
    with pytest.raises(PlanError, match=r"TE305: The target has NVIDIA driver 470\.1"):
        planned(
            fresh_workspace, accelerator="cu136", environment={"gpus": ["sm_90"], "driver": "470.1"}
        )


@pytest.mark.parametrize(
    ("requires", "sidecar"),
    [("filelock", True), ("nvidia-cublas==13.6.0.1", True), ("cuda-toolkit==13.6.1", False)],
)
def test_what_does_not_say_its_build_is_not_derived(
    fresh_workspace: Workspace, requires: str, *, sidecar: bool
) -> None:
    """Linux wheels of the default index may be for any CUDA; none is promised without its word."""
    index = fresh_workspace.index
    index.publish(of_default(index.scenario, requires=[requires], sidecar=sidecar))
    with pytest.raises(PlanError) as caught:
        planned(fresh_workspace, sources={"trio": "default", "index": index.default})
    finding = caught.value.findings[0]
    assert finding.code == "TE201"
    assert "only where their metadata names the CUDA that they are compiled for" in finding.why


@pytest.mark.parametrize(
    "requires",
    [
        "cuda-toolkit[cudart,cufft]==13.6.1; platform_system == 'Linux'",
        "nvidia-cuda-runtime-cu13==13.6.96; platform_system == 'Linux'",
    ],
)
def test_metadata_says_what_linux_wheels_of_the_default_index_are_for(
    fresh_workspace: Workspace, requires: str
) -> None:
    """CUDA's runtime among the requirements names it, and the members follow torch."""
    index = fresh_workspace.index
    index.publish(of_default(index.scenario, requires=["filelock", requires]))
    wish: dict[str, Any] = {"accelerator": "cu136", "torchaudio": False}
    wish["sources"] = {"trio": "default", "index": index.default}
    made = planned(fresh_workspace, **wish)
    assert versions(made) == {"torch": "2.99.0", "torchvision": "0.99.0"}
    assert (made.index, made.torch.accelerator, made.glibc) == ("default", "cu136", "2.28")
    with pytest.raises(PlanError, match="TE202"):
        planned(fresh_workspace, **{**wish, "accelerator": "cpu"})


def test_an_index_without_it_is_named(fresh_workspace: Workspace) -> None:
    """What the index does not list is refused as before, and the finding says it was asked."""
    with pytest.raises(PlanError) as caught:
        planned(fresh_workspace)
    finding = caught.value.findings[0]
    assert finding.code == "TE201"
    assert f"`{fresh_workspace.index.pytorch}` was asked, too" in finding.why
    assert finding.alternatives


def test_an_index_that_cannot_be_asked_is_told(workspace: Workspace) -> None:
    """Without a network the refusal stays, and says why the index could not be asked."""
    sources = {"pytorch": "http://127.0.0.1:9/whl"}
    with pytest.raises(PlanError) as caught:
        planned(workspace, sources=sources)
    finding = caught.value.findings[0]
    assert finding.code == "TE201"
    assert "this one is newer than the data. The index could not be asked: " in finding.why


@pytest.mark.parametrize("wish", ["2.6.0", ">=2.4", "latest", "1.0.0", "<1.0"])
def test_no_other_plan_makes_a_request(fresh_workspace: Workspace, wish: str) -> None:
    """Only a wish for a newer release asks the index."""
    watch = fresh_workspace.index.watch()
    try:
        planned(fresh_workspace, torch=wish)
    except PlanError:
        assert wish in {"1.0.0", "<1.0"}
    assert watch.paths() == []


def test_the_index_is_read_once_for_a_spec(fresh_workspace: Workspace) -> None:
    """A command that plans several times, or one target after the other, asks once."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario))
    keys = {"python": "3.12", "platform": "linux-x86_64", "accelerator": "cpu"}
    spec = load_spec(fresh_workspace.write_spec(torch="2.99.0", **keys))
    watch = index.watch()
    first = plan(spec)
    asked = watch.paths()
    assert asked
    assert plan(replace(spec, seed=False)) == first
    assert watch.paths() == asked
    plan(load_spec(spec.file))
    assert len(watch.paths()) > len(asked)


def test_locked_and_applied(fresh_workspace: Workspace) -> None:
    """A newer torch becomes an environment that runs, and a second apply changes nothing."""
    index = fresh_workspace.index
    tag = f"cp{HOST_PYTHON.replace('.', '')}"
    index.publish(newer(index.scenario, pythons=tag))
    fresh_workspace.write_spec(torch="2.99.0", torchaudio=False)
    locked = fresh_workspace.torchenv("lock", "--json").check().json
    assert {"torch": "2.99.0+cpu", "torchvision": "0.99.0+cpu"}.items() <= {
        one["name"]: one["version"] for one in locked["packages"]
    }.items()
    first = fresh_workspace.torchenv("apply")
    assert first.exit_code == 0, first.stderr
    assert "TE215" in first.stderr + first.stdout
    seen = fresh_workspace.run_python("import torch; print(torch.__version__)").check().stdout
    assert seen.strip() == "2.99.0+cpu"


def test_what_was_applied_needs_no_index(fresh_workspace: Workspace) -> None:
    """With the index gone, what an earlier plan read of it serves, and the warning says so."""
    index = fresh_workspace.index
    tag = f"cp{HOST_PYTHON.replace('.', '')}"
    index.publish(newer(index.scenario, pythons=tag))
    fresh_workspace.write_spec(torch="2.99.0", torchaudio=False)
    fresh_workspace.torchenv("apply").check()
    index.close()
    again = fresh_workspace.torchenv("apply", "--json").check().json
    assert again["did"] is False
    (warning,) = [one for one in again["findings"] if one["code"] == "TE215"]
    assert "as an earlier plan read it, since it cannot be asked now" in warning["message"]
    fresh_workspace.torchenv("status").check()


def test_offline_asks_no_index(fresh_workspace: Workspace) -> None:
    """What an earlier plan read counts; where there was none, the refusal says so."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario))
    made = planned(fresh_workspace)
    watch = index.watch()
    spec = load_spec(fresh_workspace.root / "torchenv.toml")
    again = plan(spec, offline=True).sole
    assert versions(again) == versions(made)
    assert "as it was read earlier" in the_warning(again)
    spec = load_spec(fresh_workspace.write_spec(torch="2.99.0", accelerator="cu132"))
    with pytest.raises(PlanError) as caught:
        plan(spec, offline=True)
    assert "`--offline` asks nobody" in caught.value.findings[0].why
    assert watch.paths() == []


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """A broken note is as good as none: the plan is refused as if there were no note."""
    note = tmp_path / "note.json"
    for text in ("", "[1]", '[{"strange": 1}]', "{"):
        note.write_text(text)
        assert read_notes(note) == []


def test_a_release_of_an_unknown_day_is_too_new(fresh_workspace: Workspace) -> None:
    """`exclude-newer` admits nothing of which the day is not known."""
    index = fresh_workspace.index
    index.publish(newer(index.scenario))
    sources = {"exclude-newer": "2026-11-24"}
    fresh_workspace.write_spec(torch="2.99.0", python="3.12", torchaudio=False, sources=sources)
    refused = fresh_workspace.torchenv("lock")
    assert refused.exit_code != 0
    assert "TE437" in refused.stderr
    assert "`torch 2.99.0` (on a day that is not known)" in refused.stderr


def test_several_targets_get_the_same(fresh_workspace: Workspace) -> None:
    """Each target is read from its own folder, and the one that fits this machine is applied.

    Offline no index is asked, though it is there: neither for the plan nor for the target.
    """
    index = fresh_workspace.index
    tag = f"cp{HOST_PYTHON.replace('.', '')}"
    index.publish(newer(index.scenario, pythons=tag))
    fresh_workspace.write_spec(
        torch="2.99.0",
        torchaudio=False,
        targets={"here": {"accelerator": "cpu"}, "gpu": {"accelerator": "cu136"}},
    )
    fresh_workspace.torchenv("lock").check()
    fresh_workspace.torchenv("apply", "--target", "here").check()
    seen = fresh_workspace.run_python("import torch; print(torch.__version__)").check().stdout
    assert seen.strip() == "2.99.0+cpu"
    watch = index.watch()
    fresh_workspace.torchenv("apply", "--offline").check()
    assert watch.paths() == []


def test_derived_values_say_where_they_come_from() -> None:
    """Every derived row is marked, and the data that ships is unchanged."""
    file = Sighting(
        project="torch",
        name="torch-2.99.0-cp314-cp314-macosx_14_0_arm64.whl",
        index="default",
        accelerator="cpu",
    )
    named = "torch-2.99.0-cp314-cp314-manylinux_2_28_x86_64.whl"
    linux = replace(file, name=named, accelerator="")
    more = extended(COMPAT, [file, linux], asked="the default index, read for this plan")
    (build,) = more.builds("2.99.0")
    assert (build.platform, build.accelerator, build.known) == ("macos-arm64", "cpu", "listed")
    wheel = more.wheel("torch", build, "3.14")
    assert wheel is not None
    assert (wheel.macos, wheel.local) == ("14.0", False)
    assert more.cite(build.sources) == "the default index, read for this plan"
    assert more.newest.derived
    assert not COMPAT.newest.derived
    assert extended(COMPAT, [], asked="") is COMPAT
