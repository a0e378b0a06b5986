"""The check of what was installed: RECORD against the disk, and the wheel as the judge."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner._quick import list_files
from provisioner.environment._check import Damage, damage_finding, find_damage
from provisioner.environment._expected import entries
from provisioner.environment._layout import Layout
from tests.environment.kit import Project, stored, tiny, trio, without
from tests.support.wheels import Member, text_member

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.lockfile import Lock


class Installed:
    """An applied project, ready to be damaged and checked."""

    def __init__(self, project: Project) -> None:
        """Apply a trio, a package with all kinds of files, and nothing else."""
        rich = tiny(
            "rich_package",
            "1.0",
            members=(
                text_member("rich_package/__init__.py", ""),
                text_member("rich_package-1.0.data/purelib/extra/deep.py", "DEEP = 1\n"),
                text_member("rich_package-1.0.data/data/share/rich/notes.txt", "notes"),
                Member(
                    path="rich_package-1.0.data/scripts/rich-run",
                    content=b"#!python\nprint('ran')\n",
                    executable=True,
                ),
                text_member("top_level.py", "TOP = 1\n"),
            ),
        )
        self.lock: Lock = project.lock([*trio(), replace(rich, project="rich-package")])
        self.project = project
        project.apply(self.lock)
        self.generation: Generation = Layout(link=project.link).generation(1)
        self.wheels = {
            package.wheel.sha256: stored(project.store, package.wheel)
            for package in self.lock.packages
        }

    @property
    def site(self) -> Path:
        """The folder of the packages."""
        return self.project.site

    def damage(self) -> list[Damage]:
        """Check."""
        listed = entries(list_files(str(self.generation.folder)))
        return list(find_damage(self.generation, self.lock, self.wheels, listed))


@pytest.fixture
def installed(project: Project) -> Installed:
    """Return a whole environment."""
    return Installed(project)


def test_a_whole_environment_has_no_damage(installed: Installed) -> None:
    """What was just installed is whole, files outside `site-packages` included."""
    assert installed.damage() == []
    assert (installed.site / "extra/deep.py").exists()
    assert (installed.generation.folder / "share/rich/notes.txt").exists()


CASES: list[tuple[str, Callable[[Path], object], Damage]] = [
    (
        "a module",
        lambda site: (site / "torch/version.py").unlink(),
        Damage(package="torch", text="torch/version.py: is missing"),
    ),
    (
        "a cut module",
        lambda site: (site / "top_level.py").write_text("T"),
        Damage(package="rich-package", text="top_level.py: 1 bytes instead of 8"),
    ),
    (
        "a console script",
        lambda site: (site / "../../../bin/torchrun").unlink(),
        Damage(package="torch", text="../../../bin/torchrun: is missing"),
    ),
    (
        "a script of the wheel",
        lambda site: (site / "../../../bin/rich-run").unlink(),
        Damage(package="rich-package", text="../../../bin/rich-run: is missing"),
    ),
    (
        "a data file",
        lambda site: (site / "../../../share/rich/notes.txt").unlink(),
        Damage(package="rich-package", text="../../../share/rich/notes.txt: is missing"),
    ),
    (
        "a module from .data/purelib",
        lambda site: (site / "extra/deep.py").unlink(),
        Damage(package="rich-package", text="extra/deep.py: is missing"),
    ),
    (
        "RECORD",
        lambda site: (site / "torch-2.2.0+cpu.dist-info/RECORD").unlink(),
        Damage(package="torch", text="RECORD is missing"),
    ),
    (
        "the whole record",
        lambda site: shutil.rmtree(site / "torch-2.2.0+cpu.dist-info"),
        Damage(package="torch", text="2.2.0+cpu is missing"),
    ),
    (
        "an unknown package",
        lambda site: (site / "stray-1.0.dist-info").mkdir(),
        Damage(package="stray", text="1.0 is there and not in the lock"),
    ),
]


@pytest.mark.parametrize(("do", "damage"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_every_damage_is_named(
    installed: Installed, do: Callable[[Path], object], damage: Damage
) -> None:
    """Each missing or cut file, script, record and stray package is one damage."""
    do(installed.site)
    assert installed.damage() == [damage]


def test_a_wrong_record_is_not_a_damage(installed: Installed) -> None:
    """Where RECORD and the disk differ but the wheel agrees with the disk, RECORD is wrong."""
    record = installed.site / "torch-2.2.0+cpu.dist-info/RECORD"
    lines = record.read_text().splitlines()
    wrong = [f"{line}9" if line.startswith("torch/version.py,") else line for line in lines]
    record.write_text("\n".join([*wrong, "torch/never/was.py,sha256=x,10", ""]))
    assert installed.damage() == []


def test_backslashes_in_a_record_are_slashes(installed: Installed) -> None:
    """A RECORD as torchvision 0.13.0 for Windows has it is read, and misses what is gone."""
    record = installed.site / "torch-2.2.0+cpu.dist-info/RECORD"
    record.write_text(record.read_text().replace("/", "\\"))
    assert installed.damage() == []
    (installed.site / "torch/version.py").unlink()
    assert installed.damage() == [Damage(package="torch", text="torch/version.py: is missing")]


def test_a_missing_package_is_named(installed: Installed) -> None:
    """A package that the lock has and the environment has not is damage, and the other way."""
    installed.lock = without(installed.lock, "rich-package")
    assert installed.damage() == [
        Damage(package="rich-package", text="1.0 is there and not in the lock")
    ]


def test_the_finding_names_twenty_at_most() -> None:
    """A finding about 12,000 missing files stays readable."""
    damages = tuple(Damage(package="torch", text=f"torch/{n:03}.py: is missing") for n in range(50))
    finding = damage_finding(damages)
    assert finding.code == "TE704"
    lines = finding.why.splitlines()
    assert lines[1] == "torch: torch/000.py: is missing"
    assert lines[-1] == "and 30 more"
