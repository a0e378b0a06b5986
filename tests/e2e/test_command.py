"""The command itself: help, version, completion, quiet, colours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from provisioner._version import __version__
from tests.support import run
from tests.support.command import BIN

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e

COMMANDS = ("plan", "lock", "apply", "status", "completion")


def test_help(workspace: Workspace) -> None:
    """Without arguments and with ``--help`` every command is listed, on standard output."""
    assert workspace.torchenv().check(2).stdout == workspace.torchenv("--help").check().stdout
    for command in COMMANDS:
        assert command in workspace.torchenv("--help").stdout
        assert "Usage: torchenv" in workspace.torchenv(command, "--help").check().stdout


def test_version_and_module(workspace: Workspace) -> None:
    """The command and the module are the same program."""
    told = workspace.torchenv("--version").check().stdout
    assert told == f"torchenv {__version__}\n"
    module = run([BIN / "python", "-m", "provisioner", "--version"], environ=workspace.environ)
    assert module.check().stdout == told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(workspace: Workspace, shell: str) -> None:
    """Each shell gets a script, and the program answers what the script asks."""
    assert "_TORCHENV_COMPLETE" in workspace.torchenv("completion", shell).check().stdout
    asked = {"_TORCHENV_COMPLETE": "bash_complete", "COMP_WORDS": "torchenv ap", "COMP_CWORD": "1"}
    assert workspace.torchenv(environ=asked).stdout == "plain,apply\n"


def test_quiet(workspace: Workspace) -> None:
    """``--quiet`` leaves the result, and nothing on standard error."""
    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    done = workspace.torchenv("apply", "--quiet").check()
    assert done.stderr == ""
    assert re.fullmatch(r"Applied \.venv: \d+ added\n", done.stdout)


def test_colour_is_for_terminals(workspace: Workspace) -> None:
    """Nothing but text goes into a pipe."""
    workspace.write_spec(python="3.10", torch="2.1.0", accelerator="cu116")
    refused = workspace.torchenv("plan").check(2)
    assert "\x1b" not in refused.stdout + refused.stderr
    coloured = workspace.torchenv("plan", environ={"FORCE_COLOR": "1"}).check(2)
    assert "\x1b[" in coloured.stderr
    plain = workspace.torchenv("plan", environ={"FORCE_COLOR": "1", "NO_COLOR": "1"}).check(2)
    assert "\x1b[31m" not in plain.stderr


def test_a_project_of_uv_is_warned_about_where_something_is_done(workspace: Workspace) -> None:
    """An apply that works, ``plan`` and ``status`` warn; one with nothing to do says nothing."""
    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    project = workspace.environment.parent / "pyproject.toml"
    project.write_text('[project]\nname = "demo"\nversion = "1"\n')
    assert "TE618" in workspace.torchenv("apply").check().stderr
    assert "TE618" in workspace.torchenv("plan").check().stderr
    assert "TE618" in workspace.torchenv("status").check().stderr
    assert "TE618" not in workspace.torchenv("apply").check().stderr


def test_status_of_every_state(workspace: Workspace) -> None:
    """``status`` tells the states apart, with exit code 1 for all but ``current``."""

    def state(exit_code: int) -> str:
        document = workspace.torchenv("status", "--json").check(exit_code).json
        return str(document["state"])

    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    assert state(1) == "absent"
    workspace.torchenv("apply").check()
    assert state(0) == "current"
    (site,) = workspace.environment.glob("lib/python3*/site-packages")
    (site / "stray.py").write_text("")
    assert state(1) == "drifted"
    assert "stray.py" in workspace.torchenv("status").check(1).stderr
    workspace.torchenv("apply").check()
    assert state(0) == "current"
    workspace.write_spec(torch="2.9.1", torchvision=False)
    assert state(1) == "stale"
