"""In place: what is right stays, what is not is changed with its reason, and nobody else's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.environment._virtualenv import create_virtualenv
from provisioner.environment.inplace import (
    InPlaceRequest,
    Site,
    apply_in_place,
    ask_site,
    find_python,
    in_place_status,
)
from provisioner.environment.inplace._stage import _place_of
from provisioner.events import Reporter
from provisioner.findings import Finding, TorchenvError
from tests.environment.disks import overlay
from tests.environment.kit import Project, tiny, venv_source
from tests.faults.operations import MINE, holds, wheels_of
from tests.support.wheels import text_member

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.environment.inplace import InPlaceApplied


@pytest.fixture
def site(project: Project) -> Site:
    """Return an environment that another tool made, with a package of the user's."""
    create_virtualenv(project.link, venv_source(project))
    made = ask_site(find_python(project.link), project.environ)
    for path, text in MINE.items():
        (made.purelib / path).parent.mkdir(exist_ok=True)
        (made.purelib / path).write_text(text)
    return made


def request(project: Project, site: Site, name: str = "old") -> InPlaceRequest:
    """Return what is to be applied."""
    return InPlaceRequest(apply=project.request(project.lock(wheels_of(name))), site=site)


def broken_request(project: Project, site: Site) -> InPlaceRequest:
    """Return the request of an environment that cannot be proven."""
    broken = tiny(
        "torch",
        "2.2.1+cpu",
        accelerator="cpu",
        members=(text_member("torch/__init__.py", "raise ImportError('broken')\n"),),
    )
    lock = project.lock([broken, *wheels_of("old")[1:]])
    return InPlaceRequest(apply=project.request(lock), site=site)


def refused(wanted: InPlaceRequest) -> Finding:
    """Apply and return the finding that it fails with."""
    with pytest.raises(TorchenvError) as caught:
        apply_in_place(wanted)
    return caught.value.findings[0]


def reasons(done: InPlaceApplied) -> dict[str, tuple[str, str]]:
    """Return kind and reason by package."""
    return {one.name: (one.kind, one.reason) for one in done.actions}


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file with its content."""
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in str(path)
    }


def test_a_first_apply(project: Project, site: Site) -> None:
    """The locked packages are installed and proven; the user's own stays; no trace is left."""
    done = apply_in_place(request(project, site))
    assert done.did
    assert set(reasons(done).values()) == {("install", "not installed")}
    assert holds(site.purelib, "old", beside=(*MINE, site.notes.name))
    assert done.proof.versions[0] == ("torch", "2.2.0+cpu")
    assert not (site.prefix / ".torchenv").exists()
    script = subprocess.run([site.scripts / "torchrun", "--help"], check=False, capture_output=True)
    assert script.returncode == 0


def test_a_second_apply_does_nothing(project: Project, site: Site) -> None:
    """Nothing is written where everything is as it was."""
    apply_in_place(request(project, site))
    before = tree(site.prefix)
    assert not apply_in_place(request(project, site)).did
    assert tree(site.prefix) == before


def test_what_is_right_already_stays(project: Project, site: Site) -> None:
    """Packages that another tool installed from the same wheels are not touched."""
    apply_in_place(request(project, site))
    site.notes.unlink()
    file = site.purelib / "torch/version.py"
    before = file.stat()
    done = apply_in_place(request(project, site))
    assert not done.did
    assert set(reasons(done).values()) == {("keep", "as locked")}
    assert file.stat().st_ino == before.st_ino


def test_another_build_of_the_same_version(project: Project, site: Site) -> None:
    """Only what differs is replaced, and the reason says what."""
    apply_in_place(request(project, site))
    done = apply_in_place(request(project, site, "cu118"))
    kinds = {name: kind for name, (kind, _) in reasons(done).items()}
    assert kinds == {
        "requests": "keep",
        "torch": "replace",
        "torchaudio": "replace",
        "torchvision": "replace",
    }
    assert holds(site.purelib, "cu118", beside=(*MINE, site.notes.name))


def damage(site: Site) -> None:
    """Change a file."""
    (site.purelib / "torch/version.py").write_text("")


def lose(site: Site) -> None:
    """Remove a script."""
    (site.scripts / "torchrun").unlink()


def lose_record(site: Site) -> None:
    """Remove the RECORD of a package."""
    next(site.purelib.glob("torch-*.dist-info/RECORD")).unlink()


