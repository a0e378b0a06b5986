"""``torchenv init``: a first spec that plans clean, from nothing or from what is there."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import tomlkit

from provisioner.api._pythons import pythons_here
from tests.doctor.kit import install, make_venv

if TYPE_CHECKING:
    from tests.support import Workspace

pytestmark = pytest.mark.e2e


def spec(workspace: Workspace) -> str:
    """Return the spec that was written, after planning it."""
    workspace.torchenv("plan", offline=True).check()
    return (workspace.root / "torchenv.toml").read_text()


def test_from_options(workspace: Workspace) -> None:
    """Options become the spec, and the members follow torch."""
    options = ["--python", "3.11", "--accelerator", "cu118", "--torch", "2.2.0"]
    done = workspace.torchenv("init", *options).check()
    assert done.stdout.startswith(
        "Wrote torchenv.toml: torch 2.2.0, torchvision 0.17.0, torchaudio 2.2.0 for cu118"
    )
    assert spec(workspace) == (
        '[environment]\npython = "3.11"\naccelerator = "cu118"\n\n[torch]\ntorch = "2.2.0"\n'
    )


def test_from_nothing(workspace: Workspace) -> None:
    """Without a terminal what nobody said is filled in, and told."""
    workspace.torchenv("init").check()
    written = spec(workspace)
    assert "nothing said which accelerator is wanted: `cpu` was taken" in written
    assert tomlkit.parse(written)["environment"]["python"] in pythons_here()


def test_into_a_folder_that_is_not_there(workspace: Workspace) -> None:
    """A folder is not made by the way; what to do is not about its permissions."""
    done = workspace.torchenv("init", "--python", "3.11", "no/torchenv.toml").check(3)
    assert "  do    Make the folder, or name another file.\n" in done.stderr


def answer(workspace: Workspace, *answers: str) -> str:
    """Run ``torchenv init`` on a terminal, type answers, and return what the screen shows."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [workspace.torchenv.program, "init"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=workspace.root,
        env=workspace.torchenv.environ,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{one}\n" for one in answers).encode())
    screen = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert program.wait() == 0, screen
    return screen.decode()


def _read(terminal: int) -> bytes:
    """Return what a terminal shows next; Linux says EIO where the program has ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_asking(workspace: Workspace) -> None:
    """On a terminal it asks for three things, and the answers become the spec."""
    assert "Accelerator (" in answer(workspace, "cu118", "3.11", "2.2.0")
    assert spec(workspace) == (
        '[environment]\npython = "3.11"\naccelerator = "cu118"\n\n[torch]\ntorch = "2.2.0"\n'
    )


def test_asking_and_no_answer(workspace: Workspace) -> None:
    """Return takes what is offered: the machine's best, and this Python."""
    answer(workspace, "", "", "")
    python = "{}.{}".format(*sys.version_info)
    assert spec(workspace).startswith(
        f'[environment]\npython = "{python}"\naccelerator = "auto"\n\n[torch]\n'
    )


def test_asking_for_what_cannot_be(workspace: Workspace) -> None:
    """Of an answer that cannot be the nearest is taken, and told."""
    screen = answer(workspace, "cu116", "3.11", "2.1.0")
    assert (
        "for cu118 on Python 3.11 was taken: torch 2.1.0 was never published for `cu116`" in screen
    )
    assert 'accelerator = "cu118"' in spec(workspace)


def test_never_over_a_spec(workspace: Workspace) -> None:
    """A spec that is there stays."""
    path = workspace.write("torchenv.toml", "# mine\n")
    done = workspace.torchenv("init").check(2)
    assert done.stderr.startswith("error TE891: `torchenv.toml` is there already.\n")
    assert path.read_text() == "# mine\n"


def test_from_requirements(workspace: Workspace) -> None:
    """Requirements, their includes and indexes are taken over; what cannot be is changed."""
    workspace.write("more.txt", "numpy>=2\n-c limits.txt\n")
    workspace.write(
        "requirements.txt",
        "# what we need\n-r more.txt\n--extra-index-url https://download.pytorch.org/whl/cu116\n"
        "--index-url https://me:pw@packages.example/simple\n"
        "torch==2.1.0\ntorchvision==0.16.0\nrequests[socks]==2.31.0 \\\n    --hash=sha256:00\n"
        "thing @ https://a.example/thing.whl\n-e .\n",
    )
    workspace.torchenv(
        "init", "--python", "3.10", "--from-requirements", "requirements.txt"
    ).check()
    text = (workspace.root / "torchenv.toml").read_text()
    assert 'torch = "2.1.0"' in text
    assert 'torchvision = "0.16.0"' in text
    assert 'accelerator = "cu118"' in text
    assert "torch 2.1.0 was never published for `cu116`" in text
    assert 'numpy = "*"' in text
    assert 'requests = "==2.31.0"' in text
    assert "constraints are not taken over: limits.txt" in text
    assert "it comes from an address of its own: thing" in text


