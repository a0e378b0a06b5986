"""A spec with several targets: one lock for each, together or not at all, for the right machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import PackageWheel, Pylock
from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from provisioner import toml
from tests.support import HOST_PYTHON, Status, make_workspace, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

FOUR: dict[str, dict[str, Any]] = {
    "cluster": {"platform": "linux-x86_64", "accelerator": "cu118"},
    "desktop": {"platform": "windows-x86_64", "accelerator": "cu118"},
    "laptop": {"platform": "macos-arm64", "accelerator": "cpu"},
    "server": {"platform": "linux-x86_64", "accelerator": "cpu"},
}
TWO = {name: FOUR[name] for name in ("laptop", "server")}
BARE: dict[str, Any] = {"torchvision": False, "torchaudio": False, "torch": "2.6.0"}
MARKERS = {
    "laptop": {"sys_platform": "darwin", "platform_machine": "arm64", "platform_system": "Darwin"},
    "desktop": {"sys_platform": "win32", "platform_machine": "AMD64", "platform_system": "Windows"},
}
VERSION = tuple(int(part) for part in HOST_PYTHON.split("."))


def lock_of(workspace: Workspace, target: str) -> Path:
    """Return the path of a target's lock."""
    return workspace.root / f"pylock.torchenv-{target}.toml"


def versions(path: Path) -> dict[str, str]:
    """Return the packages of a lock."""
    return {one["name"]: one["version"] for one in toml.loads(path.read_text())["packages"]}


def selected(path: Path, target: str, platforms: Iterable[str]) -> set[str]:
    """Return the wheels that a PEP 751 tool on that platform would install."""
    environment = {
        **MARKERS[target],
        "python_version": HOST_PYTHON,
        "python_full_version": f"{HOST_PYTHON}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    tags = [
        *cpython_tags(VERSION, platforms=list(platforms)),
        *compatible_tags(VERSION, platforms=list(platforms)),
    ]
    pylock = Pylock.from_dict(toml.loads(path.read_text()))
    chosen = pylock.select(environment=environment, tags=tags)  # type: ignore[arg-type]  # some keys
    return {wheel.name for _, wheel in chosen if isinstance(wheel, PackageWheel) and wheel.name}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory, index: Any) -> Workspace:  # noqa: ANN401 fixture
    """Return a project with four targets, locked on this machine."""
    if VERSION > (3, 12):
        pytest.skip("torch 2.2.0 has wheels up to Python 3.12; covered where the tests run on it")
    workspace = make_workspace(tmp_path_factory.mktemp("four"), index)
    workspace.write_spec(torch="2.2.0", targets=FOUR, dependencies={"numpy": "*"})
    workspace.torchenv("lock", "--json").check()
    return workspace


def test_each_target_has_its_lock(four: Workspace) -> None:
    """There is one file for each, with the target's own build of the same torch."""
    torch = {name: versions(lock_of(four, name))["torch"] for name in FOUR}
    assert torch == {
        "cluster": "2.2.0+cu118",
        "desktop": "2.2.0+cu118",
        "laptop": "2.2.0",
        "server": "2.2.0+cpu",
    }
    assert sorted(path.name for path in four.root.glob("pylock.*")) == [
        f"pylock.torchenv-{name}.toml" for name in FOUR
    ]


def test_versions_are_the_same_everywhere(four: Workspace) -> None:
    """What does not belong to torch's build has one version for all targets."""
    first, *others = (
        {n: v.partition("+")[0] for n, v in versions(lock_of(four, one)).items()} for one in FOUR
    )
    for other in others:
        assert other.items() <= first.items()


@pytest.mark.parametrize(
    ("target", "torch"), [("cluster", "2.2.0+cu118 11.8"), ("server", "2.2.0+cpu None")]
)
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_other_tools_install_the_linux_ones(
    four: Workspace, target: str, torch: str, tool: str
) -> None:
    """The file of a target installs that target's build, with uv and with pip."""
    folder = four.root / f"{tool}-{target}"
    run([BIN / "virtualenv", "-q", folder], environ=four.environ).check()
    python, lock = folder / "bin" / "python", lock_of(four, target)
    words: dict[str, list[str | Path]] = {
        "uv": [BIN / "uv", "pip", "sync", "--python", python, lock],
        "pip": [python, "-m", "pip", "install", "-q", "-r", lock],
    }
    run(words[tool], environ={**four.environ, "UV_CACHE_DIR": str(four.home / "uv")}).check()
    code = "import torch, torchvision, torchaudio; print(torch.__version__, torch.version.cuda)"
    assert four.run_python(code, folder).check().stdout == f"{torch}\n"