def double(site: Site) -> None:
    """Leave the metadata of another version."""
    (site.purelib / "torch-1.0.dist-info").mkdir()
    (site.purelib / "torch-1.0.dist-info/RECORD").write_text("")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (damage, "the same version, and torch/version.py differs from the locked wheel"),
        (lose, "bin/torchrun differs from the locked wheel"),
        (lose_record, "half removed: its RECORD is missing"),
        (double, "its metadata is there twice"),
    ],
)
def test_what_is_damaged_is_replaced(
    project: Project, site: Site, harm: Callable[[Site], None], reason: str
) -> None:
    """Just the damaged package is installed anew."""
    apply_in_place(request(project, site))
    harm(site)
    lock = project.lock(wheels_of("old"))
    assert in_place_status(site, lock) == ("current" if harm is double else "damaged")
    site.notes.unlink()
    found = reasons(apply_in_place(request(project, site)))
    assert found["torch"][0] == "replace"
    assert found["torch"][1].endswith(reason)
    assert {kind for name, (kind, _) in found.items() if name != "torch"} == {"keep"}
    assert holds(site.purelib, "old", beside=(*MINE, site.notes.name))


def test_what_pip_left_half_removed_goes(project: Project, site: Site) -> None:
    """`~orch` is what a killed pip leaves of torch for ever; somebody else's `~ine` stays."""
    for name in ("~orch", "~ine"):
        (site.purelib / name).mkdir()
        (site.purelib / name / "old.py").write_text("")
    apply_in_place(request(project, site))
    assert not (site.purelib / "~orch").exists()
    assert (site.purelib / "~ine/old.py").exists()


def test_exact_removes_the_rest(project: Project, site: Site) -> None:
    """Only where it is asked for, packages that are not in the lock go."""
    done = apply_in_place(replace(request(project, site), exact=True))
    assert reasons(done)["mine"] == ("remove", "not in the lock")
    assert not (site.purelib / "mine").exists()


def test_a_file_of_another_package_is_in_the_way(project: Project, site: Site) -> None:
    """A package that is not in the lock is not broken in passing."""
    (site.purelib / "torch").mkdir()
    (site.purelib / "torch/version.py").write_text("mine")
    record = site.purelib / "mine-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + "torch/version.py,,\n")
    before = tree(site.purelib)
    finding = refused(request(project, site))
    assert finding.code == "TE648"
    assert "mine: " in finding.why
    assert tree(site.purelib) == before
    apply_in_place(replace(request(project, site), exact=True))
    assert holds(site.purelib, "old", beside=(site.notes.name,))


def test_what_conda_installed_is_refused(project: Project, site: Site) -> None:
    """Conda would undo half of it with its next update."""
    apply_in_place(request(project, site))
    next(site.purelib.glob("torch-*.dist-info/INSTALLER")).write_text("conda\n")
    assert not apply_in_place(request(project, site)).did
    finding = refused(request(project, site, "cu118"))
    assert finding.code == "TE646"
    assert finding.message.startswith("conda installed `torch` in ")


def test_files_in_condas_records_are_condas(project: Project, site: Site) -> None:
    """Packages of conda that sign nothing and have no metadata of Python's are seen, too."""
    apply_in_place(request(project, site))
    shutil.rmtree(next(site.purelib.glob("torch-*.dist-info")))
    records = site.prefix / "conda-meta"
    records.mkdir()
    (records / "broken.json").write_text("{")
    file = str((site.purelib / "torch/version.py").relative_to(site.prefix))
    record = {"name": "pytorch", "files": ["bin/other", file]}
    (records / "pytorch-2.2.0-0.json").write_text(json.dumps(record))
    before = tree(site.prefix)
    finding = refused(request(project, site))
    assert finding.code == "TE646"
    assert finding.message.startswith("conda installed `pytorch` in ")
    assert tree(site.prefix) == before
    assert not (site.prefix / ".torchenv").exists()


def test_in_a_container_files_of_lower_layers_change(project: Project, site: Site) -> None:
    """An overlay refuses to move folders of its lower layers; what fails there is undone there."""
    apply_in_place(request(project, site))
    with overlay(site.prefix):
        before = tree(site.prefix)
        assert refused(broken_request(project, site)).code == "TE701"
        assert tree(site.prefix) == before
        assert apply_in_place(request(project, site, "cu118")).did
        assert holds(site.purelib, "cu118", beside=(*MINE, site.notes.name))
        assert not (site.prefix / ".torchenv").exists()


def test_a_managed_python_is_refused_without_the_flag(project: Project, site: Site) -> None:
    """PEP 668 marks it, and only an explicit word changes it."""
    managed = replace(site, managed="/usr/lib/python3/EXTERNALLY-MANAGED")
    assert refused(request(project, managed)).code == "TE644"
    assert apply_in_place(replace(request(project, managed), break_system_packages=True)).did


