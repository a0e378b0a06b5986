"""The tiny packages import, report their build, and fail where the real ones would."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import HOST_PYTHON, Scenario, run

if TYPE_CHECKING:
    from tests.support import Result

PROOF = """
import torch, torchvision, torchaudio
assert (torch.ones(2, 2) @ torch.ones(2, 2)).sum().item() == 8
assert (torch.tensor([1, 2]) + torch.tensor([3, 4])).tolist() == [4, 6]
boxes = torch.tensor([[0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
scores = torch.tensor([0.8, 0.9, 0.5])
assert torchvision.ops.nms(boxes, scores, 0.5).tolist() == [1, 2]
samples = torch.tensor([[-1.0, 0.0, 1.0]])
assert torchaudio.transforms.MuLawEncoding()(samples).tolist() == [[0, 128, 255]]
assert not torch.cuda.is_available() and torch.cuda.device_count() == 0
assert torch.cuda.get_arch_list() == [] and not torch.xpu.is_available()
print(torch.__version__, torch.version.cuda, torchvision.__version__, torchaudio.__version__)
"""


def unpacked(scenario: Scenario, folder: Path, *patterns: str) -> Path:
    """Unpack the wheels that match, as an installer would."""
    for pattern in patterns:
        for file in scenario.select(pattern):
            zipfile.ZipFile(io.BytesIO(file.content)).extractall(folder)
    return folder


def run_code(folder: Path, code: str, python: str | Path = sys.executable) -> Result:
    """Run code that sees the unpacked wheels."""
    return run([python, "-c", code], environ={"PYTHONPATH": str(folder)}, cwd=folder)


def interpreter(version: str) -> Path:
    """Return an interpreter of pyenv's, or skip the test."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = sorted(root.glob(f"{version}.*/bin/python"))
    if not found:
        pytest.skip(f"pyenv has no Python {version} here")
    return found[-1]


def test_a_build_of_pytorchs_index_reports_itself(main_scenario: Scenario, tmp_path: Path) -> None:
    """A cu118 trio with its companions imports, computes, and names CUDA 11.8."""
    wheels = (
        "/whl/cu118/torch*2.2.0+cu118-cp311-*linux*",
        "/whl/cu118/torchvision-0.17.0+cu118-cp311-*linux*",
        "/whl/cu118/nvidia*",
    )
    folder = unpacked(main_scenario, tmp_path, *wheels)
    result = run_code(folder, PROOF).check()
    assert result.stdout == "2.2.0+cu118 11.8 0.17.0+cu118 2.2.0+cu118\n"


def test_a_build_of_the_default_index_names_what_its_file_does_not(
    main_scenario: Scenario, tmp_path: Path
) -> None:
    """Installed from the default index, torch 2.9.1 says 2.9.1+cu128 and CUDA 12.8 from inside."""
    wheels = (
        "/packages/torch-2.9.1-cp311-cp311-manylinux*x86_64.whl",
        "/packages/torchvision-0.24.1-cp311-cp311-manylinux*",
        "/packages/torchaudio-2.9.1-cp311-cp311-manylinux*",
        "/packages/nvidia_*_cu12-*",
    )
    folder = unpacked(main_scenario, tmp_path, *wheels)
    result = run_code(folder, PROOF).check()
    assert result.stdout == "2.9.1+cu128 12.8 0.24.1+cu128 2.9.1+cu128\n"


@pytest.mark.parametrize("version", ["3.8", "3.10", "3.13"])
def test_the_stand_ins_run_on_old_and_new_pythons(
    version: str, main_scenario: Scenario, tmp_path: Path
) -> None:
    """The sources use nothing that Python 3.8 lacks, and nothing that 3.13 dropped."""
    python = sys.executable if version == HOST_PYTHON else interpreter(version)
    trio = ("torch-2.2.0+cpu", "torchvision-0.17.0+cpu", "torchaudio-2.2.0+cpu")
    wheels = [f"/whl/cpu/{stem}-cp311-cp311-linux_x86_64.whl" for stem in trio]
    folder = unpacked(main_scenario, tmp_path, *wheels)
    assert run_code(folder, PROOF, python).check().stdout.startswith("2.2.0+cpu None ")


def test_the_mac_build_has_no_local_part(main_scenario: Scenario, tmp_path: Path) -> None:
    """On macOS neither file nor ``__version__`` names a build."""
    wheel = "/whl/cpu/torch-2.2.0-cp311-none-macosx_11_0_arm64.whl"
    folder = unpacked(main_scenario, tmp_path, wheel)
    result = run_code(folder, "import torch; print(torch.__version__, torch.version.cuda)")
    assert result.check().stdout == "2.2.0 None\n"


def test_torch_needs_its_companions(main_scenario: Scenario, tmp_path: Path) -> None:
    """Without the nvidia packages the import fails with the loader's words."""
    folder = unpacked(main_scenario, tmp_path, "/whl/cu118/torch-2.2.0+cu118-cp311-*linux*")
    result = run_code(folder, "import torch").check(1)
    assert (
        "ImportError: libnvrtc.so.11.2: cannot open shared object file: No such file or directory\n"
    ) in result.stderr


def test_companions_are_found_beside_the_real_file(main_scenario: Scenario, tmp_path: Path) -> None:
    """As with ``$ORIGIN``, a link to torch's folder does not lead to what lies beside the link."""
    torch = "/whl/cu118/torch-2.2.0+cu118-cp311-*linux*"
    real = unpacked(main_scenario, tmp_path / "real", torch)
    linked = unpacked(main_scenario, tmp_path / "linked", "/whl/cu118/nvidia*")
    (linked / "torch").symlink_to(real / "torch")
    assert "ImportError: libnvrtc.so.11.2" in run_code(linked, "import torch").check(1).stderr


def test_a_cuda_build_knows_its_architectures(main_scenario: Scenario, tmp_path: Path) -> None:
    """They can be read without a GPU; a CPU build has no such function."""
    code = "import torch, torch._C; print(torch._C._cuda_getArchFlags())"
    wheels = ("/whl/cu118/torch-2.2.0+cu118-cp311-*linux*", "/whl/cu118/nvidia*")
    cuda = unpacked(main_scenario, tmp_path / "cuda", *wheels)
    assert run_code(cuda, code).check().stdout == (
        "sm_37 sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90\n"
    )
    cpu = unpacked(main_scenario, tmp_path / "cpu", "/whl/cpu/torch-2.2.0+cpu-cp311-*linux*")
    assert "AttributeError" in run_code(cpu, code).check(1).stderr


def test_torchvision_of_another_build_refuses(main_scenario: Scenario, tmp_path: Path) -> None:
    """Beside torch for CUDA, torchvision for the CPU lacks its operators, as in reality."""
    wheels = (
        "/whl/cu118/torch-2.2.0+cu118-cp311-*linux*",
        "/whl/cu118/nvidia*",
        "/whl/cpu/torchvision-0.17.0+cpu-cp311-*linux*",
    )
    folder = unpacked(main_scenario, tmp_path, *wheels)
    result = run_code(folder, "import torchvision").check(1)
    assert result.stderr.endswith("RuntimeError: operator torchvision::nms does not exist\n")


def test_torchaudio_of_another_torch_refuses_until_2_11(
    main_scenario: Scenario, tmp_path: Path
) -> None:
    """The library of torchaudio 2.2.0 needs its own torch; that of 2.11.0 takes any."""
    torch = "/whl/cpu/torch-2.13.0+cpu-cp311-*manylinux*x86_64.whl"
    old = unpacked(
        main_scenario, tmp_path / "old", torch, "/whl/cpu/torchaudio-2.2.0+cpu-cp311-*linux*"
    )
    assert "undefined symbol" in run_code(old, "import torchaudio").check(1).stderr
    new = unpacked(
        main_scenario, tmp_path / "new", torch, "/whl/cpu/torchaudio-2.11.0+cpu-cp311-*linux*"
    )
    run_code(new, "import torchaudio").check()


def test_a_look_alike_is_not_the_build_that_it_claims(
    main_scenario: Scenario, tmp_path: Path
) -> None:
    """The planted 2.2.0+cu118 has the name, but no CUDA inside and other bytes."""
    wheel = "/extra/packages/torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl"
    folder = unpacked(main_scenario, tmp_path, wheel)
    result = run_code(folder, "import torch; print(torch.__version__, torch.version.cuda)")
    assert result.check().stdout == "2.2.0+cu118 None\n"
    true = main_scenario.find("/whl/cu118/torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl")
    assert main_scenario.find(wheel).sha256 != true.sha256