def test_from_environment(workspace: Workspace) -> None:
    """Of an environment what nothing else requires is taken over, with the build of torch."""
    site = make_venv(workspace.root / "old", "3.10")
    version = "__version__ = '2.2.0'\ncuda = '12.1'\nhip = None\n"
    install(site, "torch", "2.2.0", {"torch/version.py": version}, ("filelock", "sympy"))
    install(site, "filelock", "3.13.0")
    install(site, "einops", "0.7.0")
    install(site, "pip", "24.0")
    workspace.torchenv("init", "--from-env", "old").check()
    assert spec(workspace) == (
        '[environment]\npython = "3.10"\naccelerator = "cu121"\n\n'
        '[torch]\ntorch = "2.2.0"\ntorchvision = false\ntorchaudio = false\n\n'
        '[dependencies]\neinops = "==0.7.0"\n'
    )


def test_from_pyproject(workspace: Workspace) -> None:
    """A project's dependencies, range of Pythons and indexes of uv are taken over."""
    workspace.write(
        "pyproject.toml",
        '[project]\nname = "x"\nrequires-python = ">=3.9,<3.12"\n'
        'dependencies = ["torch>=2.2,<2.3", "einops"]\n'
        '[[tool.uv.index]]\nname = "p"\nurl = "https://download.pytorch.org/whl/cu118"\n',
    )
    workspace.torchenv("init", "--from-pyproject", "pyproject.toml").check()
    text = spec(workspace)
    assert 'python = "3.11"' in text
    assert 'accelerator = "cu118"' in text
    assert 'torch = "<2.3,>=2.2"' in text


def test_from_poetry(workspace: Workspace) -> None:
    """Carets and tildes of poetry are understood."""
    workspace.write(
        "pyproject.toml",
        '[tool.poetry.dependencies]\npython = "~3.10"\ntorch = "^2.2.0"\n'
        'einops = {version = "0.7.0"}\n',
    )
    workspace.torchenv("init", "--from-pyproject", "pyproject.toml").check()
    text = spec(workspace)
    assert 'python = "3.10"' in text
    assert 'torch = "<3,>=2.2.0"' in text
    assert 'einops = "==0.7.0"' in text


def test_from_conda(workspace: Workspace) -> None:
    """Conda's names become those of the index; what is no Python package is left out."""
    workspace.write(
        "environment.yml",
        "name: x\ndependencies:\n  - python=3.10\n  - pytorch::pytorch=2.1\n  - pytorch-cuda=11.8\n"
        "  - torchvision=0.16.2=py310_cu118\n  - ffmpeg\n  - pandas>=2,<3\n  - pip:\n"
        "    - einops==0.7.0\n",
    )
    workspace.torchenv("init", "--from-conda", "environment.yml").check()
    text = spec(workspace)
    assert 'torch = "2.1"' in text
    assert 'torchvision = "0.16.2"' in text
    assert 'accelerator = "cu118"' in text
    assert 'pandas = "<3,>=2"' in text
    assert 'einops = "==0.7.0"' in text
    assert "left out, since it is no Python package: ffmpeg" in text


@pytest.mark.parametrize(
    ("option", "name", "content"),
    [
        ("--from-requirements", "missing.txt", None),
        ("--from-pyproject", "pyproject.toml", "= broken"),
        ("--from-pyproject", "pyproject.toml", "[tool.other]\n"),
        ("--from-conda", "environment.yml", "a: [b\n"),
        ("--from-conda", "environment.yml", "name: x\n"),
        ("--from-env", "nowhere", None),
        ("--from-requirements", "self.txt", "-r self.txt\n"),
    ],
)
def test_source_that_cannot_be_read(
    workspace: Workspace, option: str, name: str, content: str | None
) -> None:
    """A source that is missing or broken is a finding, and nothing is written."""
    if content is not None:
        workspace.write(name, content)
    done = workspace.torchenv("init", option, name).check(2)
    assert done.stderr.startswith(f"error TE130: `{name}` cannot be read.\n")
    assert not (workspace.root / "torchenv.toml").exists()


def test_two_sources(workspace: Workspace) -> None:
    """Only one source can be taken over."""
    done = workspace.torchenv("init", "--from-env", "a", "--from-conda", "b").check(2)
    assert done.stderr.startswith("error TE903: Name one source only.\n")


def test_git(workspace: Workspace) -> None:
    """Where git is used, the environment is ignored, once."""
    workspace.write(".gitignore", "*.log")
    document = workspace.torchenv("init", "--json").check().json
    assert document["ignored"] is True
    assert (workspace.root / ".gitignore").read_text() == "*.log\n/.venv\n"
    (workspace.root / "torchenv.toml").unlink()
    assert workspace.torchenv("init", "--json").check().json["ignored"] is False
