"""Applying a lock from beginning to end: first, again, changed, and over what others made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import Ours, apply_lock, inspect_environment
from tests.environment.kit import PYTHON, Project, Steps, make_project, this_interpreter, tiny, trio
from tests.support.wheels import text_member

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.environment import Applied


def run(*argv: str | Path, cwd: Path | None = None) -> str:
    """Run a program and return what it prints."""
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=cwd)
    return done.stdout.strip()


def names(applied: Applied, kind: str) -> list[str]:
    """Return the names in one part of the changes."""
    return [change.name for change in getattr(applied.changes, kind)]


def test_the_first_apply_makes_a_proven_environment(project: Project) -> None:
    """A first apply installs all of the lock, proves it, and says what it did."""
    done = project.apply(project.lock(trio()))
    assert done.did
    assert (done.link, done.generation, done.findings) == (project.link, 1, ())
    assert names(done, "added") == ["torch", "torchaudio", "torchvision"]
    assert dict(done.proof.versions) == {
        "torch": "2.2.0+cpu",
        "torchvision": "0.17.0+cpu",
        "torchaudio": "2.2.0+cpu",
    }
    assert done.proof.operations == (
        "matrix product",
        "torchvision.ops.nms",
        "torchaudio.transforms.MuLawEncoding",
    )
    assert run(project.link / "bin/python", "-c", "import torch; print(torch.__version__)") == (
        "2.2.0+cpu"
    )


def test_the_environment_is_a_relative_link_to_a_numbered_generation(project: Project) -> None:
    """The layout is the documented one, and nothing of an apply is left over."""
    project.apply(project.lock(trio()))
    assert str(project.link.readlink()) == ".torchenv/.venv/0001"
    assert project.generations == ["0001"]
    folder = project.root / ".torchenv"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886")
    assert not (project.current / ".building").exists()
    assert sorted(path.name for path in project.root.iterdir()) == [
        ".torchenv",
        ".venv",
        "pylock.torchenv.toml",
        "torchenv.toml",
    ]


def test_a_second_apply_does_nothing(project: Project) -> None:
    """Applying the same lock again starts no engine, no proof, and changes no file."""
    lock = project.lock(trio())
    project.apply(lock)
    before = sorted((path, path.lstat().st_mtime_ns) for path in project.current.rglob("*"))
    steps = Steps()
    again = project.apply(lock, steps)
    assert not again.did
    assert again.generation == 1
    assert names(again, "unchanged") == ["torch", "torchaudio", "torchvision"]
    assert again.proof.versions[0] == ("torch", "2.2.0+cpu")
    assert (steps.steps, steps.details) == ([], [])
    assert before == sorted((path, path.lstat().st_mtime_ns) for path in project.current.rglob("*"))


def test_another_lock_makes_another_generation(project: Project) -> None:
    """An apply of a changed lock switches to a new generation, and says what changed."""
    project.apply(project.lock([*trio(), tiny("requests", "2.32.0")]))
    done = project.apply(project.lock([*trio("2.2.1", vision="0.17.1"), tiny("numpy", "1.26.4")]))
    assert done.generation == 2
    assert names(done, "added") == ["numpy"]
    assert names(done, "removed") == ["requests"]
    assert [(each.before, each.after) for each in done.changes.changed] == [
        ("2.2.0+cpu", "2.2.1+cpu"),
        ("2.2.0+cpu", "2.2.1+cpu"),
        ("0.17.0+cpu", "0.17.1+cpu"),
    ]
    assert done.findings == ()


def test_only_the_current_and_the_previous_generation_stay(project: Project) -> None:
    """Older generations are removed after the switch, and numbers are never used again."""
    for number in range(1, 5):
        project.apply(project.lock([*trio(), tiny("requests", f"2.{number}.0")]))
    assert project.generations == ["0003", "0004"]
    assert (project.root / ".torchenv/.venv/last-generation").read_text() == "4\n"


def test_another_build_of_the_same_version_is_a_change(project: Project) -> None:
    """The same version from another wheel (another hash) is installed, not taken for the same."""
    first = project.lock([*trio(), tiny("requests", "2.32.0")])
    project.apply(first)
    other = tiny("requests", "2.32.0", members=(text_member("requests/build.py", "CUDA = 12\n"),))
    done = project.apply(project.lock([*trio(), other]))
    assert [(each.name, each.before, each.after) for each in done.changes.changed] == [
        ("requests", "2.32.0", "2.32.0")
    ]
    assert (project.site / "requests/build.py").exists()


def test_a_lock_that_asks_for_the_same_wheels_changes_nothing(project: Project) -> None:
    """A lock that differs in URLs, constraints or digests only is not a reason to build."""
    lock = project.lock(trio())
    project.apply(lock)
    text = project.lock(trio()).file.read_text() + "# another comment\n"
    lock.file.write_text(text)
    again = project.apply(replace(lock, digest="0" * 64, compat_version="2"))
    assert not again.did


def test_scripts_name_the_generation_and_activate_names_the_link(project: Project) -> None:
    """A started script keeps meeting its own files; an activated shell follows the next switch."""
    project.apply(project.lock(trio()))
    python = project.current / "bin/python"
    assert (project.current / "bin/torchrun").read_text().splitlines()[0] == f"#!{python}"
    assert run(project.link / "bin/torchrun") == f"torchrun 2.2.0+cpu {python}"
    shell = "source .venv/bin/activate && echo $VIRTUAL_ENV && command -v python torchrun"
    seen = run("bash", "-c", shell, cwd=project.root).splitlines()
    assert seen == [str(project.link), f"{project.link}/bin/python", f"{project.link}/bin/torchrun"]
    for script in project.current.glob("bin/activate*"):
        assert str(project.current) not in script.read_text(), script.name


def test_every_activate_script_is_there(project: Project) -> None:
    """Shells of all kinds can use the environment."""
    project.apply(project.lock(trio()))
    assert sorted(path.name for path in project.current.glob("bin/activate*")) == [
        "activate",
        "activate.csh",
        "activate.fish",
        "activate.nu",
        "activate.ps1",
        "activate.xsh",
        "activate_this.py",
    ]


def test_a_process_of_the_old_generation_keeps_its_files(project: Project) -> None:
    """What was started by the generation's own path still imports from it after a switch."""
    project.apply(project.lock([*trio(), tiny("requests", "2.1.0")]))
    python = project.current / "bin/python"
    code = "input(); import requests; print(requests.__version__)"
    with subprocess.Popen(
        [python, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as old:
        project.apply(project.lock([*trio(), tiny("requests", "2.2.0")]))
        assert old.communicate("\n")[0] == "2.1.0\n"
    code = "import requests; print(requests.__version__)"
    assert run(project.link / "bin/python", "-c", code) == "2.2.0"


def test_the_state_says_what_the_generation_was_made_from(project: Project) -> None:
    """A generation knows its lock, its packages with their hashes, its Python and its proof."""
    lock = project.lock(trio())
    project.apply(lock)
    found = inspect_environment(project.link)
    assert isinstance(found, Ours)
    state = found.state
    assert state is not None
    assert (state.lock_digest, state.spec_digest) == (lock.digest, lock.spec_digest)
    assert state.target == lock.target
    assert state.trio == lock.trio
    assert state.path == str(project.current)
    assert state.python.path == str(this_interpreter().path)
    assert [(each.name, each.sha256) for each in state.packages] == [
        (each.name, each.wheel.sha256) for each in lock.packages
    ]
    assert state.created.endswith("+00:00")


@pytest.mark.parametrize(
    "name", ["with space", "mit-Ümläut-日本", 'it\'s "quoted" $HOME', "x" * 150]
)
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    """Spaces, other scripts, quotes and long names in the path change nothing."""
    project = make_project(tmp_path / name)
    lock = project.lock(trio())
    assert project.apply(lock).did
    assert not project.apply(lock).did
    shell = "source .venv/bin/activate && python -c 'import sys; print(sys.prefix)' && torchrun"
    seen = run("bash", "-c", shell, cwd=project.root).splitlines()
    assert seen[0] == str(project.link)
    assert seen[1].startswith("torchrun 2.2.0+cpu")


def test_pip_works_inside_where_it_is_locked(project: Project) -> None:
    """`pip` is a package like any other, and its script belongs to the generation."""
    project.apply(project.lock([*trio(), tiny("pip", "24.0")]))
    assert (project.current / "bin/pip").read_text().startswith(f"#!{project.current}/bin/python")


def test_an_empty_folder_is_taken(project: Project) -> None:
    """An empty folder at the environment's path is no obstacle."""
    project.link.mkdir()
    done = project.apply(project.lock(trio()))
    assert project.link.is_symlink()
    assert done.findings == ()


def test_missing_parents_are_made(tmp_path: Path) -> None:
    """The environment's path may lie in folders that do not exist yet."""
    project = make_project(tmp_path)
    spec = project.spec(path="envs/a/cu118")
    done = apply_lock(project.request(project.lock(trio(), spec=spec), spec=spec))
    assert done.link == project.root / "envs/a/cu118"
    assert str(done.link.readlink()) == ".torchenv/cu118/0001"


def test_a_venv_of_another_tool_is_kept_aside(project: Project) -> None:
    """A real environment made by somebody else is moved, whole, and the note says where."""
    venv.create(project.link, with_pip=False)
    (project.link / "precious.txt").write_text("mine")
    done = project.apply(project.lock(trio()))
    kept = project.root / ".torchenv/.venv/0000-kept-1"
    assert (kept / "precious.txt").read_text() == "mine"
    assert [finding.code for finding in done.findings] == ["TE605"]
    assert done.findings[0].message == f"What was at `{project.link}` is now at `{kept}`."
    assert project.generations == ["0000-kept-1", "0001"]
    assert not project.apply(project.lock(trio())).did


def test_a_second_foreign_venv_gets_a_name_of_its_own(project: Project) -> None:
    """Nothing that was kept aside is ever overwritten."""
    lock = project.lock(trio())
    for number in (1, 2):
        project.link.unlink(missing_ok=True)
        venv.create(project.link, with_pip=False)
        (project.link / "number.txt").write_text(str(number))
        project.apply(lock)
    folder = project.root / ".torchenv/.venv"
    assert [(folder / f"0000-kept-{n}/number.txt").read_text() for n in (1, 2)] == ["1", "2"]


def test_a_link_of_somebody_else_is_kept_and_its_target_untouched(project: Project) -> None:
    """A link to an environment elsewhere is replaced, remembered, and where it led stays."""
    elsewhere = project.root / "elsewhere"
    venv.create(elsewhere, with_pip=False)
    before = sorted(elsewhere.rglob("*"))
    project.link.symlink_to("elsewhere")
    done = project.apply(project.lock(trio()))
    kept = project.root / ".torchenv/.venv/0000-kept-1"
    assert kept.readlink() == elsewhere
    assert [finding.code for finding in done.findings] == ["TE605"]
    assert sorted(elsewhere.rglob("*")) == before


def test_a_generation_that_was_deleted_is_made_again(project: Project) -> None:
    """A link of ours that leads nowhere is an environment to be built."""
    lock = project.lock(trio())
    project.apply(lock)
    shutil.rmtree(project.current)
    done = project.apply(lock)
    assert (done.did, done.generation) == (True, 2)
    assert [finding.code for finding in done.findings] == ["TE609"]
    assert "the folder that it leads to is gone" in done.findings[0].why


def test_a_moved_project_is_built_anew(tmp_path: Path) -> None:
    """Scripts of a moved environment name the old path, so it is made again at the new one."""
    old = make_project(tmp_path / "old")
    old.apply(old.lock(trio()))
    (tmp_path / "old").rename(tmp_path / "new")
    new = make_project(tmp_path / "new")
    done = new.apply(new.lock(trio()))
    assert done.did
    assert f"it was moved or copied from `{old.root}/.torchenv/.venv/0001`" in done.findings[0].why
    assert run(new.link / "bin/torchrun").endswith(f"{new.current}/bin/python")


def test_an_upgraded_base_python_means_a_new_environment(project: Project, tmp_path: Path) -> None:
    """An environment whose base interpreter is another file than before is built anew."""
    base = tmp_path / "python"
    base.symlink_to(this_interpreter().path)
    lock = project.lock(trio())
    request = replace(project.request(lock), interpreter=replace(this_interpreter(), path=base))
    apply_lock(request)
    base.unlink()
    done = apply_lock(project.request(lock))
    assert done.did
    assert f"its base Python `{base}` was upgraded or removed" in done.findings[0].why


def test_another_python_in_the_spec_means_a_new_environment(project: Project) -> None:
    """An exact Python that the environment does not have is a reason to build."""
    lock = project.lock(trio())
    project.apply(lock)
    spec = project.spec()
    spec = replace(spec, targets=(replace(spec.sole, python=f"{PYTHON}.999"),))
    interpreter = replace(this_interpreter(), version=f"{PYTHON}.999")
    done = apply_lock(replace(project.request(lock, spec=spec), interpreter=interpreter))
    assert (done.did, done.generation) == (True, 2)


def test_the_callers_variables_do_not_reach_the_installation(project: Project) -> None:
    """Settings of uv, pip, virtualenv and Python in the environment change nothing."""
    project.environ.update(
        UV_LINK_MODE="symlink",
        UV_NO_VERIFY_HASHES="1",
        UV_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_TARGET="/nowhere",
        VIRTUALENV_SYSTEM_SITE_PACKAGES="1",
        PYTHONPATH="/nowhere",
        PYTHONHOME="/nowhere",
        VIRTUAL_ENV="/nowhere",
    )
    project.apply(project.lock(trio()))
    config = (project.current / "pyvenv.cfg").read_text()
    assert "include-system-site-packages = false" in config
    assert not [path for path in project.site.rglob("*") if path.is_symlink()]


def test_nothing_is_printed(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """The library reports events and never prints, not even through logging."""
    lock = project.lock(trio())
    project.apply(lock)
    project.apply(lock)
    assert capfd.readouterr() == ("", "")


def test_the_steps_are_told_in_order(project: Project) -> None:
    """A listener hears each phase once, in the order of the promise."""
    steps = Steps()
    project.apply(project.lock(trio()), steps)
    assert steps.steps == [
        "Installing 3 packages",
        "Checking the files",
        "Proving the environment from inside",
        "Listing the files",
        f"Switching {project.link} to the new environment",
    ]
    assert any("torch==2.2.0+cpu" in line for line in steps.details)


def test_the_environment_holds_nothing_that_is_not_locked(project: Project) -> None:
    """A new environment has no seeds and no helper of the tool that made it."""
    project.apply(project.lock([*trio()]))
    entries = sorted(path.name for path in project.site.iterdir())
    assert [name for name in entries if name != "__pycache__"] == [
        "torch",
        "torch-2.2.0+cpu.dist-info",
        "torchaudio",
        "torchaudio-2.2.0+cpu.dist-info",
        "torchvision",
        "torchvision-0.17.0+cpu.dist-info",
    ]


def test_it_works_below_a_linked_folder(tmp_path: Path) -> None:
    """A project that is reached through a link to its folder works as any other."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    project = make_project(tmp_path / "link")
    lock = project.lock(trio())
    assert project.apply(lock).did
    assert not project.apply(lock).did
    assert run(project.link / "bin/torchrun").startswith("torchrun 2.2.0+cpu")


def test_two_ways_to_one_project_are_one_environment(tmp_path: Path) -> None:
    """An environment is not taken for moved because the spec was reached by a link this time."""
    project = make_project(tmp_path / "real")
    project.apply(project.lock(trio()))
    (tmp_path / "link").symlink_to("real")
    linked = make_project(tmp_path / "link")
    assert not linked.apply(linked.lock(trio())).did
    assert not project.apply(project.lock(trio())).did


def test_torchenv_can_be_run_without_a_umask_or_home(project: Project) -> None:
    """A bare environment (as in a service) is enough."""
    bare = {name: project.environ[name] for name in ("PATH", "TORCHENV_STORE")}
    project.environ.clear()
    project.environ.update(bare)
    old = os.umask(0o077)
    try:
        assert project.apply(project.lock(trio())).did
    finally:
        os.umask(old)
    assert sys.platform in {"linux", "darwin"}