@pytest.mark.parametrize(
    ("target", "platforms", "torch"),
    [
        (
            "laptop",
            tuple(mac_platforms((14, 0), "arm64")),
            "torch-2.2.0-cp{0}-none-macosx_11_0_arm64.whl",
        ),
        ("desktop", ("win_amd64",), "torch-2.2.0+cu118-cp{0}-cp{0}-win_amd64.whl"),
    ],
)
def test_the_others_serve_their_platform(
    four: Workspace, target: str, platforms: tuple[str, ...], torch: str
) -> None:
    """A PEP 751 tool on that platform finds a wheel of every package, and torch's own build."""
    path = lock_of(four, target)
    wheels = selected(path, target, platforms)
    assert torch.format("".join(HOST_PYTHON.split("."))) in wheels
    assert len(wheels) == len(versions(path))
    assert not any("linux" in name or "triton" in name or "nvidia" in name for name in wheels)


def test_apply_chooses_for_this_machine(four: Workspace) -> None:
    """Apply and status take the best target and say why; the user may take another."""
    done = four.torchenv("apply", "--json").check().json
    assert (done["target"], done["proof"]["build"]) == ("server", None)
    status = four.torchenv("status", "--json").check().json
    assert status["target"] == "server"
    assert status["choice"] == (
        f"Target `server` (linux-x86_64, Python {HOST_PYTHON}, cpu): no GPU that another of them "
        "is for answers here; `cluster` would run here too."
    )
    assert four.torchenv("apply").check().stdout.startswith("Up to date")
    asked = four.torchenv("apply", "--target", "cluster", "--json").check().json
    assert (asked["target"], asked["proof"]["build"]) == ("cluster", "11.8")
    # What was asked for once is no choice for the next time, unless the variable says so.
    assert (
        four.torchenv("apply", environ={"TORCHENV_TARGET": "cluster"})
        .check()
        .stdout.startswith("Up to date")
    )
    assert "Applied" in four.torchenv("apply").check().stdout
    run_ = four.torchenv("run", "--", "python", "-c", "import torch; print(torch.__version__)")
    assert run_.check().stdout == "2.2.0+cpu\n"


def test_a_target_that_cannot_be_taken(four: Workspace) -> None:
    """A name that is none, and a target of another platform, are refused."""
    unknown = four.torchenv("apply", "--target", "nobody", "--json").check(2).json["findings"][0]
    assert unknown["code"] == "TE463"
    assert unknown["why"] == "Its targets are `cluster`, `desktop`, `laptop`, `server`."
    other = four.torchenv("apply", "--target", "laptop", "--json").check(2).json["findings"][0]
    assert (other["code"], other["where"]["key"]) == ("TE304", "targets.laptop.platform")


def test_nothing_is_resolved_again(four: Workspace) -> None:
    """Locks that are right stay as they are, and a check finds nothing."""
    watch = four.index.watch()
    document = four.torchenv("lock", "--json").check().json
    assert not watch.paths()
    assert {name: one["written"] for name, one in document["targets"].items()} == dict.fromkeys(
        FOUR, False
    )
    assert four.torchenv("lock", "--check").check().stdout == ""


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    """Return a project with two targets, locked."""
    workspace.write_spec(**BARE, targets=TWO)
    workspace.torchenv("lock").check()
    return workspace


def test_a_mixed_set_is_refused(two: Workspace) -> None:
    """A lock of another run is noticed, though each file is right for the spec; lock mends it."""
    old = lock_of(two, "laptop").read_text()
    two.write_spec(**BARE, targets=TWO, dependencies={"einops": "*"})
    two.torchenv("lock").check()
    new = lock_of(two, "laptop").read_text()
    two.write_spec(**BARE, targets=TWO)
    two.torchenv("lock").check()
    assert lock_of(two, "laptop").read_text() == old
    # The very same spec, and one file of a run in between.
    spec_digest = 'spec-digest = "' + old.partition('spec-digest = "')[2][:64]
    mixed = new.replace('spec-digest = "' + new.partition('spec-digest = "')[2][:64], spec_digest)
    lock_of(two, "laptop").write_text(mixed)
    for words in (["apply"], ["apply", "--locked"]):
        done = two.torchenv(*words).check(4)
        assert "error TE460" in done.stderr
        assert "are not from the same run" in done.stderr
    assert "TE424" in two.torchenv("lock", "--check").check(4).stderr
    two.torchenv("lock").check()
    assert lock_of(two, "laptop").read_text() == old


