"""Real installers work with the test indexes as they do with the real ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import HOST_PYTHON, Result, Workspace, run
from tests.support.command import BIN

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """
[project]
name = "demo"
version = "1"
requires-python = ">=3.10"
dependencies = ["torch==2.2.0+cu118", "torchvision==0.17.0+cu118", "torchaudio==2.2.0+cu118"]

[[tool.uv.index]]
name = "pytorch"
url = "{pytorch}/cu118"
explicit = true

[tool.uv.sources]
torch = {{ index = "pytorch" }}
torchvision = {{ index = "pytorch" }}
torchaudio = {{ index = "pytorch" }}
"""
PROOF = """
import torch, torchvision, torchaudio
boxes = torch.tensor([[0, 0, 10, 10], [1, 1, 10, 10]])
kept = torchvision.ops.nms(boxes, torch.tensor([0.8, 0.9]), 0.5)
torchaudio.transforms.MuLawEncoding()(torch.zeros(4))
print(torch.__version__, torch.version.cuda, kept.tolist())
"""


def uv_environ(workspace: Workspace) -> dict[str, str]:
    """Return the workspace's variables, with a cache for uv; it must fetch no interpreter."""
    cache = str(workspace.home / "uv")
    return {**workspace.environ, "UV_CACHE_DIR": cache, "UV_PYTHON_DOWNLOADS": "never"}


def compiled(
    workspace: Workspace, *words: str | Path, python: str = "3.11", index: str | None = None
) -> Result:
    """Run ``uv pip compile`` for Linux, with the default index or another one in its place."""
    target = ("--python-version", python, "--python-platform", "x86_64-manylinux_2_28")
    argv = (BIN / "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", *target)
    source = ("--default-index", index or workspace.index.default)
    return run((*argv, *source, *words), environ=uv_environ(workspace), cwd=workspace.root)


def test_uv_resolves_a_trio_with_an_explicit_index(workspace: Workspace) -> None:
    """The trio comes from PyTorch's index, with hashes; what it requires is found too."""
    pyproject = workspace.write("pyproject.toml", PYPROJECT.format(pytorch=workspace.index.pytorch))
    watch = workspace.index.watch()
    lines = compiled(workspace, "--generate-hashes", pyproject).check().stdout.splitlines()
    pins = [line.split()[0] for line in lines if "==" in line]
    trio = ["torch==2.2.0+cu118", "torchaudio==2.2.0+cu118", "torchvision==0.17.0+cu118"]
    assert [pin for pin in pins if "+cu118" in pin] == trio
    assert {"triton==2.2.0", "nvidia-cublas-cu11==11.11.3.6", "filelock==3.20.0"} <= set(pins)
    torch = workspace.index.find("/whl/cu118/torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl")
    assert any(torch.sha256 in line for line in lines)
    # Sidecars make it unnecessary to open a wheel: nothing but pages and metadata is fetched.
    assert watch.paths("*.whl.metadata")
    assert not watch.paths("*torch-*.whl")


def test_uv_reads_a_wheel_without_sidecar_by_ranges(workspace: Workspace) -> None:
    """The wheels of torch 2.1.0 have no ``.metadata``: one is read in parts, and not twice."""
    requirements = workspace.write("in.txt", "torch==2.1.0+cpu\n")
    index = ("--index", f"{workspace.index.pytorch}/cpu", "--index-strategy", "unsafe-best-match")
    watch = workspace.index.watch()
    compiled(workspace, *index, requirements).check()
    ranges = watch.requests("/whl/cpu/torch-2.1.0+cpu-*.whl", method="GET")
    assert ranges
    assert all(seen.range is not None and seen.status == 206 for seen in ranges)
    assert len({seen.path for seen in ranges}) == 1


def test_uv_gives_the_usual_error_where_a_build_does_not_exist(workspace: Workspace) -> None:
    """There is no torch 2.1.0 for cu116 although that accelerator has a page."""
    requirements = workspace.write("in.txt", "torch==2.1.0+cu116\n")
    index = ("--index", f"{workspace.index.pytorch}/cu116")
    result = compiled(workspace, *index, requirements).check(1)
    assert "there is no version of torch==2.1.0+cu116" in result.stderr


