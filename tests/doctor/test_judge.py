"""The rules: facts in, findings out; each finding once with its whole message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisioner.compat import load_compat
from provisioner.doctor import (
    Disk,
    EnvironmentFacts,
    Facts,
    Observation,
    SettingsFacts,
    Shadow,
    TorchFile,
    judge,
)
from provisioner.findings import Severity
from provisioner.host import Gpu, GpuStack
from tests.doctor.kit import HOST, dist, facts

COMPAT = load_compat()


def said(given: Facts) -> list[tuple[str, str]]:
    """Return code and message of each finding."""
    return [(one.finding.code, one.finding.message) for one in judge(given, COMPAT)]


def only(given: Facts) -> Observation:
    """Return the one observation."""
    (found,) = judge(given, COMPAT)
    return found


def test_nothing() -> None:
    """An environment that is well has no findings."""
    trio = (dist("torch", "2.2.0+cu118"), dist("torchvision", "0.17.0+cu118"))
    assert said(facts(*trio, dist("numpy", "1.26.4"))) == []


def test_release_that_does_not_belong() -> None:
    """A member of another release is an error that names the one that belongs."""
    found = only(facts(dist("torch", "2.2.0+cu118"), dist("torchvision", "0.16.0+cu118")))
    assert found.finding.code == "TE871"
    assert found.finding.message == (
        "torchvision 0.16.0+cu118 does not belong to torch 2.2.0+cu118."
    )
    assert '"torchvision==0.17.0"' in found.finding.do
    assert "https://download.pytorch.org/whl/cu118" in found.finding.do


def test_build_of_the_default_index() -> None:
    """The right release from the default index beside a CPU build is the wrong build."""
    found = only(facts(dist("torch", "2.2.0+cpu"), dist("torchvision", "0.17.0")))
    assert found.finding.message == (
        "torchvision 0.17.0 is a build for `cu121`, torch 2.2.0+cpu one for `cpu`."
    )
    assert "operator torchvision::nms does not exist" in found.finding.why


def test_both_of_the_default_index() -> None:
    """Two builds of the default index belong together."""
    assert said(facts(dist("torch", "2.2.0"), dist("torchvision", "0.17.0"))) == []


def test_numpy_2() -> None:
    """NumPy 2 beside a torch for NumPy 1 is told, with the limit."""
    found = only(facts(dist("torch", "2.2.0"), dist("numpy", "2.1.0")))
    assert found.finding.code == "TE872"
    assert found.finding.message == "numpy 2.1.0 cannot be used with torch 2.2.0."
    assert '`python -m pip install "numpy<2"`' in found.finding.do


def test_torch_that_is_not_known() -> None:
    """A torch that the compat data does not have is not judged."""
    assert said(facts(dist("torch", "2.99.0"), dist("torchvision", "0.1.0"))) == []


def test_half_installed() -> None:
    """Missing files and a missing RECORD are told with their names."""
    broken = replace(dist("torch", "2.2.0"), missing=("torch/a.so",), missing_count=3)
    found = only(facts(broken))
    assert (found.finding.code, found.finding.message) == (
        "TE873",
        "torch 2.2.0 is only half installed.",
    )
    assert found.evidence == ("torch/a.so is missing", "… and 2 more")
    without = replace(dist("torch", "2.2.0"), has_record=False)
    assert only(facts(without)).evidence == ("torch-2.2.0.dist-info has no RECORD",)


def test_left_overs() -> None:
    """Left-overs are a warning and can be removed."""
    own = EnvironmentFacts(path=".venv", kind="venv", python="3.11", leftovers=("/s/~orch",))
    found = only(facts(environment=own))
    assert found.finding.severity is Severity.WARNING
    assert found.remove == ("/s/~orch",)


def test_damaged() -> None:
    """Files of another size or hash are told apart."""
    broken = replace(dist("torch", "2.2.0"), resized=("torch/a.so",), damaged=("torch/b.so",))
    found = only(facts(broken))
    assert found.finding.code == "TE874"
    assert found.evidence == (
        "torch/a.so has another size than recorded",
        "torch/b.so has another hash than recorded",
    )


def test_duplicates() -> None:
    """A package that is there twice is an error."""
    found = said(facts(dist("numpy", "1.26.4"), dist("numpy", "1.25.0")))
    assert found == [("TE875", "numpy is installed 2 times: 1.26.4, 1.25.0.")]


def test_conda_and_pip() -> None:
    """Torch from pip over torch from conda, and two OpenMP runtimes, are told."""
    own = EnvironmentFacts(
        path="/c",
        kind="conda",
        python="3.11",
        dists=(dist("torch", "2.2.0"),),
        conda_packages=(("pytorch", "2.2.0"), ("mkl", "2023.1.0")),
        openmp=("lib/libiomp5.so", "lib/python3.11/site-packages/torch/lib/libgomp-a34b.so.1"),
    )
    codes = [code for code, _ in said(facts(environment=own))]
    assert codes == ["TE875", "TE876"]


def test_intel_and_llvm() -> None:
    """Two families of OpenMP are a warning also without conda."""
    own = EnvironmentFacts(
        path="v", kind="venv", python="3.11", openmp=("a/libiomp5md.dll", "b/libomp140.x86_64.dll")
    )
    assert [code for code, _ in said(facts(environment=own))] == ["TE876"]


def test_requirement_that_is_missing() -> None:
    """A requirement of torch that is not installed is named; markers are honoured."""
    requires = ("filelock", 'colorama; sys_platform == "none"', 'x; extra == "y"', "sympy>=1")
    found = only(facts(dist("torch", "2.2.0", requires), dist("filelock", "3.1")))
    assert found.finding.code == "TE895"
    assert found.finding.message == ("torch 2.2.0 needs packages that are not installed: sympy.")


def test_requirement_of_another_version() -> None:
    """A requirement that is there in a version which torch does not take is a warning."""
    requires = ("setuptools>=77.0.3", "sympy>=1", 'torch==9; extra == "no"')
    there = (dist("setuptools", "65.5.0"), dist("sympy", "1.13"))
    found = only(facts(dist("torch", "2.13.0+cpu", requires), *there))
    assert found.finding.severity is Severity.WARNING
    assert found.finding.message == (
        "torch 2.13.0+cpu needs `setuptools>=77.0.3`, and 65.5.0 is installed."
    )
    assert found.finding.do.endswith('`python -m pip install "setuptools>=77.0.3"`.')


@pytest.mark.parametrize(
    ("cuda", "nvidia", "message"),
    [
        (
            None,
            GpuStack(state="present", driver="550.54", gpus=(Gpu(name="T4", arch="sm_75"),)),
            "torch 2.2.0 is a CPU build, and this machine has an NVIDIA GPU.",
        ),
        (
            "12.1",
            GpuStack(state="absent", evidence="nothing"),
            "torch 2.2.0 is built for CUDA 12.1, and no NVIDIA driver answers.",
        ),
        (
            "12.1",
            GpuStack(state="present", driver="470.86", gpus=(Gpu(name="T4", arch="sm_75"),)),
            "The NVIDIA driver 470.86 is older than torch's CUDA 12.1 needs.",
        ),
    ],
)
def test_gpu(cuda: str | None, nvidia: GpuStack, message: str) -> None:
    """Build and driver are compared."""
    own = EnvironmentFacts(
        path="v",
        kind="venv",
        python="3.11",
        torch_file=TorchFile(version="2.2.0", cuda=cuda, hip=None),
    )
    assert said(facts(environment=own, host=replace(HOST, nvidia=nvidia))) == [("TE880", message)]


def test_import_that_fails() -> None:
    """What the import printed is explained."""
    given = replace(facts(), import_error="RuntimeError: operator torchvision::nms does not exist")
    found = only(given)
    assert found.finding.code == "TE899"
    assert "(TE865)" in found.finding.message
    beside = facts(dist("torch", "2.2.0+cpu"))
    fix = only(replace(beside, import_error=given.import_error)).finding.do
    assert "torch==2.2.0 torchvision==0.17.0 torchaudio==2.2.0" in fix
    assert "/whl/cpu`" in fix
    unknown = only(replace(facts(), import_error="Traceback\nBoom: 7"))
    assert unknown.evidence == ("Traceback", "Boom: 7")


def test_no_environment() -> None:
    """A folder that is none, a base that is gone and a broken one of ours are told."""
    none = EnvironmentFacts(path="x", kind="none", python=None)
    assert said(facts(environment=none)) == [("TE898", "`x` is no Python environment.")]
    gone = EnvironmentFacts(
        path="x", kind="venv", python="3.11", base_is_missing=True, own_problem="It is gone."
    )
    assert [code for code, _ in said(facts(environment=gone))] == ["TE898", "TE898"]


def test_shadow() -> None:
    """A file that hides torch is an error, one that hides another module a warning."""
    shadows = (
        Shadow(module="torch", path="/p/torch.py", where="working folder"),
        Shadow(module="random", path="/p/random.py", where="PYTHONPATH"),
    )
    found = judge(replace(facts(), shadows=shadows), COMPAT)
    assert [one.finding.severity for one in found] == [Severity.ERROR, Severity.WARNING]
    assert found[0].finding.message == "`/p/torch.py` hides the module `torch`."


def test_variables() -> None:
    """Library paths with CUDA in them are a warning, others a note; values are evidence."""
    settings = SettingsFacts(
        variables=(("LD_LIBRARY_PATH", "/usr/local/cuda-11/lib64"), ("PYTHONPATH", "/p"))
    )
    found = judge(facts(settings=settings), COMPAT)
    assert [(one.finding.code, one.finding.severity) for one in found] == [
        ("TE878", Severity.WARNING),
        ("TE877", Severity.NOTE),
    ]
    assert found[0].evidence == ("LD_LIBRARY_PATH=/usr/local/cuda-11/lib64",)


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        (SettingsFacts(extra_indexes=("https://a.example",)), Severity.WARNING),
        (SettingsFacts(no_index=True), Severity.WARNING),
        (SettingsFacts(pip_targets=(("target", "/t"),)), Severity.WARNING),
        (SettingsFacts(constraints=("/c.txt",)), Severity.NOTE),
        (
            SettingsFacts(constraints=("/c.txt",), missing_constraints=("/c.txt",)),
            Severity.ERROR,
        ),
        (SettingsFacts(unreadable="It is broken."), Severity.ERROR),
    ],
)
def test_configuration_of_pip(settings: SettingsFacts, severity: Severity) -> None:
    """Each setting that leads installs elsewhere is told."""
    found = only(facts(settings=settings))
    assert (found.finding.code, found.finding.severity) == ("TE879", severity)


def test_network_settings() -> None:
    """A missing file of certificates is an error, a proxy without a scheme a warning."""
    settings = SettingsFacts(
        missing_certificates=("/ca.pem",), variables=(("HTTPS_PROXY", "proxy.example:3128"),)
    )
    found = judge(facts(settings=settings), COMPAT)
    assert [(one.finding.code, one.finding.severity) for one in found] == [
        ("TE897", Severity.ERROR),
        ("TE897", Severity.WARNING),
    ]


def test_disk_and_toolkit() -> None:
    """Little space is a warning, a toolkit a note."""
    given = replace(
        facts(),
        disks=(Disk(label="in the store", path="/s", free_bytes=10**9),),
        toolkits=("/usr/local/cuda-12.1",),
    )
    assert said(given) == [
        ("TE894", "There are only 1.0 GB free in the store."),
        ("TE896", "A CUDA toolkit is installed."),
    ]
