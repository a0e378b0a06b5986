"""Going back at once: done without the program where all is plain, left to it where it is not."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import environment_history, environment_status, roll_back
from provisioner.environment._layout import Layout
from provisioner.events import Reporter
from tests.environment.kit import Project, make_project, release
from tests.environment.test_quick import WHOLE_PROGRAM, entry
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """Return a project that went from the old release to the new one, and a copy of it."""
    project = make_project(tmp_path_factory.mktemp("switched"))
    project.apply(project.lock(release("old")))
    project.apply(project.lock(release("new")))
    copy = project.root.with_name("copy")
    return project, Path(shutil.copytree(project.root, copy, symlinks=True))


@pytest.fixture
def switched(made: tuple[Project, Path]) -> Project:
    """Return that project as it was, at the same path, with the same times."""
    project, copy = made
    shutil.rmtree(project.root)
    shutil.copytree(copy, project.root, symlinks=True)
    return project


def test_it_goes_back_and_says_so(switched: Project) -> None:
    """It does, says and remembers what the whole program does; twice is there again."""
    digest = switched.lock(release("old")).digest[:12]
    line = f"Rolled back .venv from generation 2 to 1 (lock {digest})\n"
    assert entry("rollback", cwd=switched.root) == (0, line)
    status = environment_status(switched.spec(), switched.lock(release("old")))
    assert status.state == "current"
    quick = environment_history(switched.link).entries[-1]
    assert entry("rollback", "--quiet", "--no-wait", cwd=switched.root)[0] == 0
    assert switched.current.name == "0002"
    roll_back(switched.spec(), None, Reporter())
    slow = environment_history(switched.link).entries[-1]
    assert (quick.action, quick.generation) == ("rollback", 1)
    assert (quick.summary, quick.lock_digest) == (slow.summary, slow.lock_digest)


def test_a_number_and_a_spec(switched: Project) -> None:
    """The generation and the spec may be named."""
    spec = str(switched.root / "torchenv.toml")
    code, said = entry("rollback", "--spec", spec, "1", cwd=Path("/"))
    assert (code, said.startswith(f"Rolled back {switched.link} from")) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("2",),
        ("7",),
        ("0",),
        ("1", "2"),
        ("-1",),
        ("--json",),
        ("--thorough",),
        ("--spec",),
        ("--spec", "missing.toml"),
        ("--help",),
    ],
)
def test_anything_else_is_for_the_whole_program(switched: Project, words: tuple[str, ...]) -> None:
    """What is no generation to go back to, and other options, are not decided here."""
    assert entry("rollback", *words, cwd=switched.root) == (WHOLE_PROGRAM, "")
    assert switched.current.name == "0002"


def _old(project: Project) -> Path:
    return Layout(link=project.link).generation(1).folder


def touch(project: Project) -> None:
    """Give a file of the older generation another time."""
    os.utime(next(_old(project).glob("lib/*/*/torch/version.py")), (1, 1))


def add(project: Project) -> None:
    """Put a file into the older generation."""
    (_old(project) / "stray").touch()


def begin(project: Project) -> None:
    """Leave an incomplete generation."""
    (_old(project).parent / "0003" / ".building").mkdir(parents=True)


def interrupt(project: Project) -> None:
    """Leave the link of a switch that was killed."""
    Layout(link=project.link).new_link.symlink_to("nowhere")


def forget(project: Project) -> None:
    """Remove the history."""
    (_old(project).parent / "history.jsonl").unlink()


def cut(project: Project) -> None:
    """Cut the history in the middle of its lines."""
    (_old(project).parent / "history.jsonl").write_text('{"generation": 1, "lo\n7\n[]\n')


def edit(project: Project) -> None:
    """Change the spec."""
    with (project.root / "torchenv.toml").open("a") as file:
        file.write("# more\n")


def relink(project: Project) -> None:
    """Have the environment lead elsewhere."""
    project.link.unlink()
    project.link.symlink_to("elsewhere")


@pytest.mark.parametrize("change", [touch, add, begin, interrupt, forget, cut, edit, relink])
def test_what_is_not_plain_is_for_the_whole_program(
    switched: Project, change: Callable[[Project], None]
) -> None:
    """Nothing is done where a file differs, or anything was interrupted, or cannot be read."""
    change(switched)
    before = switched.link.readlink()
    assert entry("rollback", cwd=switched.root) == (WHOLE_PROGRAM, "")
    assert switched.link.readlink() == before


def test_a_base_python_that_changed_is_for_the_whole_program(switched: Project) -> None:
    """A generation whose interpreter was upgraded is not gone back to at once."""
    file = _old(switched) / "torchenv-state.json"
    stat = file.stat()
    text = file.read_text()
    size = text.partition('"size": ')[2].partition(",")[0]
    file.write_text(text.replace(f'"size": {size}', f'"size": {"9" * len(size)}'))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert entry("rollback", cwd=switched.root) == (WHOLE_PROGRAM, "")


def test_it_does_not_go_back_while_somebody_works_there(switched: Project) -> None:
    """Whether to wait for an apply is for the whole program."""
    with Layout(link=switched.link).lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert entry("rollback", cwd=switched.root) == (WHOLE_PROGRAM, "")
    assert switched.current.name == "0002"


def test_no_environment(tmp_path: Path) -> None:
    """Where there is none, the whole program says so."""
    project = make_project(tmp_path)
    project.spec()
    assert entry("rollback", cwd=project.root) == (WHOLE_PROGRAM, "")


def test_a_result_that_cannot_be_printed(switched: Project) -> None:
    """It is done once, and that it could not be told is told."""
    argv: list[str | Path] = [BIN / "torchenv", "rollback"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            argv, cwd=switched.root, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, "TE904" in done.stderr) == (3, True)
    assert switched.current.name == "0001"