TRIOS = ["1.13.1 0.14.1 0.13.1", "2.1.0 0.16.0 2.1.0", "2.2.0 0.17.0 2.2.0", "2.6.0 0.21.0 2.6.0"]
NEW_TRIOS = ["2.9.1 0.24.1 2.9.1", "2.13.0 0.28.0 2.11.0"]


@pytest.mark.parametrize("versions", [*TRIOS, *NEW_TRIOS])
def test_every_trio_of_the_default_index_resolves(versions: str, workspace: Workspace) -> None:
    """All companions and general packages that it needs are on the default index."""
    torch, torchvision, torchaudio = versions.split()
    text = f"torch=={torch}\ntorchvision=={torchvision}\ntorchaudio=={torchaudio}\n"
    result = compiled(workspace, workspace.write("in.txt", text), python="3.10").check()
    assert f"torch=={torch}" in result.stdout.splitlines()
    assert "nvidia-" in result.stdout


@pytest.mark.parametrize(
    ("accelerator", "versions"),
    [
        ("cpu", "2.2.0 0.17.0 2.2.0"),
        ("cu118", "2.1.0 0.16.0 2.1.0"),
        ("cu118", "2.2.0 0.17.0 2.2.0"),
        ("cu121", "2.2.0 0.17.0 2.2.0"),
        ("cpu", "2.6.0 0.21.0 2.6.0"),
        ("cu126", "2.9.1 0.24.1 2.9.1"),
        ("cu128", "2.9.1 0.24.1 2.9.1"),
        ("cpu", "2.13.0 0.28.0 2.11.0"),
    ],
)
def test_an_accelerators_index_is_enough_for_its_trio(
    accelerator: str, versions: str, workspace: Workspace
) -> None:
    """With PyTorch's index alone everything resolves, from copies that lie there."""
    names = zip(("torch", "torchvision", "torchaudio"), versions.split(), strict=True)
    text = "".join(f"{name}=={version}+{accelerator}\n" for name, version in names)
    alone = f"{workspace.index.pytorch}/{accelerator}"
    watch = workspace.index.watch()
    result = compiled(workspace, workspace.write("in.txt", text), index=alone).check()
    assert "filelock==3.99.0" in result.stdout.splitlines()
    assert not watch.paths("/simple/*")


@pytest.mark.parametrize("indexed", ["default", "pytorch"])
def test_pip_installs_a_trio_that_proves_itself(indexed: str, workspace: Workspace) -> None:
    """From either index torch 2.9.1 is installed with its companions, and it runs."""
    environment = workspace.environment
    run(
        [sys.executable, "-m", "venv", "--without-pip", environment], environ=workspace.environ
    ).check()
    trio = {
        "default": ["torch==2.9.1", "torchvision==0.24.1", "torchaudio==2.9.1"],
        "pytorch": ["torch==2.9.1+cu126", "torchvision==0.24.1+cu126", "torchaudio==2.9.1+cu126"],
    }[indexed]
    url = workspace.index.default if indexed == "default" else f"{workspace.index.pytorch}/cu126"
    argv = (BIN / "python", "-m", "pip", "--python", environment / "bin" / "python", "install")
    run((*argv, "--no-cache-dir", "--index-url", url, *trio), environ=workspace.environ).check()
    cuda = {"default": "+cu128 12.8", "pytorch": "+cu126 12.6"}[indexed]
    assert workspace.run_python(PROOF).check().stdout == f"2.9.1{cuda} [1]\n"


def test_uv_installs_the_tiny_pip(workspace: Workspace) -> None:
    """``pip`` of the default index installs, and says which it is and where."""
    environment = workspace.environment
    environ = uv_environ(workspace)
    run([BIN / "uv", "venv", "--python", sys.executable, environment], environ=environ).check()
    index = ("--default-index", workspace.index.default)
    python = environment / "bin" / "python"
    run([BIN / "uv", "pip", "install", "--python", python, *index, "pip"], environ=environ).check()
    result = run([python, "-m", "pip", "--version"], environ=environ).check()
    where = environment / "lib" / f"python{HOST_PYTHON}" / "site-packages" / "pip"
    assert result.stdout == f"pip 25.3 from {where} (python {HOST_PYTHON})\n"
    assert run([environment / "bin" / "pip", "-V"], environ=environ).stdout == result.stdout
