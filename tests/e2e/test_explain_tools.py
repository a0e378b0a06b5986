"""Failures of the real pip, uv and Python, made on purpose, and what explain says of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from provisioner.compat import load_compat
from provisioner.diagnosis import diagnose
from tests.support import run
from tests.support.command import BIN

if TYPE_CHECKING:
    from provisioner.diagnosis import Cause
    from tests.support import Workspace

pytestmark = pytest.mark.e2e

NOWHERE = "http://127.0.0.1:9"
"""The port of the discard service, where nothing listens."""


def fail(workspace: Workspace, *words: str, **variables: str) -> Cause:
    """Run a command that must fail, and return the first cause of what it printed."""
    quick = {"PIP_RETRIES": "1", "UV_HTTP_RETRIES": "0", "UV_PYTHON_DOWNLOADS": "never"}
    environ = {**workspace.environ, **quick, **variables}
    done = run(words, environ=environ, cwd=workspace.root)
    assert done.exit_code != 0, done.stdout
    best = diagnose(done.stdout + done.stderr, load_compat()).best
    assert best is not None, done.stdout + done.stderr
    return best


def pip(workspace: Workspace, *words: str, **variables: str) -> Cause:
    """Let pip fail to install into a folder."""
    target = ["--target", str(workspace.root / "target")]
    argv = [sys.executable, "-m", "pip", "install", *target, *words]
    return fail(workspace, *argv, **variables)


def uv(workspace: Workspace, *words: str, **variables: str) -> Cause:
    """Let uv fail to resolve ``torch==2.2.0`` or what the words add."""
    request = workspace.write("request.in", "torch==2.2.0\n")
    argv = [str(BIN / "uv"), "pip", "compile", "--no-config", str(request), *words]
    return fail(workspace, *argv, **variables)


def test_nothing_listens(workspace: Workspace) -> None:
    """An index that does not run."""
    assert uv(workspace, "--default-index", f"{NOWHERE}/simple").category == "network-unreachable"


def test_proxy_that_does_not_run(workspace: Workspace) -> None:
    """A proxy that is configured and does not run: pip names its host, and no proxy."""
    words = ["torch", "-i", "https://index.example/simple"]
    assert pip(workspace, *words, HTTPS_PROXY=NOWHERE).category == "network-proxy"


def test_variant_that_never_was(workspace: Workspace) -> None:
    """The classic: torch 2.1.0 for CUDA 11.6."""
    best = pip(workspace, "torch==2.1.0+cu116", "-i", workspace.index.default)
    assert (best.category, best.confidence) == ("accelerator-tag", "certain")
    assert best.cause.startswith(
        "torch 2.1.0 was never built for `cu116` (nor for any torch 2.x): that exists for "
        "torch 1.12.0 to 1.13.1."
    )


def test_variant_that_is_elsewhere(workspace: Workspace) -> None:
    """A build of PyTorch's index, asked of the default index."""
    best = pip(workspace, "torch==2.2.0+cu118", "-i", workspace.index.default)
    assert (best.category, best.confidence) == ("index-missing-torch", "certain")
    assert (
        '`pip install "torch==2.2.0+cu118" --index-url https://download.pytorch.org/whl/cu118`'
        in best.fix
    )


def test_truncated_wheel(workspace: Workspace) -> None:
    """A file with a wheel's name that is cut off."""
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    wheel = workspace.root / f"torch-2.2.0-{tag}-{tag}-linux_x86_64.whl"
    wheel.write_bytes(b"PK\x03\x04" + b"0" * 500)
    assert pip(workspace, str(wheel)).category == "corrupt-wheel"


def test_wheel_of_another_machine(workspace: Workspace) -> None:
    """A wheel for Windows on something else."""
    wheel = workspace.write("torch-2.2.0-cp39-cp39-win_amd64.whl", "")
    assert pip(workspace, str(wheel)).category == "wheel-wrong-tag"


def test_requirement_with_one_equals_sign(workspace: Workspace) -> None:
    """A typing error."""
    assert pip(workspace, "torch=2.2.0").category == "command-syntax"


def test_members_that_contradict(workspace: Workspace) -> None:
    """Torch and torchvision of different releases."""
    words = ["torch==2.2.0", "torchvision==0.16.0", "-i", workspace.index.default]
    assert pip(workspace, *words).category == "resolver-conflict"


def test_hashes_are_required(workspace: Workspace) -> None:
    """Hash checking without hashes."""
    words = ["--require-hashes", "torch==2.2.0", "-i", workspace.index.default]
    assert pip(workspace, *words).category == "hash-required"


@pytest.mark.parametrize(
    ("words", "category"),
    [
        (("--python-platform", "x86_64-unknown-linux-musl"), "platform-musl"),
        (("--python-version", "3.13"), "python-version"),
    ],
)
def test_machines_without_wheels(
    workspace: Workspace, words: tuple[str, ...], category: str
) -> None:
    """Uv says for which machine it looked."""
    best = uv(workspace, "--default-index", workspace.index.default, *words)
    assert best.category == category


def test_file_that_hides_torch(workspace: Workspace) -> None:
    """A script of the name torch.py."""
    script = workspace.write("torch.py", "import torch\nx = torch.tensor([1])\n")
    assert fail(workspace, sys.executable, str(script)).category == "name-shadowing"
