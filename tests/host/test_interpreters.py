"""Finding interpreters: real ones, and machines made of a few scripts."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from provisioner.findings import WorldError
from provisioner.host import Interpreter, ask_interpreter, find_interpreter

RUNNING = "{}.{}".format(*sys.version_info)
BASE = Path(getattr(sys, "_base_executable", sys.executable))


def fake_python(path: Path, version: str, **facts: object) -> Path:
    """Write a script that answers as an interpreter of that version, whatever it is asked."""
    answer = {
        "version": version,
        "pre": "",
        "implementation": "cpython",
        "free_threaded": False,
        "is_64bit": True,
        "base": str(path),
        **facts,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home folder with pyenv's Pythons 3.5.1, 3.5.10 and 3.6.2, none of them on PATH."""
    for version in ("3.5.1", "3.5.10", "3.6.2"):
        fake_python(tmp_path / f".pyenv/versions/{version}/bin/python3", version)
    return tmp_path


def environ(home: Path, *path: Path) -> dict[str, str]:
    """Return the variables of a machine with this home and these folders on PATH."""
    return {"HOME": str(home), "PATH": os.pathsep.join(map(str, path))}


def test_the_running_python_comes_first(home: Path) -> None:
    """The base of the Python that runs torchenv is taken where it fits, wherever others are."""
    fake_python(home / "bin" / f"python{RUNNING}", f"{RUNNING}.99")
    found = find_interpreter(RUNNING, environ(home, home / "bin"))
    assert found.path == BASE
    assert found.minor == RUNNING
    assert found.version == "{}.{}.{}".format(*sys.version_info)
    assert (found.implementation, found.is_64bit) == ("CPython", True)


def test_an_exact_version_may_be_asked_for() -> None:
    """The full version of the running Python finds it too."""
    exact = "{}.{}.{}".format(*sys.version_info)
    assert find_interpreter(exact, dict(os.environ)).version == exact


def test_version_managers_are_looked_into(home: Path) -> None:
    """A Python in pyenv's folder is found without a working shim, the newest first."""
    assert find_interpreter("3.5", environ(home)).version == "3.5.10"
    assert find_interpreter("3.5.1", environ(home)).version == "3.5.1"


@pytest.mark.parametrize(
    ("variable", "folder", "pattern"),
    [
        ("PYENV_ROOT", "moved", "versions/3.4.4/bin/python3"),
        ("ASDF_DATA_DIR", "moved", "installs/python/3.4.4/bin/python3"),
        ("MISE_DATA_DIR", "moved", "installs/python/3.4.4/bin/python3"),
        (None, ".asdf", "installs/python/3.4.4/bin/python3"),
        (None, ".local/share/mise", "installs/python/3.4.4/bin/python3"),
    ],
)
def test_managers_may_be_elsewhere(
    home: Path, variable: str | None, folder: str, pattern: str
) -> None:
    """Each manager's folder is found at its usual place, or where its variable says."""
    path = fake_python(home / folder / pattern, "3.4.4")
    variables = environ(home)
    if variable is not None:
        variables[variable] = str(home / folder)
    assert find_interpreter("3.4", variables).path == path


def test_shims_are_passed_by(home: Path) -> None:
    """A shim on PATH is neither run nor reported."""
    ran = home / "ran"
    shim = home / ".pyenv/shims/python3.5"
    shim.parent.mkdir()
    shim.write_text(f"#!/bin/sh\ntouch {ran}\nexit 127\n")
    shim.chmod(0o755)
    assert find_interpreter("3.5", environ(home, shim.parent)).version == "3.5.10"
    assert not ran.exists()


def test_a_missing_version_names_what_was_found(home: Path) -> None:
    """The refusal names every interpreter with its path, and how to get the wanted one."""
    with pytest.raises(WorldError) as caught:
        find_interpreter("3.99", environ(home))
    (finding,) = caught.value.findings
    assert finding.code == "TE301"
    assert finding.message == "No Python `3.99` was found on this machine."
    pyenv = home / ".pyenv/versions"
    listed = [f"3.5.1 (`{pyenv}/3.5.1/bin/python3`)", f"3.5.10 (`{pyenv}/3.5.10/bin/python3`)"]
    assert "; ".join(listed) in finding.why
    assert f"{'{}.{}.{}'.format(*sys.version_info)} (`{BASE}`)" in finding.why
    assert "`torchenv apply --install-python`" in finding.do
    assert "`pyenv install 3.99`" in finding.do
    assert "`pyenv install 3.99`" in finding.do
    assert finding.where is not None
    assert finding.where.key == "environment.python"


