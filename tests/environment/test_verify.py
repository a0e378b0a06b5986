"""Every byte against the wheels: what differs is named, whatever size and time say."""

from __future__ import annotations

import importlib.util
import marshal
import os
import py_compile
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.environment import verify_environment
from provisioner.environment._bytecode import source_of
from provisioner.environment._bytecode_script import compare
from provisioner.environment._records import kept_record, records_folder
from provisioner.environment._status import environment_status
from provisioner.events import Reporter
from tests.environment.kit import Project, put_wheel, stored, tiny, trio
from tests.support.wheels import Defects, Member, build_wheel, text_member

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.environment import VerifyReport
    from provisioner.lockfile import Lock

TAG = sys.implementation.cache_tag


class Bar(Reporter):
    """Remembers what a progress bar would be told."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.total = 0
        self.done = 0
        self.is_finished = False

    def check_started(self, files: int, size_bytes: int) -> None:
        """Remember the whole."""
        del files
        self.total = size_bytes

    def check_progress(self, size_bytes: int) -> None:
        """Add a part."""
        self.done += size_bytes

    def check_finished(self) -> None:
        """Remember the end."""
        self.is_finished = True


class Applied:
    """An applied project, ready to be damaged and verified."""

    def __init__(self, project: Project) -> None:
        """Apply the trio and a package with all kinds of files."""
        rich = tiny(
            "rich_package",
            "1.0",
            members=(
                text_member("rich_package/__init__.py", "VALUE = 1\n"),
                text_member("rich_package-1.0.data/purelib/extra/deep.py", "DEEP = 1\n"),
                text_member("rich_package-1.0.data/data/share/rich/notes.txt", "notes"),
                Member(
                    path="rich_package-1.0.data/scripts/rich-run",
                    content=b"#!python\nprint('ran')\n",
                    executable=True,
                ),
            ),
        )
        self.project = project
        self.lock: Lock = project.lock([*trio(), replace(rich, project="rich-package")])
        project.apply(self.lock)

    @property
    def site(self) -> Path:
        """The folder of the packages."""
        return self.project.site

    def report(self, lock: Lock | None = None, reporter: Reporter | None = None) -> VerifyReport:
        """Verify."""
        return verify_environment(
            self.project.spec(),
            lock or self.lock,
            self.project.store,
            self.project.environ,
            reporter or Reporter(),
        )

    def differences(self) -> list[tuple[str, str, str | None]]:
        """Return (kind, path, package) of everything that differs."""
        verified = self.report().verified
        assert verified is not None
        return [
            (
                one.kind,
                one.path.partition("/site-packages/")[2] or one.path,
                str(one.owner) if one.owner is not None else None,
            )
            for one in verified.differences
        ]


@pytest.fixture
def applied(project: Project) -> Applied:
    """Return a whole environment."""
    return Applied(project)


def test_a_new_environment_is_whole(applied: Applied) -> None:
    """What was just applied has no difference, and everything in it was hashed, with progress."""
    bar = Bar()
    report = applied.report(reporter=bar)
    assert report.is_whole
    assert report.findings == ()
    assert report.verified is not None
    assert report.verified.files > 40
    assert bar.done == bar.total == report.verified.size_bytes
    assert bar.is_finished


def test_verifying_changes_nothing(applied: Applied) -> None:
    """After a verification the environment is as current as before it."""
    applied.report()
    spec = applied.project.spec()
    assert environment_status(spec, applied.lock).state == "current"


def quietly(path: Path, content: bytes) -> None:
    """Change a file so that its size and times tell nothing."""
    stat = path.stat()
    assert len(content) == stat.st_size
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def relink(path: Path, target: str) -> None:
    """Put a link at a path."""
    path.unlink()
    path.symlink_to(target)


CASES: list[tuple[str, Callable[[Path], object], tuple[str, str, str | None]]] = [
    (
        "changed with its old size and time",
        lambda site: quietly(site / "rich_package/__init__.py", b"VALUE = 2\n"),
        ("changed", "rich_package/__init__.py", "rich-package 1.0"),
    ),
    (
        "missing",
        lambda site: (site / "torch/version.py").unlink(),
        ("missing", "torch/version.py", "torch 2.2.0+cpu"),
    ),
    (
        "truncated",
        lambda site: os.truncate(site / "torch/version.py", 1),
        ("changed", "torch/version.py", "torch 2.2.0+cpu"),
    ),
    (
        "a link instead of a file",
        lambda site: relink(site / "extra/deep.py", "/dev/null"),
        ("changed", "extra/deep.py", "rich-package 1.0"),
    ),
    (
        "a data file",
        lambda site: (site / "../../../share/rich/notes.txt").unlink(),
        ("missing", "share/rich/notes.txt", "rich-package 1.0"),
    ),
    (
        "a script of a wheel",
        lambda site: (site / "../../../bin/rich-run").write_text("#!/bin/sh\n"),
        ("changed", "bin/rich-run", "rich-package 1.0"),
    ),
    (
        "activate",
        lambda site: (site / "../../../bin/activate").write_text("exit\n"),
        ("changed", "bin/activate", None),
    ),
    (
        "the interpreter's link",
        lambda site: relink(site / "../../../bin/python", "/bin/true"),
        ("changed", "bin/python", None),
    ),
    (
        "an installed RECORD",
        lambda site: (site / "torch-2.2.0+cpu.dist-info/RECORD").write_text(""),
        ("changed", "torch-2.2.0+cpu.dist-info/RECORD", "torch 2.2.0+cpu"),
    ),
    (
        "added inside a package",
        lambda site: (site / "torch/extra.py").write_text(""),
        ("added", "torch/extra.py", "torch 2.2.0+cpu"),
    ),
    (
        "added beside the packages",
        lambda site: (site / "evil.pth").write_text("import os\n"),
        ("added", "evil.pth", None),
    ),
]


@pytest.mark.parametrize(
    ("change", "difference"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_every_difference_is_named(
    applied: Applied,
    change: Callable[[Path], object],
    difference: tuple[str, str, str | None],
) -> None:
    """Each file that is not what its wheel holds, or that no wheel holds, is one difference."""
    change(applied.site)
    assert applied.differences() == [difference]


def test_a_package_that_was_installed_beside_is_one_line(applied: Applied) -> None:
    """Files of a package that the lock lacks are told as that package."""
    info = applied.site / "stray-3.1.dist-info"
    info.mkdir()
    (applied.site / "stray.py").write_text("")
    (info / "METADATA").write_text("Name: stray\nVersion: 3.1\n")
    (info / "RECORD").write_text("stray.py,,\nstray-3.1.dist-info/RECORD,,\n")
    report = applied.report()
    assert [finding.code for finding in report.findings] == ["TE607"]
    assert report.findings[0].why.splitlines()[1:] == ["package stray 3.1 added (3 files)"]


def test_what_the_wheel_holds_decides_where_its_record_is_wrong(project: Project) -> None:
    """A published wheel whose RECORD has a wrong hash is no damage."""
    wheel = replace(tiny("odd", "1.0"), defects=Defects(record="wrong-hash"))
    lock = project.lock([*trio(), wheel])
    project.apply(lock)
    report = verify_environment(project.spec(), lock, project.store, project.environ, Reporter())
    assert report.is_whole


def test_a_record_that_was_not_kept_is_read_from_its_wheel(applied: Applied) -> None:
    """Without the kept RECORDs, or with damaged ones, the wheels in the store are asked."""
    records = records_folder(applied.project.environ)
    one, *others = sorted(records.iterdir())
    one.write_bytes(one.read_bytes() + b"more")
    assert kept_record(records, one.name) is None
    for other in others:
        other.unlink()
    assert applied.report().is_whole


def test_what_nothing_vouches_for_is_not_called_whole(applied: Applied) -> None:
    """Where neither wheel nor RECORD is left, the package is named and the result is no."""
    shutil.rmtree(records_folder(applied.project.environ))
    torch = next(package for package in applied.lock.packages if package.name == "torch")
    stored(applied.project.store, torch.wheel).write_bytes(b"damaged")
    report = applied.report()
    assert not report.is_whole
    assert report.verified is not None
    assert report.verified.unknown == ("torch",)
    assert report.verified.differences == ()
    assert [finding.code for finding in report.findings] == ["TE612"]


def test_what_was_added_is_told_where_nothing_vouches_for_the_rest(applied: Applied) -> None:
    """A file that no RECORD lists is an addition, also where packages cannot be compared."""
    shutil.rmtree(records_folder(applied.project.environ))
    for package in applied.lock.packages:
        stored(applied.project.store, package.wheel).write_bytes(b"damaged")
    added = applied.site / "torch" / "added.py"
    added.write_text("")
    report = applied.report()
    assert report.verified is not None
    assert [(one.kind, one.path.rpartition("/")[2]) for one in report.verified.differences] == [
        ("added", "added.py")
    ]


def test_another_lock_is_told_beside_the_bytes(applied: Applied) -> None:
    """An environment of another lock is compared with what it was made from, and that is said."""
    other = applied.project.lock(trio("2.2.1", vision="0.17.1"))
    report = applied.report(other)
    assert [finding.code for finding in report.findings] == ["TE608"]
    assert report.verified is not None
    assert report.verified.differences == ()


def test_without_an_environment_nothing_is_whole(project: Project) -> None:
    """No environment, or one of another tool, is a finding."""
    spec = project.spec()
    report = verify_environment(spec, None, project.store, project.environ, Reporter())
    assert [finding.code for finding in report.findings] == ["TE613"]
    project.link.mkdir()
    (project.link / "pyvenv.cfg").write_text("")
    report = verify_environment(spec, None, project.store, project.environ, Reporter())
    assert [finding.code for finding in report.findings] == ["TE605"]
    assert not report.is_whole


def plant(source: Path, code: str, *, level: int = -1) -> Path:
    """Write byte code of other code that looks like that of a source."""
    made = py_compile.compile(str(source), doraise=True, optimize=level)
    assert made is not None
    path = source.parent / made
    header = path.read_bytes()[:16]
    path.write_bytes(header + marshal.dumps(compile(code, str(source), "exec")))
    return path


@pytest.mark.parametrize("level", [0, 2])
def test_planted_byte_code_is_found(applied: Applied, level: int) -> None:
    """Byte code with the right header and another content is a difference: Python would run it."""
    source = applied.site / "rich_package/__init__.py"
    path = plant(source, "VALUE = 'planted'\n", level=level)
    assert applied.differences() == [
        ("byte code", f"rich_package/__pycache__/{path.name}", "rich-package 1.0")
    ]
    assert [finding.code for finding in applied.report().findings] == ["TE611"]


def test_byte_code_that_kills_the_interpreter_is_found(applied: Applied) -> None:
    """What cannot even be read is named, and what comes after it is still compared."""
    for name in ("torch/version.py", "rich_package/__init__.py"):
        path = plant(applied.site / name, "1")
        path.write_bytes(path.read_bytes()[:16] + b"\xe3" + b"\xff" * 40)
    found = [path for kind, path, _ in applied.differences() if kind == "byte code"]
    assert len(found) == 2


def test_byte_code_of_the_source_is_right(applied: Applied) -> None:
    """Byte code that Python wrote, at any time and level, is no difference; nor is its lack."""
    for level in (0, 1, 2):
        py_compile.compile(str(applied.site / "torch/version.py"), optimize=level, doraise=True)
    shutil.rmtree(applied.site / "torchvision/__pycache__", ignore_errors=True)
    assert applied.report().is_whole


def test_byte_code_that_nothing_runs_is_left_alone(applied: Applied) -> None:
    """Byte code of another Python, or without a source, is never run."""
    cache = applied.site / "rich_package/__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "__init__.cpython-36.pyc").write_bytes(b"old")
    (cache / f"gone.{TAG}.pyc").write_bytes(b"no source")
    assert applied.report().is_whole


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (f"a/__pycache__/b.{TAG}.pyc", "a/b.py"),
        (f"a/__pycache__/b.{TAG}.opt-2.pyc", "a/b.py"),
        (f"a/__pycache__/b.c.{TAG}.pyc", "a/b.c.py"),
        ("a/__pycache__/b.cpython-36.pyc", None),
        (f"a/__pycache__/b.{TAG}-pytest-8.4.pyc", None),
        (f"a/__pycache__/{TAG}.pyc", None),
    ],
)
def test_the_source_of_byte_code(path: str, source: str | None) -> None:
    """The name of byte code names its source, for this Python only."""
    assert source_of(path, TAG or "") == source


def test_byte_code_forms(tmp_path: Path) -> None:
    """Whether byte code is used follows PEP 552; constants that are no number are equal."""
    source = tmp_path / "m.py"
    source.write_text("NAN = 1e999 - 1e999\ndef f():\n    return {1, 2}, (3, 4.0)\n")
    mode = py_compile.PycInvalidationMode
    path = tmp_path / "m.pyc"

    def compiled(kind: py_compile.PycInvalidationMode) -> str:
        py_compile.compile(str(source), cfile=str(path), doraise=True, invalidation_mode=kind)
        return compare(str(path), str(source))

    assert compiled(mode.TIMESTAMP) == "same"
    assert compiled(mode.CHECKED_HASH) == "same"
    assert compiled(mode.UNCHECKED_HASH) == "same"
    source.write_text("NAN = 2\n")
    assert compare(str(path), str(source)) == "differs"
    py_compile.compile(str(source), cfile=str(path), invalidation_mode=mode.CHECKED_HASH)
    source.write_text("NAN = 3\n")
    assert compare(str(path), str(source)) == "unused"
    path.write_bytes(importlib.util.MAGIC_NUMBER)
    assert compare(str(path), str(source)) == "unused"


def test_a_wheel_in_the_store_is_found_by_its_hash(project: Project) -> None:
    """Only a wheel whose bytes have the hash is returned."""
    wheel = tiny("some", "1.0")
    locked = put_wheel(project.store, wheel.file_name, build_wheel(wheel))
    assert project.store.find(locked.sha256) == stored(project.store, locked)
    stored(project.store, locked).write_bytes(b"other")
    assert project.store.find(locked.sha256) is None
    assert project.store.find("0" * 64) is None
