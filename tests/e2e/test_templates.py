"""Templates with the installed command: the network, trust, and what an apply takes notice of."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.network.server import Answer, Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Workspace

pytestmark = pytest.mark.e2e

BASE = '[torch]\ntorch = "2.9.1"\ntorchvision = false\ntorchaudio = false\n'
PLAN = '[environment]\npython = "3.11"\naccelerator = "cpu"\n'


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve templates."""
    with running() as started:
        yield started


def entry(server: Server, text: str = BASE) -> str:
    """Return the line of a spec that extends the server's template."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return f'extends = ["{server.url}/base.toml#sha256={sha256}"]\n'


def test_a_template_of_the_network_is_fetched_once(workspace: Workspace, server: Server) -> None:
    """It is kept in the store, so that the next plan needs no network."""
    server.answers["/base.toml"] = [Answer(body=BASE.encode())]
    workspace.write("torchenv.toml", entry(server) + PLAN)
    for _ in range(2):
        done = workspace.torchenv("plan", "--json").check()
        assert json.loads(done.stdout)["targets"]["default"]["torch"].startswith("2.9.1")
    assert [one.path for one in server.requests] == ["/base.toml"]


def test_a_template_that_was_exchanged(workspace: Workspace, server: Server) -> None:
    """Other bytes than those of the hash are refused and not kept."""
    server.answers["/base.toml"] = [Answer(body=b"# a trap"), Answer(body=BASE.encode())]
    workspace.write("torchenv.toml", entry(server) + PLAN)
    assert "error TE113: The template" in workspace.torchenv("plan").check(2).stderr
    workspace.torchenv("plan").check()


def test_a_template_that_is_not_there(workspace: Workspace, server: Server) -> None:
    """The server's refusal is told at the entry of the spec."""
    server.answers["/base.toml"] = [Answer(status=404)]
    workspace.write("torchenv.toml", entry(server) + PLAN)
    done = workspace.torchenv("plan", "--json").check(3)
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["where"] == {"file": "torchenv.toml", "line": 1, "key": "extends[0]"}


def test_whom_the_user_trusts(workspace: Workspace) -> None:
    """A folder outside the project is trusted by a variable or by the user's own configuration."""
    team = workspace.home / "team"
    team.mkdir()
    (team / "base.toml").write_text(BASE)
    workspace.write("torchenv.toml", f'extends = ["{team}/base.toml"]\n{PLAN}')
    assert "error TE112" in workspace.torchenv("plan").check(2).stderr
    workspace.environ["TORCHENV_TRUSTED_TEMPLATES"] = str(team)
    workspace.torchenv("plan").check()
    del workspace.environ["TORCHENV_TRUSTED_TEMPLATES"]
    workspace.environ["TORCHENV_CONFIG"] = str(workspace.home / "settings")
    settings = workspace.home / "settings" / "config.toml"
    settings.parent.mkdir()
    settings.write_text(f'trusted-templates = ["{workspace.home}"]')
    workspace.torchenv("plan").check()
    settings.write_text("trusted-templates = 1")
    assert "error TE116" in workspace.torchenv("plan").check(2).stderr


def test_the_merged_spec_is_a_spec(workspace: Workspace) -> None:
    """What `--show-merged` prints means the same; with `--json` every value has its place."""
    workspace.write("base.toml", BASE)
    workspace.write("torchenv.toml", f'extends = ["base.toml"]\n{PLAN}')
    shown = workspace.torchenv("plan", "--show-merged").check().stdout
    workspace.write("whole.toml", shown)
    plans = [
        workspace.torchenv("plan", name).check().stdout for name in ("torchenv.toml", "whole.toml")
    ]
    assert plans[0] == plans[1]
    document = json.loads(workspace.torchenv("plan", "--show-merged", "--json").check().stdout)
    assert {"key": "torch.torch", "value": "2.9.1", "file": "base.toml", "line": 2} in document[
        "merged"
    ]
    workspace.write("base.toml", BASE.replace("2.9.1", "nonsense"))
    refused = workspace.torchenv("plan", "--show-merged").check(2)
    assert 'torch = "nonsense"' in refused.stdout
    assert "base.toml:2: torch.torch" in refused.stderr


def test_a_changed_template_is_something_to_do(workspace: Workspace) -> None:
    """An apply is decided quickly only while spec and templates are as they were."""
    workspace.write_spec(torch="2.6.0", torchvision=False, torchaudio=False)
    spec = (workspace.root / "torchenv.toml").read_text()
    workspace.write("torchenv.toml", 'extends = ["base.toml"]\n' + spec)
    base = workspace.write("base.toml", "")
    workspace.torchenv("apply").check()
    assert workspace.torchenv("apply").check().stdout.startswith("Up to date")
    base.write_text('[dependencies]\ntqdm = "*"\n')
    assert "1 added" in workspace.torchenv("apply").check().stdout
    base.write_text('[dependencies]\ntqdm = "*" # wanted\n')
    assert workspace.torchenv("apply").check().stdout.startswith("Up to date")
