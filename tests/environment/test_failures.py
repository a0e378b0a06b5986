"""Whatever fails on the way, what was there before is untouched, and nothing half-made stays."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import apply_lock
from provisioner.findings import TorchenvError, VerificationError, WorldError
from provisioner.lockfile import LockedPackage
from provisioner.store import Store
from tests.environment.disks import fill, tmpfs
from tests.environment.kit import (
    Project,
    Steps,
    make_project,
    put_wheel,
    stored,
    this_interpreter,
    tiny,
    trio,
)
from tests.support import tree_state
from tests.support.wheels import Defects, text_member

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.findings import Finding
    from provisioner.lockfile import Lock
    from tests.support.wheels import Wheel


def fail(project: Project, lock: Lock, kind: type[TorchenvError]) -> Finding:
    """Apply over a working environment, expect a failure, and check that it left no trace."""
    project.apply(project.lock(trio()))
    before = tree_state(project.root)
    with pytest.raises(kind) as caught:
        project.apply(lock)
    after = tree_state(project.root)
    before_without_counter, after_without_counter = (
        {path: state for path, state in each.items() if not path.endswith("last-generation")}
        for each in (before, after)
    )
    assert after_without_counter == before_without_counter
    assert not project.apply(project.lock(trio())).did
    return caught.value.findings[0]


def torch_with(text: str, path: str = "torch/xpu.py") -> list[Wheel]:
    """Describe a trio of another release whose torch has a defect."""
    broken = tiny("torch", "2.2.1+cpu", accelerator="cpu", members=(text_member(path, text),))
    return [broken, *trio("2.2.1", vision="0.17.1")[1:]]


def test_a_torch_that_cannot_be_imported(project: Project) -> None:
    """The traceback's end is in the finding, once and readable."""
    lock = project.lock(torch_with("raise ImportError('libcublas.so.12: cannot open')\n"))
    finding = fail(project, lock, VerificationError)
    assert finding.code == "TE701"
    assert finding.message == "The new environment cannot import `torch`."
    assert finding.why.endswith("ImportError: libcublas.so.12: cannot open")
    assert finding.why.startswith("Inside the environment Python said:\n/")
    assert "0002/lib/python" in finding.why
    assert "importlib" not in finding.why


def test_a_torchvision_for_another_torch(project: Project) -> None:
    """A companion that refuses its torch fails the proof, as the real one does."""
    wrong = [trio("2.2.1")[0], *trio("2.2.0")[1:]]
    finding = fail(project, project.lock(wrong), VerificationError)
    assert finding.message == "The new environment cannot import `torchvision`."
    assert finding.why.endswith("RuntimeError: operator torchvision::nms does not exist")


def test_another_build_inside_than_planned(project: Project) -> None:
    """A wheel that reports another build than its name is refused."""
    lie = [tiny("torch", "2.2.1", accelerator="cu118"), tiny("numpy", "1.26.4")]
    lock = project.lock(lie)
    cpu = tuple(replace(build, accelerator="cpu") for build in lock.trio)
    finding = fail(project, replace(lock, trio=cpu), VerificationError)
    assert finding.code == "TE702"
    assert finding.message == "`torch` says inside the new environment that it is `2.2.1+cu118`."


def test_an_interpreter_that_dies(project: Project) -> None:
    """A crash of the interpreter is a finding that names the step."""
    lock = project.lock(torch_with("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"))
    finding = fail(project, lock, VerificationError)
    assert finding.message == "The new environment cannot import `torch`."
    assert "ended by signal 11" in finding.why


def test_an_operation_that_is_wrong(project: Project) -> None:
    """A wrong result of an operation is refused."""
    lock = project.lock(
        [
            *trio()[:2],
            tiny("numpy", "1.0"),
            tiny(
                "torchaudio",
                "2.2.0+cpu",
                members=(
                    text_member(
                        "torchaudio/transforms.py",
                        "class MuLawEncoding:\n"
                        "    def __init__(self, n): pass\n"
                        "    def __call__(self, x): return x\n",
                    ),
                ),
                accelerator="cpu",
                requires=("torch==2.2.0",),
            ),
        ]
    )
    finding = fail(project, lock, VerificationError)
    assert finding.code == "TE703"
    assert finding.message == (
        "An operation failed inside the new environment: torchaudio.transforms.MuLawEncoding."
    )
    assert finding.why.endswith("the result is [-1.0, 0.0, 1.0], and [0, 128, 255] is right")


