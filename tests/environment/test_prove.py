"""The proof: what the environment says about itself against what the lock says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provisioner.environment import _prove, apply_lock, environment_status
from provisioner.environment._prove import Answer, judge
from provisioner.findings import VerificationError
from provisioner.planner import ChosenBuild
from tests.environment.kit import Project, trio

CASES = json.loads((Path(__file__).parent / "cases" / "proofs.json").read_text())


def torch_build(public: str, version: str, accelerator: str) -> ChosenBuild:
    """Return the lock's torch."""
    return ChosenBuild(name="torch", public=public, version=version, accelerator=accelerator)


def answer(*lines: dict[str, Any], end: str | None = None, stderr: str = "") -> Answer:
    """Return what a script said."""
    return Answer(lines=lines, end=end, stderr=stderr)


def a_whole_one(told: str, build: dict[str, str | None], gpus: int) -> Answer:
    """Return what a script says that comes to its end."""
    lines: list[dict[str, Any]] = []
    for name, kind, facts in (
        ("torch", "import", {"version": told}),
        ("build", "build", {"build": build}),
        ("matrix product", "operation", {}),
        ("GPUs", "gpus", {"device": "cuda" if gpus else None, "gpus": gpus}),
    ):
        lines += [{"begin": name, "kind": kind}, {"done": name, "kind": kind, **facts}]
    return answer(*lines)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_builds_are_judged(case: dict[str, Any]) -> None:
    """Each accelerator is proven or refused by what torch says of its version and its build."""
    trio = (torch_build(*case["torch"]),)
    said = a_whole_one(case["told"], case["build"], case["gpus"])
    if "refused" in case:
        with pytest.raises(VerificationError) as caught:
            judge(said, trio)
        assert [finding.message for finding in caught.value.findings] == case["refused"]
        assert {finding.code for finding in caught.value.findings} == {"TE702"}
        return
    proof = judge(said, trio)
    assert proof.versions == (("torch", case["told"]),)
    assert proof.build == case["proof"]
    assert proof.operations == ("matrix product",)
    assert proof.gpus == case["gpus"]
    assert list(proof.notes) == case["notes"]


TORCH = (torch_build("2.2.0", "2.2.0+cpu", "cpu"),)
BEGIN_TORCH = {"begin": "torch", "kind": "import"}
DONE_TORCH = {"done": "torch", "kind": "import", "version": "2.2.0+cpu"}
ENDED = "Inside the environment Python said:\nThe interpreter did not come to its end: "
FAILURES = [
    (
        answer(BEGIN_TORCH, {"failed": "torch", "said": "ImportError: libc"}, end="exit code 1"),
        "TE701",
        "The new environment cannot import `torch`.",
        "Inside the environment Python said:\nImportError: libc",
    ),
    (
        answer(
            BEGIN_TORCH,
            DONE_TORCH,
            {"begin": "matrix product", "kind": "operation"},
            end="ended by signal 4",
            stderr="noise\nIllegal instruction\n",
        ),
        "TE703",
        "An operation failed inside the new environment: matrix product.",
        f"{ENDED}ended by signal 4.\nnoise\nIllegal instruction",
    ),
    (
        answer(BEGIN_TORCH, end="no end after 900 s"),
        "TE701",
        "The new environment cannot import `torch`.",
        f"{ENDED}no end after 900 s.",
    ),
    (
        answer(end="could not be started: Exec format error"),
        "TE701",
        "The Python of the new environment does not start.",
        "It could not be started: Exec format error.",
    ),
]


@pytest.mark.parametrize(("said", "code", "message", "why"), FAILURES)
def test_failures_name_their_step(said: Answer, code: str, message: str, why: str) -> None:
    """A step that failed or killed the interpreter is one finding, with the last words."""
    with pytest.raises(VerificationError) as caught:
        judge(said, TORCH)
    (finding,) = caught.value.findings
    assert (finding.code, finding.message, finding.why) == (code, message, why)
    assert "The new environment was removed; the old one is untouched." in finding.do


@pytest.mark.parametrize("version", ["3.7", "3.8", "3.13"])
def test_the_script_runs_on_every_python(version: str) -> None:
    """The script is understood by the oldest and the newest Python that an environment can have."""
    found = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python3"))
    if not found:
        pytest.skip(f"no Python {version} in pyenv's folder; the running Python is tested always")
    argv: list[str | Path] = [found[-1], "-I", _prove._SCRIPT, "torch"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == BEGIN_TORCH
    assert lines[1] == {
        "failed": "torch",
        "said": "ModuleNotFoundError: No module named 'torch'",
    }


def test_the_cause_of_a_failure_is_told_first(tmp_path: Path) -> None:
    """A chain of errors is shown from its beginning, without the frames of the import system."""
    (tmp_path / "torch.py").write_text(
        "try:\n    import missing_library\nexcept ImportError as exc:\n"
        "    raise RuntimeError('reinstall') from exc\n"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['', 'torch']; "
    code += f"__file__ = {str(_prove._SCRIPT)!r}; "
    code += "exec(compile(open(__file__).read(), __file__, 'exec'))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)  # noqa: PLW1510 - it fails
    said = json.loads(done.stdout.splitlines()[-1])["said"].splitlines()
    assert said == [
        f"{tmp_path}/torch.py:2: import missing_library",
        "ModuleNotFoundError: No module named 'missing_library'",
        "which led to:",
        f"{tmp_path}/torch.py:4: raise RuntimeError('reinstall') from exc",
        "RuntimeError: reinstall",
    ]


def test_the_variable_at_fault_is_named() -> None:
    """One variable that is at fault alone is named alone; where none is, none is blamed."""
    environ = {"PATH": "/bin", "PYTHONPATH": "/x", "LD_PRELOAD": "y.so", "HOME": "/h"}
    assert _prove._blame(environ, lambda seen: "LD_PRELOAD" not in seen) == ("LD_PRELOAD",)
    both = {"LD_PRELOAD", "PYTHONPATH"}
    assert _prove._blame(environ, lambda seen: not both & seen.keys()) == (
        "LD_PRELOAD",
        "PYTHONPATH",
    )
    assert _prove._blame(environ, lambda _: False) == ()
    assert _prove._blame({"PATH": "/bin"}, lambda _: True) == ()
    assert _prove._blame({"PYTHONHOME": "/"}, lambda seen: not seen) == ("PYTHONHOME",)


def test_a_module_on_the_pythonpath_is_blamed(project: Project, tmp_path: Path) -> None:
    """An environment that works is switched to, and the variable that breaks it is told."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "torch.py").write_text("raise ImportError('another torch')\n")
    environ = {**project.environ, "PYTHONPATH": str(other), "LD_LIBRARY_PATH": "/nowhere"}
    lock = project.lock(trio())
    request = replace(project.request(lock), environ=environ)
    done = apply_lock(request)
    (finding,) = done.findings
    assert (finding.code, finding.do[-19:]) == ("TE705", "`unset PYTHONPATH`.")
    assert done.proof.blamed == ("PYTHONPATH",)
    status = environment_status(project.spec(), lock)
    assert status.made is not None
    assert status.made.proof.notes == ("with PYTHONPATH as set in this shell, the proof fails",)
