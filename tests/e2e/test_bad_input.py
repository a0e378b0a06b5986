"""Bad input of every kind: one finding, the right exit code, and an unchanged environment."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import Cut, Drop, FlipByte, SignIn, Stall, Status, tree_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Fault, Scenario, Workspace

pytestmark = pytest.mark.e2e

TORCH_ALONE: dict[str, Any] = {"torch": "2.9.1", "torchvision": False, "torchaudio": False}


def codes(document: dict[str, Any]) -> list[str]:
    """Return the codes of the errors of a JSON document."""
    return [one["code"] for one in document["findings"] if one["severity"] == "error"]


def refuse(workspace: Workspace, exit_code: int, *words: str) -> dict[str, Any]:
    """Run a command that must fail, in both forms of output, and return its document."""
    document: dict[str, Any] = workspace.torchenv(*words, "--json").check(exit_code).json
    assert not document["ok"]
    told = workspace.torchenv(*words).check(exit_code)
    assert "Traceback" not in told.stdout + told.stderr
    for finding in document["findings"]:
        assert finding["message"]
        assert finding["why"]
        assert finding["do"]
        if finding["severity"] == "error":
            assert f"error {finding['code']}" in told.stderr
    return document


@pytest.fixture
def applied(fresh_workspace: Workspace) -> Workspace:
    """Return a project with a proven environment, whose index can be made to fail."""
    fresh_workspace.write_spec(
        torch="2.9.1", accelerator="cpu", torchvision=False, torchaudio=False
    )
    fresh_workspace.torchenv("apply").check()
    return fresh_workspace


def want_torchaudio(workspace: Workspace) -> None:
    """Change the wish, so that one more wheel is needed."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu", torchvision=False)


def test_spec_missing(workspace: Workspace) -> None:
    """A missing spec is named, with the way to one."""
    document = refuse(workspace, 2, "apply")
    assert codes(document) == ["TE101"]


def test_spec_not_toml(workspace: Workspace) -> None:
    """A spec that is not TOML is located by line."""
    workspace.write("torchenv.toml", "[environment]\npython = 3.10.1\n")
    document = refuse(workspace, 2, "plan")
    assert codes(document) == ["TE102"]
    assert document["findings"][0]["where"]["line"] == 2


def test_all_problems_at_once(workspace: Workspace) -> None:
    """Every problem of a spec is told in one run, each at its line."""
    workspace.write(
        "torchenv.toml",
        '[environment]\npython = 3.10\nacelerator = "cpu"\n[torch]\ntorch = "2.1.0+cu116"\n',
    )
    document = refuse(workspace, 2, "plan")
    lines = {one["where"]["line"] for one in document["findings"]}
    assert len(document["findings"]) >= 3
    assert {2, 3, 5} <= lines


def test_impossible_combination_offline(workspace: Workspace) -> None:
    """Torch 2.1.0 for cu116 is refused without a network, and both ways out are named."""
    workspace.write_spec(python="3.10", torch="2.1.0", accelerator="cu116")
    document = workspace.torchenv("plan", "--json", offline=True).check(2).json
    assert codes(document) == ["TE202"]
    (finding,) = document["findings"]
    offered = {(one["torch"], one["accelerator"]) for one in finding["alternatives"]}
    assert {("2.1.0", "cu118"), ("2.1.0", "cu121"), ("1.13.1", "cu116")} <= offered
    told = workspace.torchenv("plan", offline=True).check(2).stderr
    assert "torch 2.1.0, torchvision 0.16.0, torchaudio 2.1.0 for cu118" in told
    assert "torch 1.13.1, torchvision 0.14.1, torchaudio 0.13.1 for cu116" in told


def test_interpreter_missing(workspace: Workspace) -> None:
    """A Python that is not there is named together with those that are, before any request."""
    workspace.write_spec(python="3.11.99", torch="2.9.1")
    watch = workspace.index.watch()
    document = refuse(workspace, 3, "apply")
    assert codes(document) == ["TE301"]
    assert "3.11.99" in document["findings"][0]["message"]
    assert document["findings"][0]["where"]["file"] == "torchenv.toml"
    assert not watch.paths()
    assert not workspace.environment.exists()


def without_first_package(text: str) -> str:
    """Cut the first package out of a lock."""
    start = text.index("[[packages]]")
    return text[:start] + text[text.index("[[packages]]", start + 1) :]