def test_a_kernel_that_fails_on_a_gpu(project: Project) -> None:
    """Where torch sees GPUs a kernel must run on one, and its failure is named."""
    text = "def is_available(): return True\ndef device_count(): return 2\n"
    finding = fail(project, project.lock(torch_with(text, "torch/cuda.py")), VerificationError)
    assert finding.code == "TE703"
    assert finding.message == (
        "An operation failed inside the new environment: matrix product on the GPU."
    )
    assert finding.why.endswith("RuntimeError: Found no NVIDIA driver on your system.")


def test_what_packages_print_is_no_answer(project: Project) -> None:
    """A package that prints at import does not disturb the proof."""
    text = "import sys\nprint('{\"done\": 1}')\nsys.stderr.write('noise')\n"
    text += "def is_available(): return False\n"
    assert project.apply(project.lock(torch_with(text))).did


def test_a_wheel_whose_metadata_names_another_version(project: Project) -> None:
    """The engine refuses it, and its own words are in the finding."""
    lie = replace(tiny("requests", "2.32.0"), defects=Defects(metadata_version="2.31.0"))
    finding = fail(project, project.lock([*trio(), lie]), WorldError)
    assert finding.code == "TE604"
    assert "2.31.0" in finding.why


def test_a_wheel_that_changes_in_the_store(project: Project) -> None:
    """A wheel that loses its hash between the store's check and the installation is refused."""
    lock = project.lock([*trio(), tiny("requests", "2.32.0")])
    wheel = next(each.wheel for each in lock.packages if each.name == "requests")
    path = stored(project.store, wheel)

    class Damaging(Steps):
        def step(self, text: str) -> None:
            if text.startswith("Installing"):
                content = bytearray(path.read_bytes())
                content[content.index(b"A stand-in")] ^= 1
                path.write_bytes(content)

    with pytest.raises(VerificationError) as caught:
        project.apply(lock, Damaging())
    (finding,) = caught.value.findings
    assert finding.code == "TE501"
    assert finding.message == f"`{wheel.name}` in the store does not match its hash."
    assert str(path) in finding.why


def test_a_wheel_that_is_no_zip_file(project: Project) -> None:
    """A file with the right hash that is no wheel is refused before anything is built."""
    lock = project.lock(trio())
    broken = put_wheel(project.store, "requests-2.32.0-py3-none-any.whl", b"<html>Not Found</html>")
    package = LockedPackage(name="requests", version="2.32.0", wheels=(broken,), index=None)
    finding = fail(project, project.lock_of([*lock.packages, package]), VerificationError)
    assert finding.code == "TE504"
    assert finding.message == "`requests-2.32.0-py3-none-any.whl` is not a wheel."


def test_a_base_python_that_does_not_run(project: Project, tmp_path: Path) -> None:
    """An interpreter that no environment can be made from is a finding."""
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    request = replace(
        project.request(project.lock(trio())), interpreter=replace(this_interpreter(), path=fake)
    )
    with pytest.raises(WorldError) as caught:
        apply_lock(request)
    assert caught.value.findings[0].code == "TE604"
    assert str(fake) in caught.value.findings[0].message
    assert project.generations == []
    assert not project.link.is_symlink()


