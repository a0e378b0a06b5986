"""Output wherever it leads: pipes, full disks, closed streams, poor encodings; and signals."""

from __future__ import annotations

import json
import os
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import Result, Stall, run

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e

CPU: dict[str, Any] = {"torch": "2.9.1", "torchvision": False, "torchaudio": False}
FULL = Path("/dev/full")


def in_shell(workspace: Workspace, words: str) -> Result:
    """Run a line of shell in which ``TORCHENV`` is the command; its exit code is the command's."""
    line = words.replace("TORCHENV", shlex.quote(str(workspace.torchenv.program)))
    bash = ["bash", "-o", "pipefail", "-c", line]
    return run(bash, environ=workspace.environ, cwd=workspace.root)


@pytest.mark.parametrize("words", ["plan --json", "plan missing.toml --json", "--help"])
def test_reader_that_goes_away(workspace: Workspace, words: str) -> None:
    """A pipe that nobody reads is no failure and nothing to talk about."""
    workspace.write_spec(**CPU)
    assert in_shell(workspace, f"TORCHENV {words} | true").check().stderr == ""


@pytest.mark.skipif(not FULL.exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("words", ["plan", "plan --json", "plan missing.toml --json", "--help"])
def test_full_disk_below_the_output(workspace: Workspace, words: str) -> None:
    """A result that cannot be written is a finding on standard error, and nothing else is there."""
    workspace.write_spec(**CPU)
    done = in_shell(workspace, f"TORCHENV {words} >{FULL}").check(3)
    assert done.stderr.startswith("error TE904: The output cannot be written.\n")
    assert "Exception" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="the system has no device that is always full")
def test_nowhere_to_complain(workspace: Workspace) -> None:
    """Where not even a failure can be told, the exit code still tells it."""
    in_shell(workspace, f"TORCHENV plan missing.toml 2>{FULL}").check(3)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams(workspace: Workspace, closed: str) -> None:
    """A stream that is closed is one that nobody listens to."""
    workspace.write_spec(**CPU)
    assert "Traceback" not in in_shell(workspace, f"TORCHENV plan --json {closed}").check().stderr
    in_shell(workspace, f"TORCHENV plan missing.toml {closed}").check(2)


def test_poor_encoding(workspace: Workspace) -> None:
    """A character that standard output lacks is escaped; a document never needs one."""
    workspace.write_spec(**CPU, accelerator="cpu", path="Umgebung-ä", dependencies={"sympy": "*"})
    workspace.torchenv("apply", "-q").check()
    workspace.write_spec(
        **CPU, accelerator="cpu", path="Umgebung-ä", dependencies={"sympy": "<1.14"}
    )
    workspace.torchenv("lock", "-q").check()
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    assert "sympy 1.14.0 \\u2192 1.13.3" in workspace.torchenv("plan", environ=ascii_only).stdout
    done = workspace.torchenv("apply", environ=ascii_only).check()
    assert "Applied Umgebung-\\xe4" in done.stdout
    again = workspace.torchenv("apply", environ=ascii_only).check()
    assert again.stdout.startswith("Up to date: Umgebung-\\xe4")
    document = workspace.torchenv("status", "--json", environ=ascii_only).check().json
    assert document["environment"].endswith("Umgebung-ä")


def test_check_prints_its_document(workspace: Workspace) -> None:
    """``lock --check --json`` prints one document, whether the lock is right or not."""
    workspace.write_spec(**CPU, accelerator="cpu")
    locked = workspace.torchenv("lock", "--json").check().json
    checked = workspace.torchenv("lock", "--check", "--json", offline=True).check().json
    same = ("file", "digest", "packages", "ok", "schema")
    assert {key: checked[key] for key in same} == {key: locked[key] for key in same}
    assert (checked["written"], checked["findings"]) == (False, [])
    workspace.write_spec(**CPU, accelerator="cu126")
    stale = workspace.torchenv("lock", "--check", "--json", offline=True).check(1).json
    assert [one["code"] for one in stale["findings"]] == ["TE426"]
    assert not stale["ok"]