LOCK_CHANGES: dict[str, tuple[str, Callable[[str], str]]] = {
    "hash changed": ("TE424", lambda text: text.replace('sha256 = "', 'sha256 = "00', 1)),
    "package removed": (
        "TE424",
        lambda text: text.replace(
            text[text.index("[[packages]]") : text.index("[[packages]]", 900)], "", 1
        ),
    ),
    "not TOML": ("TE422", lambda text: text[: len(text) // 2]),
    "other lock-version": ("TE423", lambda text: text.replace('"1.0"', '"7.0"', 1)),
    "merge marks": ("TE422", lambda text: f"<<<<<<< HEAD\n{text}"),
    "empty": ("TE427", lambda _: ""),
}


@pytest.mark.parametrize("change", LOCK_CHANGES)
def test_lock_edited_by_hand(applied: Workspace, change: str) -> None:
    """A lock that was edited is refused, and the environment stays as it is."""
    code, edit = LOCK_CHANGES[change]
    lock = applied.root / "pylock.torchenv.toml"
    lock.write_text(edit(lock.read_text()))
    before = tree_state(applied.root)
    document = refuse(applied, 4, "apply")
    assert codes(document) == [code]
    assert tree_state(applied.root) == before


FAULTS: dict[str, tuple[str, Fault]] = {
    "server error": ("TE402", Status(code=500)),
    "forbidden": ("TE403", Status(code=403)),
    "gone": ("TE403", Status(code=404)),
    "dropped": ("TE401", Drop()),
    # Cut later it would go on where it was cut (tests/store has that).
    "cut": ("TE502", Cut(after=0)),
    "one byte changed": ("TE501", FlipByte()),
    "sign-in page": ("TE508", SignIn()),
}


def _trees(applied: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is in the generations and the environment.

    The last number does not count: it was given to what was begun, and is never given again.
    """
    kept = tree_state(applied.root / ".torchenv" / ".venv")
    del kept["last-generation"]
    return kept, tree_state(applied.environment)


@pytest.mark.parametrize("fault", FAULTS)
def test_wheel_does_not_arrive(applied: Workspace, fault: str) -> None:
    """Whatever happens to a download, it is named and the environment is the old one."""
    code, what = FAULTS[fault]
    want_torchaudio(applied)
    applied.torchenv("lock").check()
    before = _trees(applied)
    applied.index.faults.add("*/torchaudio-*.whl", what)
    document = refuse(applied, 4 if code == "TE501" else 3, "apply")
    assert codes(document) == [code]
    (finding,) = document["findings"]
    assert "torchaudio" in " ".join((finding["message"], finding["why"], finding["do"]))
    assert _trees(applied) == before
    applied.index.faults.clear()
    assert applied.torchenv("apply", "--json").check().json["did"]


def test_index_gone(applied: Workspace) -> None:
    """An index that is gone while locking is named; lock and environment stay."""
    applied.write_spec(torch="2.9.1", dependencies={"requests": "*"})
    lock = (applied.root / "pylock.torchenv.toml").read_bytes()
    applied.index.faults.add("/simple/*", Status(code=500))
    document = refuse(applied, 3, "apply")
    assert codes(document) == ["TE402"]
    assert (applied.root / "pylock.torchenv.toml").read_bytes() == lock


def test_metadata_names_another_version(
    main_scenario: Scenario, fresh_workspace: Workspace
) -> None:
    """A wheel whose metadata names another version never reaches an environment."""
    changed = main_scenario.deviate("/whl/cpu/torch-2.9.1+cpu-*", metadata_version="2.9.9")
    fresh_workspace.index.publish(changed)
    fresh_workspace.write_spec(torch="2.9.1", accelerator="cpu")
    document = refuse(fresh_workspace, 4, "apply")
    assert codes(document)[0] in {"TE504", "TE409"}
    assert not os.path.lexists(fresh_workspace.environment)


def test_path_is_a_file(workspace: Workspace) -> None:
    """A file at the environment's path is never replaced."""
    workspace.write_spec(torch="2.9.1")
    workspace.write(".venv", "precious")
    assert codes(refuse(workspace, 3, "apply")) == ["TE601"]
    assert (workspace.root / ".venv").read_text() == "precious"


def test_path_is_another_folder(workspace: Workspace) -> None:
    """A folder that is no environment is never touched."""
    workspace.write_spec(torch="2.9.1")
    workspace.write(".venv/thesis.txt", "precious")
    before = tree_state(workspace.environment)
    assert codes(refuse(workspace, 3, "apply")) == ["TE602"]
    assert tree_state(workspace.environment) == before


def test_environment_of_another_tool_is_kept(workspace: Workspace) -> None:
    """An environment made by another tool is put aside whole, and the user is told where."""
    workspace.write_spec(torch="2.9.1", accelerator="cpu", torchvision=False, torchaudio=False)
    workspace.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
    workspace.write(".venv/thesis.txt", "precious")
    done = workspace.torchenv("apply", "--json").check().json
    (kept,) = (one for one in done["findings"] if one["code"] == "TE605")
    assert kept["severity"] != "error"
    (found,) = workspace.root.glob(".torchenv/.venv/*/thesis.txt")
    assert found.read_text() == "precious"
    assert found.parent.name in kept["message"] + kept["why"] + kept["do"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_while_downloading(applied: Workspace, number: signal.Signals) -> None:
    """Ctrl-C in the middle of a download leaves the old environment, and says so in one line.

    So do `kill`, a service that is stopped, and a terminal that is closed.
    """
    want_torchaudio(applied)
    before = tree_state(applied.environment)
    stalled = applied.index.faults.add("*/torchaudio-*.whl", Stall(after=10))
    child = applied.torchenv.start("apply")
    assert stalled.reached.wait(60)
    os.killpg(child.pid, number)
    _, told = child.communicate(timeout=60)
    assert child.returncode == (130 if number == signal.SIGINT else -number)
    assert "TE901" in told
    assert "Traceback" not in told
    assert tree_state(applied.environment) == before
    applied.index.faults.clear()
    assert applied.torchenv("apply", "--json").check().json["did"]


def test_ctrl_c_before_much_is_loaded(workspace: Workspace) -> None:
    """Also while it is looked whether anything is to do at all, there is no traceback."""
    pointer = workspace.root / ".torchenv" / "torchenv.quick"
    pointer.parent.mkdir()
    os.mkfifo(pointer)  # whoever reads it waits
    child = workspace.torchenv.start("apply")
    with pointer.open("w"):
        os.killpg(child.pid, signal.SIGINT)
        _, told = child.communicate(timeout=60)
    assert (child.returncode, told) == (130, "error TE901: Interrupted.\n")


@pytest.mark.parametrize("words", [["aply"], ["apply", "--nope"], ["apply", "a", "b"], ["--nope"]])
def test_bad_arguments(workspace: Workspace, words: list[str]) -> None:
    """Arguments that cannot be understood end with exit code 2 and no traceback."""
    told = workspace.torchenv(*words).check(2)
    assert told.stderr.startswith("error TE903: ")
    assert "Traceback" not in told.stderr
    assert ("Did you mean `apply`?" in told.stderr) == (words == ["aply"])


def test_json_even_for_bad_arguments(workspace: Workspace) -> None:
    """With ``--json`` standard output is one document, whatever happens."""
    document = workspace.torchenv("apply", "--nope", "--json").check(2).json
    assert document["schema"] == "torchenv/apply/1"
    assert not document["ok"]


def test_spec_for_another_platform(workspace: Workspace) -> None:
    """A spec for another kind of machine can be locked here, and is not applied."""
    workspace.write_spec(platform="macos-arm64", **TORCH_ALONE)
    workspace.torchenv("lock").check()
    text = (workspace.root / "pylock.torchenv.toml").read_text()
    assert "macosx_11_0_arm64.whl" in text
    assert "linux" not in text.replace("[tool.torchenv]", "")
    document = refuse(workspace, 2, "apply")
    assert codes(document) == ["TE304"]
    assert not workspace.environment.exists()


def test_lock_of_another_platform_is_kept(workspace: Workspace) -> None:
    """A lock that was made for another platform is named, and not overwritten in passing."""
    workspace.write_spec(platform="macos-arm64", **TORCH_ALONE)
    workspace.torchenv("lock").check()
    lock = workspace.root / "pylock.torchenv.toml"
    before = lock.read_bytes()
    workspace.write_spec(**TORCH_ALONE)
    assert codes(refuse(workspace, 4, "apply")) == ["TE425"]
    assert lock.read_bytes() == before


def test_lock_that_cannot_be_written(workspace: Workspace) -> None:
    """Where the lock cannot be written, that is said, and nothing else happens."""
    workspace.write_spec(**TORCH_ALONE)
    workspace.write("pylock.torchenv.toml/precious", "x")
    assert codes(refuse(workspace, 3, "lock")) == ["TE431"]
    assert (workspace.root / "pylock.torchenv.toml" / "precious").exists()


def test_lock_of_another_tool_is_kept(workspace: Workspace) -> None:
    """A pylock that another tool made is never overwritten."""
    workspace.write_spec(**TORCH_ALONE)
    lock = workspace.write("pylock.torchenv.toml", 'lock-version = "1.0"\ncreated-by = "x"\n')
    before = lock.read_bytes()
    for command in ("lock", "apply"):
        assert codes(refuse(workspace, 4, command)) == ["TE427"]
    assert lock.read_bytes() == before
