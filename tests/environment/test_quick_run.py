"""The quick check of ``torchenv run``: a right environment starts the program at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.environment.kit import tiny, trio
from tests.environment.test_quick import RUN, WHOLE_PROGRAM, entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.environment.kit import Project

TELL = "import os, sys; print(os.environ['VIRTUAL_ENV'], sys.prefix, sys.argv[1:])"


@pytest.fixture
def applied(project: Project) -> Project:
    """Return a project with an environment that is right."""
    project.apply(project.lock(trio()))
    return project


@pytest.mark.parametrize(
    "options",
    [
        ("--",),
        (),
        ("--no-apply", "--"),
        ("--apply",),
        ("-q", "--no-wait"),
        ("--spec", "torchenv.toml"),
    ],
)
def test_the_program_runs_inside_the_generation(applied: Project, options: tuple[str, ...]) -> None:
    """The program is found in the environment, and meets it by the generation's own path."""
    generation = applied.current
    shown = f"{generation} {generation} ['-v', '--json']\n"
    words = ("run", *options, "python", "-c", TELL, "-v", "--json")
    assert entry(*words, cwd=applied.root) == (0, shown)


def test_exit_codes_and_signals_are_the_programs(applied: Project) -> None:
    """The program takes the place of torchenv, so nothing comes between it and its caller."""
    assert entry("run", "python", "-c", "raise SystemExit(7)", cwd=applied.root) == (7, "")
    code = "import os; os.kill(os.getpid(), 15)"
    assert entry("run", "python", "-c", code, cwd=applied.root) == (-15, "")


def test_signals_that_python_ignores_are_not_ignored(applied: Project) -> None:
    """A program whose reader goes away ends as it would without torchenv."""
    code = "import signal; print(signal.getsignal(signal.SIGPIPE))"
    shown = entry("run", "sh", "-c", 'grep SigIgn "/proc/$$/status"', cwd=applied.root)[1]
    if not shown:
        pytest.skip("no /proc here; Linux covers it")
    ignored = int(shown.split()[1], 16)
    # Others may be ignored by whoever started the tests, and stay so.
    of_python = (signal.SIGPIPE, signal.SIGXFSZ)
    assert [one for one in of_python if ignored & 1 << (one - 1)] == []
    assert entry("run", "python", "-c", code, cwd=applied.root)[0] == 0


def forget_record(project: Project) -> None:
    """Remove the RECORD of one package."""
    next(project.site.glob("torch-*.dist-info/RECORD")).unlink()


def add_package(project: Project) -> None:
    """Add the metadata of another package."""
    (project.site / "stray-1.0.dist-info").mkdir()


def remove_package(project: Project) -> None:
    """Remove the metadata of one package."""
    folder = next(project.site.glob("torchvision-*.dist-info"))
    folder.rename(project.root / folder.name)


def leave_half_removed(project: Project) -> None:
    """Leave what pip leaves where it was killed."""
    (project.site / "~orch").mkdir()


def plant_pth(project: Project) -> None:
    """Add a file whose lines every start runs."""
    (project.site / "sneaky.pth").write_text("import this\n")


def edit_lock(project: Project) -> None:
    """Lock something else."""
    project.lock([*trio(), tiny("numpy", "1.26.4")])


@pytest.mark.parametrize(
    "change",
    [forget_record, add_package, remove_package, leave_half_removed, plant_pth, edit_lock],
    ids=lambda change: change.__name__,
)
def test_what_is_installed_is_looked_at(
    applied: Project, change: Callable[[Project], None]
) -> None:
    """Whatever differs in the installed set, the whole program decides."""
    change(applied)
    assert entry("run", "python", "-c", "", cwd=applied.root) == (WHOLE_PROGRAM, "")


def test_files_are_not_looked_at(applied: Project) -> None:
    """A program must start at once; that every file is as it was is the business of `status`."""
    (applied.site / "torch/version.py").write_text("")
    assert entry("run", "python", "-c", "", cwd=applied.root) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("run", "--"),
        ("run", "--help"),
        ("run", "-v", "python"),
        ("run", "--spec", "missing.toml", "python"),
        ("run", "--spec"),
        ("run", "no-such-program"),
        ("run", "/"),
    ],
)
def test_anything_else_is_for_the_whole_program(applied: Project, words: tuple[str, ...]) -> None:
    """Other options, other specs and programs that cannot be started are not decided quickly."""
    assert entry(*words, cwd=applied.root) == (WHOLE_PROGRAM, "")


def test_nothing_heavy_is_imported(applied: Project) -> None:
    """The decision needs `os`, `sys`, `hashlib` and three tiny modules."""
    argv = [sys.executable, "-X", "importtime", "-I", "-c", RUN, "run", "true"]
    done = subprocess.run(argv, cwd=applied.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bare = subprocess.run(
        [sys.executable, "-X", "importtime", "-I", "-c", "pass"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [
        {line.rpartition("|")[2].strip() for line in one.stderr.splitlines()}
        for one in (done, bare)
    ]
    own = {"provisioner", *(f"provisioner._{name}" for name in ("entry", "exec", "quick"))}
    known = {*own, "provisioner._version", "hashlib", "_hashlib", "_blake2", "_signal"}
    assert names[0] - names[1] <= known


def test_the_callers_variables_stay(applied: Project) -> None:
    """All variables go on to the program, but for one that would break its interpreter."""
    code = "import os; print(os.environ['MARK'], os.environ.get('PYTHONHOME'))"
    argv = [sys.executable, "-c", RUN, "run", "python", "-c", code]
    environ = {**os.environ, "MARK": "kept"}
    done = subprocess.run(
        argv, cwd=applied.root, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "kept None\n"


def test_status_quick_stops_at_the_installed_set(applied: Project) -> None:
    """`status --quick` is decided by the records of what is installed, and by nothing below."""
    (applied.site / "torch/version.py").unlink()
    code, shown = entry("status", "--quick", "torchenv.toml", cwd=applied.root)
    assert code == 0
    assert shown.startswith("State: current, by what is installed (torch 2.2.0+cpu, Python ")
    for words in (("status",), ("status", "--quick", "--json"), ("status", "--quick", "x.toml")):
        assert entry(*words, cwd=applied.root)[0] == WHOLE_PROGRAM


def test_status_quick_sees_a_package_more(applied: Project) -> None:
    """Another installed set is looked at by the whole program."""
    (applied.site / "stray-1.0.dist-info").mkdir()
    assert entry("status", "--quick", cwd=applied.root)[0] == WHOLE_PROGRAM