def test_merge_marks_are_called_so(workspace: Workspace) -> None:
    """A lock with the marks of a merge conflict is told as that."""
    workspace.write_spec(**CPU, accelerator="cpu")
    workspace.write("pylock.torchenv.toml", "<<<<<<< HEAD\n=======\n>>>>>>> other\n")
    done = workspace.torchenv("lock", "--check").check(4)
    assert "It holds the marks of a merge conflict" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ending_signals(fresh_workspace: Workspace, number: signal.Signals) -> None:
    """``docker stop`` or a closed terminal: engine and temporary files go, the old lock stays."""
    workspace = fresh_workspace
    scratch = workspace.home / "tmp"
    scratch.mkdir()
    workspace.environ["TMPDIR"] = str(scratch)
    workspace.write_spec(**CPU, accelerator="cpu")
    stalled = workspace.index.faults.add("/simple/filelock/*", Stall())
    process = workspace.torchenv.start("lock")
    assert stalled.reached.wait(30)
    os.kill(process.pid, number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == -number
    assert "TE901" in stderr
    assert list(scratch.iterdir()) == []
    assert [path.name for path in workspace.root.iterdir()] == ["torchenv.toml"]


def test_deleted_working_folder(workspace: Workspace) -> None:
    """Without a working folder, relative paths of pip's configuration mean nothing: said so."""
    spec = workspace.write_spec(**CPU, accelerator="cpu")
    line = f"mkdir gone; cd gone; rmdir ../gone; TORCHENV lock {shlex.quote(str(spec))} --json"
    (finding,) = json.loads(in_shell(workspace, line).check(3).stdout)["findings"]
    assert finding["code"] == "TE410"
    assert finding["why"].startswith("The working folder does not exist any more")


def test_events_are_json_lines(workspace: Workspace) -> None:
    """With `--events` programs hear of every step and byte on standard error, and of nothing else.

    Standard output is what it is without.
    """
    workspace.write_spec(**CPU)
    done = workspace.torchenv("apply", "--events").check()
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {one["schema"] for one in events} == {"torchenv/events/1"}
    kinds = [one["event"] for one in events]
    assert kinds[0] == "planned"
    assert kinds.index("download-started") < kinds.index("download-finished")
    progress = [one for one in events if one["event"] == "download-progress"]
    assert progress[-1]["done_bytes"] == progress[-1]["total_bytes"]
    assert progress[-1]["remaining_s"] == 0
    assert done.stdout.startswith("Applied .venv")


def test_failures_are_events_too(workspace: Workspace) -> None:
    """What went wrong comes as an event, whether or not there is a document."""
    for words in (
        ["plan", "missing.toml", "--events"],
        ["plan", "missing.toml", "--events", "--json"],
    ):
        done = workspace.torchenv(*words).check(2)
        (event,) = [json.loads(line) for line in done.stderr.splitlines()]
        assert (event["event"], event["code"]) == ("finding", "TE101")


def test_offline_apply_says_what_is_missing(workspace: Workspace) -> None:
    """Without a network every missing wheel is named, and nothing is asked for."""
    workspace.write_spec(**CPU)
    workspace.torchenv("lock").check()
    watch = workspace.index.watch()
    done = workspace.torchenv("apply", "--offline").check(3)
    assert "are not on this machine, and `--offline` fetches none" in done.stderr
    assert watch.paths("*.whl") == []
    workspace.torchenv("apply").check()
    workspace.environment.unlink()
    watch = workspace.index.watch()
    workspace.torchenv("apply", "--offline").check()
    assert watch.paths() == []


def test_store_is_listed_pruned_and_verified(workspace: Workspace) -> None:
    """The command tells what is there, for people and for programs."""
    workspace.write_spec(**CPU)
    assert "0 files" in workspace.torchenv("store", "ls").check().stdout
    workspace.torchenv("apply").check()
    listed = json.loads(workspace.torchenv("store", "ls", "--json").check().stdout)
    names = [one["name"] for one in listed["files"]]
    assert any(name.startswith("torch-2.9.1") for name in names)
    shown = workspace.torchenv("store", "verify").check().stdout
    assert shown.startswith(f"{len(names)} wheels whole in ")
    would = workspace.torchenv("store", "prune", "--days", "0", "--dry-run").check().stdout
    assert would.startswith("Would remove from ")
    pruned = json.loads(
        workspace.torchenv("store", "prune", "--days", "0", "--json").check().stdout
    )
    assert [one["name"] for one in pruned["files"]] == names
    assert not [path for path in (workspace.store / "engine").iterdir() if path.is_dir()]
    assert "0 files" in workspace.torchenv("store", "ls").check().stdout