def test_what_cannot_be_used_is_said_to_be_so(home: Path) -> None:
    """PyPy, 32-bit and free-threaded Pythons are not taken for a CPython, but named."""
    versions = home / ".pyenv/versions"
    fake_python(versions / "pypy/bin/python3", "3.4.1", implementation="pypy")
    fake_python(versions / "small/bin/python3", "3.4.2", is_64bit=False)
    fake_python(versions / "3.4.3t/bin/python3", "3.4.3", free_threaded=True)
    with pytest.raises(WorldError) as caught:
        find_interpreter("3.4", environ(home))
    why = caught.value.findings[0].why
    assert "PyPy 3.4.1 (`" in why
    assert "3.4.2 32-bit (`" in why
    assert "3.4.3 free-threaded (`" in why
    assert find_interpreter("3.4t", environ(home)).version == "3.4.3"


def test_broken_ones_are_passed_by(home: Path) -> None:
    """What does not run, or does not answer as a Python does, is as if it were not there."""
    versions = home / ".pyenv/versions"
    for name, text in {"dies": "#!/bin/sh\nexit 1\n", "talks": "#!/bin/sh\necho hello\n"}.items():
        path = fake_python(versions / f"9-{name}/bin/python3", "3.5.99")
        path.write_text(text)
    (versions / "9-empty/bin").mkdir(parents=True)
    (versions / "9-empty/bin/python3").symlink_to("nowhere")
    assert find_interpreter("3.5", environ(home)).version == "3.5.10"
    for name in ("dies", "talks", "empty"):
        assert ask_interpreter(versions / f"9-{name}/bin/python3", environ(home)) is None


def test_a_venv_leads_to_its_base() -> None:
    """The answer for a virtual environment's Python is the interpreter that it was made from."""
    answer = ask_interpreter(Path(sys.executable), dict(os.environ))
    assert answer is not None
    assert answer.path == BASE


def test_variables_and_startup_files_do_not_matter(home: Path) -> None:
    """An interpreter is asked in isolation: what a site prints or breaks does not disturb it."""
    (home / "sitecustomize.py").write_text("print('noise'); raise SystemExit(1)\n")
    variables = {**environ(home), "PYTHONPATH": str(home), "PYTHONHOME": "/nowhere"}
    answer = ask_interpreter(BASE, variables)
    assert answer is not None
    assert answer.minor == RUNNING


def test_nothing_is_printed(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Looking at all of a machine prints nothing, whatever interpreters say."""
    with pytest.raises(WorldError):
        find_interpreter("3.99", dict(os.environ))
    assert capfd.readouterr() == ("", "")
    assert home.exists()


def interpreter(version: str, *, free_threaded: bool = False) -> Interpreter:
    """Return an interpreter of a version."""
    return Interpreter(
        path=Path("/usr/bin/python3"),
        version=version,
        implementation="CPython",
        free_threaded=free_threaded,
        is_64bit=True,
    )


@pytest.mark.parametrize(
    ("version", "free_threaded", "wanted", "fits"),
    [
        ("3.11.7", False, "3.11", True),
        ("3.11.7", False, "3.11.7", True),
        ("3.11.7", False, "3.11.70", False),
        ("3.11.7", False, "3.1", False),
        ("3.11.7", False, "3.12", False),
        ("3.13.0", True, "3.13t", True),
        ("3.13.0", True, "3.13", False),
        ("3.13.0", False, "3.13t", False),
        ("3.15.0a1", False, "3.15", True),
        ("3.15.0a1", False, "3.15.0", False),
    ],
)
def test_what_fits(version: str, free_threaded: bool, wanted: str, fits: bool) -> None:  # noqa: FBT001 - a table
    """A minor version fits any patch of it, an exact one itself, and `t` its own kind only."""
    assert interpreter(version, free_threaded=free_threaded).fits(wanted) is fits