@pytest.mark.parametrize("step", ["Installing", "Checking", "Proving", "Listing", "Switching"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_an_error_of_the_system_at_any_step(project: Project, step: str, number: int) -> None:
    """An error of the disk between any two steps undoes the new generation and is named."""

    class Failing(Steps):
        def step(self, text: str) -> None:
            if text.startswith(step):
                raise OSError(number, "said the disk", str(project.root))

    project.apply(project.lock(trio()))
    before = project.current
    with pytest.raises(WorldError) as caught:
        project.apply(project.lock(trio("2.2.1", vision="0.17.1")), Failing())
    assert caught.value.findings[0].code == ("TE503" if number == errno.ENOSPC else "TE603")
    assert project.current == before
    assert project.generations == ["0001"]


@pytest.mark.parametrize("step", ["Installing", "Checking", "Proving", "Listing"])
def test_a_disk_that_fills_up_at_any_step(tmp_path: Path, step: str) -> None:
    """A really full disk is named as such, the new generation goes, and the old one works."""

    class Filling(Steps):
        def step(self, text: str) -> None:
            if text.startswith(step):
                fill(disk)

    with tmpfs(tmp_path / "disk") as disk:
        project = make_project(disk)
        old, new = project.lock(trio()), trio("2.2.1", vision="0.17.1")
        project.apply(old)
        lock = project.lock(new)
        with pytest.raises(WorldError) as caught:
            project.apply(lock, Filling())
        assert caught.value.findings[0].code == "TE503"
        assert project.generations == ["0001"]
        (disk / "filler").unlink()
        assert project.apply(lock).generation == 3
        assert project.generations == ["0001", "0003"]


def test_the_engine_meets_a_full_disk(tmp_path: Path) -> None:
    """A disk that fills while the engine copies files is named as full."""

    class Filling(Steps):
        def detail(self, text: str) -> None:
            if text.startswith("Using Python"):
                fill(disk)

    big = tiny("requests", "2.32.0", members=(text_member("requests/data.txt", "x" * 2**22),))
    with tmpfs(tmp_path / "disk") as disk:
        project = make_project(disk)
        lock = project.lock([*trio(), big])
        with pytest.raises(WorldError) as caught:
            project.apply(lock, Filling())
        assert caught.value.findings[0].code == "TE503"
        assert project.generations == []
        assert not project.link.is_symlink()


def test_a_disk_that_is_too_small_is_refused_with_numbers(tmp_path: Path) -> None:
    """What cannot fit is refused before anything is built, with what is needed and what is free."""
    big = tiny("requests", "2.32.0", members=(text_member("requests/data.txt", "x" * 2**24),))
    with tmpfs(tmp_path / "disk", "20m") as disk:
        roomy = make_project(tmp_path / "roomy")
        lock = roomy.lock([*trio(), big])
        small = make_project(disk)
        steps = Steps()
        with pytest.raises(WorldError) as caught:
            apply_lock(replace(roomy.request(lock), spec=small.spec()), steps)
        (finding,) = caught.value.findings
        assert finding.code == "TE503"
        assert "At least 33 MiB are needed there beside what is there now" in finding.why
        assert steps.steps == []


def test_store_and_environment_on_one_disk_are_added_up(tmp_path: Path) -> None:
    """Where each would fit alone, it is refused all the same, before anything is fetched."""
    big = tiny("requests", "2.32.0", members=(text_member("requests/data.txt", "x" * 2**24),))
    with tmpfs(tmp_path / "disk", "40m") as disk:
        roomy = make_project(tmp_path / "roomy")
        lock = roomy.lock([*trio(), big])
        small = make_project(disk)
        request = replace(roomy.request(lock), spec=small.spec(), store=Store(disk / "fetched"))
        with pytest.raises(WorldError) as caught:
            apply_lock(request, Steps())
        (finding,) = caught.value.findings
        assert finding.code == "TE503"
        assert f"17 for wheels to fetch at `{disk}/fetched`" in finding.why
        assert "33 for the environment" in finding.why
        assert not (disk / "fetched").exists()


def test_files_that_were_not_installed_are_noticed(project: Project) -> None:
    """An engine that says "installed" and left files out is not believed."""

    class Losing(Steps):
        def step(self, text: str) -> None:
            if text.startswith("Checking"):
                (lost,) = project.root.glob(".torchenv/.venv/0001/lib/*/*/torch/version.py")
                lost.unlink()

    with pytest.raises(VerificationError) as caught:
        project.apply(project.lock(trio()), Losing())
    (finding,) = caught.value.findings
    assert (finding.code, finding.message) == ("TE704", "The new environment is not whole.")
    assert "torch: torch/version.py: is missing" in finding.why
    assert project.generations == []


def test_a_switch_that_is_refused(project: Project) -> None:
    """A file that appears at the path while the environment is built is not overwritten."""

    class Interfering(Steps):
        def step(self, text: str) -> None:
            if text.startswith("Switching"):
                project.link.write_text("mine")

    with pytest.raises(WorldError) as caught:
        project.apply(project.lock(trio()), Interfering())
    assert caught.value.findings[0].code == "TE601"
    assert project.link.read_text() == "mine"
    assert project.generations == []
