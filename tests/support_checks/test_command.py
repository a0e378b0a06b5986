"""Commands run with known variables, also without a network; leaks between tests are found."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support import (
    Command,
    IndexServer,
    Workspace,
    clean_environ,
    offline_wrapper,
    run,
    tree_state,
)
from tests.support.command import BIN

FETCH = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=20).status)
except OSError as error:
    print(type(error).__name__)
"""


def test_nothing_of_the_callers_tools_reaches_a_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables of pip, uv, Python and virtual environments stay behind; PATH and HOME are set."""
    for name in ("PIP_INDEX_URL", "UV_CACHE_DIR", "VIRTUAL_ENV", "PYTHONPATH", "http_proxy"):
        monkeypatch.setenv(name, "leak")
    environ = clean_environ(tmp_path)
    assert "leak" not in environ.values()
    assert environ["HOME"] == str(tmp_path)
    assert environ["PATH"].endswith(os.environ["PATH"])


def test_pip_sees_only_what_the_workspace_says(workspace: Workspace) -> None:
    """By default one variable; with ``pip_config`` that file, and no user's or global one."""
    argv = (BIN / "python", "-m", "pip", "config", "list")
    listed = run(argv, environ=workspace.environ).check().stdout.splitlines()
    assert f":env:.index-url='{workspace.index.default}'" in listed
    assert all(line.startswith(":env:.") for line in listed)
    workspace.pip_config("[global]\nindex-url = http://registry.example/simple\n")
    listed = run(argv, environ=workspace.environ).check().stdout.splitlines()
    assert "global.index-url='http://registry.example/simple'" in listed


def test_offline_means_that_not_even_the_loopback_answers(
    index: IndexServer, tmp_path: Path
) -> None:
    """The same program reaches the test index, and does not when it runs offline."""
    python = Command(Path(sys.executable), clean_environ(tmp_path), tmp_path)
    assert python("-c", FETCH, f"{index.default}/numpy/").check().stdout == "200\n"
    offline = python("-c", FETCH, f"{index.default}/numpy/", offline=True).check()
    assert offline.stdout == "URLError\n"


def test_the_stand_in_for_a_name_space_also_cuts_the_network(
    index: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``unshare`` proxies at a closed port keep clients from the index."""
    monkeypatch.setenv("PATH", "")
    wrapper, variables = offline_wrapper.__wrapped__()
    assert wrapper == ()
    python = Command(Path(sys.executable), {**clean_environ(tmp_path), **variables}, tmp_path)
    assert python("-c", FETCH, f"{index.default}/numpy/").check().stdout == "URLError\n"


def test_a_result_says_what_went_wrong(tmp_path: Path) -> None:
    """An unexpected exit code fails with both outputs; JSON is read on demand."""
    python = Command(Path(sys.executable), clean_environ(tmp_path), tmp_path)
    assert python("-c", "print('{\"ok\": true}')").check().json == {"ok": True}
    failed = python("-c", "import sys; sys.exit('why')")
    with pytest.raises(AssertionError, match=r"exit code 1, not 0: .*\n(.*\n)*why"):
        failed.check()


def test_a_spec_names_the_test_index(workspace: Workspace) -> None:
    """Keys go to their tables; PyTorch's index is the local one."""
    path = workspace.write_spec(
        python="3.11",
        accelerator="cu118",
        torch="2.2.0",
        torchaudio=False,
        dependencies={"einops": "*"},
        sources={"trio": "pytorch"},
    )
    assert path.read_text() == (
        '[environment]\npython = "3.11"\naccelerator = "cu118"\n\n'
        '[torch]\ntorch = "2.2.0"\ntorchaudio = false\n\n'
        '[dependencies]\neinops = "*"\n\n'
        f'[sources]\npytorch = "{workspace.index.pytorch}"\ntrio = "pytorch"\n'
    )


def test_a_trees_state_tells_every_change(tmp_path: Path) -> None:
    """Content, permissions and links count; an absent folder is an empty state."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    before = tree_state(tmp_path)
    assert before["link"] == "link to a"
    (tmp_path / "a").chmod(0o600)
    assert tree_state(tmp_path).keys() == before.keys()
    assert tree_state(tmp_path) != before
    assert tree_state(tmp_path / "nothing") == {}


LEAKS = """
import os
def test_variable(): os.environ["LEAK"] = "1"
def test_folder(tmp_path): os.chdir(tmp_path)
def test_clean(): assert "LEAK" not in os.environ
"""


def test_a_test_that_leaks_fails(tmp_path: Path) -> None:
    """Changed variables and folders are errors at the test that leaves them, and at no other."""
    tests = tmp_path / "test_leaks.py"
    tests.write_text(LEAKS)
    root = Path(__file__).parents[2]
    argv = (sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", tmp_path, tests)
    own = {"PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = run(argv, environ={**clean_environ(tmp_path), **own}, cwd=tmp_path).check(1)
    assert "the test left environment variables changed: ['LEAK']" in result.stdout
    assert "the test left the working folder at" in result.stdout
    assert "3 passed, 2 errors" in result.stdout