def test_torchenvs_own_environment_is_refused(project: Project) -> None:
    """It would replace packages that it runs with."""
    own = ask_site(find_python(project.root.__class__(sys.prefix)), project.environ)
    assert refused(request(project, own)).code == "TE645"


def test_another_python_is_refused(project: Project, site: Site) -> None:
    """Wheels are made for one version."""
    other = replace(site, version="3.7.1")
    assert refused(request(project, other)).code == "TE647"


def test_where_there_is_no_python(project: Project, tmp_path: Path) -> None:
    """A folder without interpreter, and a program that is none, are told."""
    with pytest.raises(TorchenvError) as caught:
        find_python(tmp_path / "nowhere")
    assert caught.value.findings[0].code == "TE643"
    assert "`environment.path` in the spec" in caught.value.findings[0].do
    with pytest.raises(TorchenvError) as caught:
        ask_site(tmp_path.__class__("/bin/true"), project.environ)
    assert caught.value.findings[0].code == "TE643"


def test_a_failed_proof_moves_everything_back(project: Project, site: Site) -> None:
    """What was there is there again, byte for byte, and no trace is left."""
    apply_in_place(request(project, site))
    before = tree(site.prefix)
    finding = refused(broken_request(project, site))
    assert finding.code == "TE701"
    assert tree(site.prefix) == before
    assert in_place_status(site, project.lock(wheels_of("old"))) == "current"


def test_an_apply_that_was_killed_is_told(project: Project, site: Site) -> None:
    """Who comes after it hears what was done about it."""

    class Told(Reporter):
        codes: list[str] = []  # noqa: RUF012 - one test

        def finding(self, finding: Finding) -> None:
            self.codes.append(finding.code)

    folder = site.prefix / ".torchenv/in-place"
    folder.mkdir(parents=True)
    (folder / "journal").write_text('{"aside": [], "place": []}\ncommit\n')
    assert in_place_status(site, None) == "damaged"
    done = apply_in_place(request(project, site), Told())
    assert done.recovered == "finished"
    assert Told.codes == ["TE649"]


def test_the_four_states(project: Project, site: Site) -> None:
    """By the notes that an apply leaves."""
    old, new = project.lock(wheels_of("old")), project.lock(wheels_of("cu118"))
    assert in_place_status(site, old) == "foreign"
    apply_in_place(request(project, site))
    assert in_place_status(site, old) == "current"
    assert in_place_status(site, new) == "stale"
    os.utime(site.purelib / "torch/version.py", (1, 1))
    assert in_place_status(site, old) == "damaged"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("bin/torchrun", "/usr/local/bin/torchrun"),
        ("lib/python3.11/site-packages/t/a.py", "/usr/local/lib/python3.11/dist-packages/t/a.py"),
        ("lib64/python3.11/site-packages/x.so", "/usr/lib64/python3.11/site-packages/x.so"),
        ("share/man/man1/x.1", "/usr/share/man/man1/x.1"),
    ],
)
def test_where_files_go(project: Project, path: str, place: str) -> None:
    """Debian installs below `local`, and other systems have `lib64` beside `lib`."""
    folder = project.root.__class__
    debian = Site(
        python=folder("/usr/bin/python3"),
        prefix=folder("/usr"),
        purelib=folder("/usr/local/lib/python3.11/dist-packages"),
        platlib=folder("/usr/lib64/python3.11/site-packages"),
        scripts=folder("/usr/local/bin"),
        version="3.11.2",
        free_threaded=False,
        managed=None,
    )
    assert _place_of(path, debian) == place


LEFT = (
    ".gitignore",
    "..gitignore.abc.tmp",
    ".CACHEDIR.TAG.abc.tmp",
    "in-place/scratch/torchenv-in-place.json",
    "in-place/lock",
)
"""What a kill can leave in ``.torchenv`` when all else is done."""


def test_what_a_killed_apply_left_goes_with_the_next(project: Project, site: Site) -> None:
    """However little it is, and although nothing else is to be done."""
    apply_in_place(request(project, site))
    for left in LEFT:
        path = site.prefix / ".torchenv" / left
        path.parent.mkdir(parents=True)
        path.write_text("")
        assert not apply_in_place(request(project, site)).did
        assert not (site.prefix / ".torchenv").exists()
    assert holds(site.purelib, "old", beside=(*MINE, site.notes.name))
