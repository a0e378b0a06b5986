"""The quick check: nothing to do is decided without the program, anything else never is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import apply_lock
from provisioner.spec import load_spec
from tests.environment.kit import PYTHON, Project, make_project, this_interpreter, trio

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = """
import sys
from provisioner import _entry
sys.modules["provisioner.cli"] = type(sys)("provisioner.cli")
sys.modules["provisioner.cli"].main = lambda: 77
sys.exit(_entry.main())
"""
"""Runs the entry with a stand-in for the whole program that ends with 77."""
WHOLE_PROGRAM = 77


def entry(*words: str, cwd: Path) -> tuple[int, str]:
    """Run the entry in a child; returns its exit code and what it printed."""
    argv = [sys.executable, "-c", RUN, *words]
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def applied(project: Project) -> Project:
    """Return a project with an environment that is right."""
    project.apply(project.lock(trio()))
    return project


def test_nothing_to_do_is_told_in_one_line(applied: Project) -> None:
    """The quick check says what is up to date, with the facts of the lock."""
    line = f"Up to date: .venv (torch 2.2.0+cpu, Python {PYTHON}, cpu)\n"
    assert entry("apply", cwd=applied.root) == (0, line)
    assert entry("apply", "torchenv.toml", cwd=applied.root) == (0, line)
    assert entry("apply", "./torchenv.toml", cwd=applied.root) == (0, line)


def test_it_works_from_another_folder(applied: Project) -> None:
    """The path in the answer is the one that a user in that folder would type."""
    spec = str(applied.root / "torchenv.toml")
    assert entry("apply", spec, cwd=Path("/"))[1].startswith(f"Up to date: {applied.link} (")
    above = applied.root.parent
    assert entry("apply", spec, cwd=above)[1].startswith("Up to date: project/.venv (")


@pytest.mark.parametrize("flag", ["-q", "--quiet"])
def test_quiet_is_quick_too(applied: Project, flag: str) -> None:
    """The quiet option keeps results, and may stand before or after the spec."""
    answer = entry("apply", cwd=applied.root)
    assert entry("apply", flag, cwd=applied.root) == answer
    assert entry("apply", "torchenv.toml", flag, cwd=applied.root) == answer
    assert entry("apply", flag, "torchenv.toml", cwd=applied.root) == answer


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--help",),
        ("status",),
        ("apply", "--json"),
        ("apply", "--locked"),
        ("apply", "-v"),
        ("apply", "-qv"),
        ("apply", "--help"),
        ("apply", "a.toml", "b.toml"),
        ("apply", "missing.toml"),
        ("apply", ""),
        ("apply", "pylock.torchenv.toml"),
    ],
)
def test_anything_else_is_for_the_whole_program(applied: Project, words: tuple[str, ...]) -> None:
    """Other commands, other options and other files are not decided quickly."""
    assert entry(*words, cwd=applied.root) == (WHOLE_PROGRAM, "")


def edit_spec(project: Project) -> None:
    """Add a comment to the spec."""
    file = project.root / "torchenv.toml"
    file.write_text(file.read_text() + "# changed\n")


def edit_lock(project: Project) -> None:
    """Add a line to the lock."""
    file = project.root / "pylock.torchenv.toml"
    file.write_text(file.read_text() + "# changed\n")


def delete_lock(project: Project) -> None:
    """Remove the lock."""
    (project.root / "pylock.torchenv.toml").unlink()


def relink(project: Project) -> None:
    """Have the environment lead elsewhere."""
    project.link.unlink()
    project.link.symlink_to(".torchenv/.venv/0009")


def unlink(project: Project) -> None:
    """Remove the environment."""
    project.link.unlink()


def delete_file(project: Project) -> None:
    """Remove one installed file."""
    (project.site / "torch/version.py").unlink()


def truncate_file(project: Project) -> None:
    """Cut one installed file, with the old time."""
    path = project.site / "torch/version.py"
    stat = path.stat()
    path.write_text("")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def rewrite_file(project: Project) -> None:
    """Change one installed file without changing its size."""
    path = project.site / "torch/version.py"
    path.write_text(path.read_text().replace("2.2.0", "2.2.1"))


def replace_by_link(project: Project) -> None:
    """Put a link where a file was."""
    path = project.site / "torch/version.py"
    path.rename(project.root / "version.py")
    path.symlink_to(project.root / "version.py")


def add_file(project: Project) -> None:
    """Add a module that belongs to no package."""
    (project.site / "sneaky.pth").write_text("import sneaky\n")


def delete_script(project: Project) -> None:
    """Remove a console script."""
    (project.link / "bin/torchrun").unlink()


def delete_folder(project: Project) -> None:
    """Remove a whole package but for its records."""
    shutil.rmtree(project.site / "torch")


def delete_generation(project: Project) -> None:
    """Remove the generation."""
    shutil.rmtree(project.current)


def damage_pointer(project: Project) -> None:
    """Cut the pointer file."""
    pointer = project.root / ".torchenv/torchenv.quick"
    pointer.write_text(pointer.read_text()[:40])


def empty_pointer(project: Project) -> None:
    """Empty the pointer file."""
    (project.root / ".torchenv/torchenv.quick").write_text("")


def older_torchenv(project: Project) -> None:
    """Have the pointer file come from another version of torchenv."""
    pointer = project.root / ".torchenv/torchenv.quick"
    pointer.write_text(pointer.read_text().replace("\nversion ", "\nversion 0"))


CHANGES: list[Callable[[Project], None]] = [
    edit_spec,
    edit_lock,
    delete_lock,
    relink,
    unlink,
    delete_file,
    truncate_file,
    rewrite_file,
    replace_by_link,
    add_file,
    delete_script,
    delete_folder,
    delete_generation,
    damage_pointer,
    empty_pointer,
    older_torchenv,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_any_change_is_for_the_whole_program(
    applied: Project, change: Callable[[Project], None]
) -> None:
    """Whatever differs from the last apply, the whole program looks at it."""
    change(applied)
    assert entry("apply", cwd=applied.root) == (WHOLE_PROGRAM, "")


def test_using_the_environment_changes_nothing(applied: Project) -> None:
    """Importing writes byte code, and that is no change."""
    code = "import torch.distributed.run, torchvision, torchaudio"
    subprocess.run([applied.link / "bin/python", "-c", code], check=True)
    assert entry("apply", cwd=applied.root)[0] == 0


def test_a_copied_project_is_not_taken_for_the_original(applied: Project) -> None:
    """A copy of the project has an environment of its own to make."""
    copy = applied.root.parent / "copy"
    shutil.copytree(applied.root, copy, symlinks=True)
    assert entry("apply", cwd=copy) == (WHOLE_PROGRAM, "")


def test_another_base_python_is_for_the_whole_program(project: Project, tmp_path: Path) -> None:
    """A base interpreter that was upgraded in place is noticed."""
    base = tmp_path / "python"
    shutil.copy2(this_interpreter().path, base)
    link = tmp_path / "link"
    link.symlink_to(this_interpreter().path)
    lock = project.lock(trio())
    interpreter = replace(this_interpreter(), path=link)
    apply_lock(replace(project.request(lock), interpreter=interpreter))
    assert entry("apply", cwd=project.root)[0] == 0
    os.utime(base, (1, 1))
    link.unlink()
    link.symlink_to(base)
    assert entry("apply", cwd=project.root) == (WHOLE_PROGRAM, "")


def test_the_next_apply_renews_the_pointer(applied: Project) -> None:
    """After the whole program found nothing to do, the quick check is quick again."""
    edit_spec(applied)
    lock = applied.lock(trio())
    spec_file = applied.root / "torchenv.toml"
    assert not apply_lock(applied.request(lock, spec=load_spec(spec_file))).did
    assert entry("apply", cwd=applied.root)[0] == 0


def test_a_spec_that_was_edited_meanwhile_gets_no_pointer(project: Project) -> None:
    """A spec that means something else since it was read must not be taken for applied."""
    spec = project.spec()
    lock = project.lock(trio(), spec=spec)
    file = project.root / "torchenv.toml"
    file.write_text(file.read_text().replace("2.2.0", "2.3.0"))
    apply_lock(project.request(lock, spec=spec))
    assert not (project.root / ".torchenv/torchenv.quick").exists()


def test_names_that_are_no_utf8(applied: Project) -> None:
    """A file with such a name is a change like any other, and no traceback."""
    raw = os.fsencode(applied.site) + b"/caf\xe9\n.py"
    Path(os.fsdecode(raw)).write_text("")
    assert entry("apply", cwd=applied.root) == (WHOLE_PROGRAM, "")


def test_a_project_folder_with_strange_names(tmp_path: Path) -> None:
    """The pointer file keeps any path, also one with what other programs take for line ends."""
    project = make_project(tmp_path / "a b\u2028c\x85\x0bd")
    project.apply(project.lock(trio()))
    assert entry("apply", cwd=project.root)[0] == 0


def test_nothing_heavy_is_imported(applied: Project) -> None:
    """The decision needs `os`, `sys`, `hashlib` and two tiny modules, and not even `re`."""
    argv = [sys.executable, "-X", "importtime", "-I", "-c", RUN, "apply"]
    done = subprocess.run(argv, cwd=applied.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    after_start = imported - _modules_of_a_bare_start()
    assert after_start == {
        "provisioner",
        "provisioner._entry",
        "provisioner._quick",
        "provisioner._version",
        "hashlib",
        "_hashlib",
        "_blake2",
    }


def _modules_of_a_bare_start() -> set[str]:
    argv = [sys.executable, "-X", "importtime", "-I", "-c", "pass"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