def test_a_lock_that_is_missing_from_the_set(two: Workspace) -> None:
    """A set without one of its files is made anew by apply, and refused where it must not be."""
    before = lock_of(two, "laptop").read_text()
    lock_of(two, "laptop").unlink()
    assert "error TE461" in two.torchenv("apply", "--locked").check(4).stderr
    two.torchenv("apply").check()
    assert lock_of(two, "laptop").read_text() == before


def test_all_or_none_is_written(fresh_workspace: Workspace) -> None:
    """Where one target cannot be locked, the locks of the others stay what they were."""
    two = fresh_workspace
    two.write_spec(**BARE, targets=TWO)
    two.torchenv("lock").check()
    before = {name: lock_of(two, name).read_bytes() for name in TWO}
    two.write_spec(**BARE, targets=TWO, dependencies={"einops": "*"})
    # The laptop, which comes first, has torch from the default index.
    two.index.faults.add("/whl/cpu/torch/", Status(code=403))
    done = two.torchenv("lock").check(3)
    assert done.stderr.index("Locking the target laptop") < done.stderr.index("the target server")
    assert {name: lock_of(two, name).read_bytes() for name in TWO} == before


def test_the_lock_of_another_spec_is_not_overwritten(two: Workspace) -> None:
    """`torchenv-laptop.toml` would have the lock of the target `laptop` of `torchenv.toml`."""
    before = lock_of(two, "laptop").read_bytes()
    two.write_spec("torchenv-laptop.toml", **BARE)
    done = two.torchenv("lock", "torchenv-laptop.toml", "--json").check(4)
    assert [one["code"] for one in done.json["findings"]] == ["TE425"]
    assert done.json["findings"][0]["message"] == (
        "`pylock.torchenv-laptop.toml` is the lock of the target `laptop` of a spec."
    )
    assert lock_of(two, "laptop").read_bytes() == before


def test_the_lock_of_a_target_that_is_gone(two: Workspace) -> None:
    """A file that nobody keeps up to date any more is told; that of another spec is not meant."""
    two.write_spec("torchenv-else.toml", **BARE)
    two.torchenv("lock", "torchenv-else.toml").check()
    two.write_spec(**BARE, targets={"server": FOUR["server"]})
    findings = two.torchenv("lock", "--json").check().json["findings"]
    (note,) = (one for one in findings if one["code"] == "TE465")
    assert (note["code"], note["severity"]) == ("TE465", "note")
    assert note["message"] == (
        "`pylock.torchenv-laptop.toml` is the lock of a target that the spec no longer has."
    )


def test_what_differs_has_a_reason(workspace: Workspace) -> None:
    """A target that cannot have the first one's version has another, and the lock says why."""
    targets = {
        "a-new": {"platform": "linux-x86_64", "accelerator": "cpu", "python": "3.12"},
        "b-old": {"platform": "linux-x86_64", "accelerator": "cpu", "python": "3.9"},
    }
    workspace.write_spec(**BARE, targets=targets)
    document = workspace.torchenv("lock", "--json").check().json
    notes = [one for one in document["findings"] if one["code"] == "TE464"]
    assert notes
    filelock = next(one for one in notes if "`filelock`" in one["message"])
    assert filelock["severity"] == "note"
    assert filelock["message"] == "`filelock` is 3.16.1 for `b-old` and 3.20.0 for `a-new`."


def test_no_target_for_this_machine(workspace: Workspace) -> None:
    """Where none fits, each target says what is missing."""
    targets = {name: FOUR[name] for name in ("desktop", "laptop")}
    workspace.write_spec(**BARE, targets=targets)
    (finding,) = workspace.torchenv("apply", "--json").check(2).json["findings"]
    assert (finding["code"], finding["where"]["key"]) == ("TE462", "targets")
    assert finding["why"] == ("`desktop` is for windows-x86_64.\n`laptop` is for macos-arm64.")
    assert json.loads(workspace.torchenv("plan", "--json").check().stdout)["changes"] is None
