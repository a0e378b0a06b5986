"""The list of files, and what differs from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner._quick import list_files
from provisioner.environment import _drift
from provisioner.environment._differences import difference_findings
from provisioner.environment._drift import Drift, compare, encode
from provisioner.environment._layout import Generation
from provisioner.environment._owners import Difference

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = st.text(
    st.characters(blacklist_characters="/\n\0", blacklist_categories=["Cs"]), min_size=1
).filter(lambda name: name not in {".", ".."})
FILES = st.dictionaries(NAMES, st.tuples(st.sampled_from("flo"), st.integers(0, 9)), max_size=8)


def manifest(files: dict[str, tuple[str, int]]) -> bytes:
    """Return the manifest of files (kind, size)."""
    lines = (f"{name}\t{kind}\t{size}\t1\n" for name, (kind, size) in files.items())
    return "".join(sorted(lines)).encode()


@given(FILES)
def test_equal_lists_have_no_drift(files: dict[str, tuple[str, int]]) -> None:
    """What is as it was does not drift."""
    assert compare(manifest(files), manifest(files)).is_empty


@given(FILES, FILES)
def test_drift_names_every_difference_once(
    before: dict[str, tuple[str, int]], after: dict[str, tuple[str, int]]
) -> None:
    """Each path is missing, changed, added or the same, and in one of them only."""
    drift = compare(manifest(before), manifest(after))
    assert drift.missing == tuple(sorted(before.keys() - after.keys()))
    assert drift.added == tuple(sorted(after.keys() - before.keys()))
    both = before.keys() & after.keys()
    assert drift.changed == tuple(sorted(name for name in both if before[name] != after[name]))


@given(FILES, FILES)
def test_drift_can_be_read_backwards(
    before: dict[str, tuple[str, int]], after: dict[str, tuple[str, int]]
) -> None:
    """What is missing one way is added the other way."""
    there, back = (
        compare(manifest(before), manifest(after)),
        compare(manifest(after), manifest(before)),
    )
    assert (there.missing, there.added, there.changed) == (back.added, back.missing, back.changed)


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    """Return a folder with some files and their manifest."""
    made = Generation(number=1, folder=tmp_path / "0001")
    for name in ("bin/python", "lib/a.py", "lib/deep/b.py", "lib/__pycache__/a.pyc"):
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (made.folder / "lib64").symlink_to("lib")
    _drift.write_manifest(made, list_files(str(made.folder)))
    return made


def test_the_list_has_every_file_once_sorted(generation: Generation) -> None:
    """Files and links are listed by path; byte code, folders and the list itself are not."""
    lines = generation.manifest.read_text().splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        ["bin/python", "f", "10"],
        ["lib/a.py", "f", "8"],
        ["lib/deep/b.py", "f", "13"],
        ["lib64", "l", "3"],
    ]
    stat = (generation.folder / "lib/a.py").stat()
    assert lines[1] == f"lib/a.py\tf\t8\t{stat.st_mtime_ns}"


def relink(path: Path) -> None:
    """Have a link lead elsewhere."""
    path.unlink()
    path.symlink_to("/lib")


CASES: list[tuple[str, Callable[[Path], object], Drift]] = [
    ("delete", lambda top: (top / "lib/a.py").unlink(), Drift(missing=("lib/a.py",))),
    ("truncate", lambda top: os.truncate(top / "lib/a.py", 1), Drift(changed=("lib/a.py",))),
    ("touch", lambda top: os.utime(top / "lib/a.py", (1, 1)), Drift(changed=("lib/a.py",))),
    ("add", lambda top: (top / "lib/c.pth").write_text(""), Drift(added=("lib/c.pth",))),
    ("add pyc", lambda top: (top / "lib/__pycache__/b.pyc").write_text(""), Drift()),
    ("add folder", lambda top: (top / "lib/new").mkdir(), Drift()),
    ("uv looks", lambda top: (top / ".lock").write_text(""), Drift()),
    ("a lock below", lambda top: (top / "lib/.lock").write_text(""), Drift(added=("lib/.lock",))),
    (
        "relink",
        lambda top: relink(top / "lib64"),
        Drift(changed=("lib64",)),
    ),
    (
        "move",
        lambda top: (top / "lib/deep").rename(top / "lib/other"),
        Drift(missing=("lib/deep/b.py",), added=("lib/other/b.py",)),
    ),
]


@pytest.mark.parametrize(
    ("change", "drift"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_every_kind_of_change_is_found(
    generation: Generation, change: Callable[[Path], object], drift: Drift
) -> None:
    """Each change of the files gives the drift that names it."""
    assert _drift.find_drift(generation).is_empty
    change(generation.folder)
    assert _drift.find_drift(generation) == drift


def test_only_twenty_files_are_named() -> None:
    """A finding stays readable whatever the damage."""
    missing = [Difference(kind="missing", path=f"lib/{n:03}.py") for n in range(30)]
    added = Difference(kind="added", path="x.pth")
    damage, more = difference_findings(Path("/p/.venv"), [*missing, added])
    assert (damage.code, more.code) == ("TE704", "TE607")
    assert damage.why.splitlines()[1] == "missing lib/000.py"
    assert damage.why.splitlines()[-2:] == ["missing lib/019.py", "and 10 more"]
    assert more.why.splitlines()[-1] == "x.pth"


def test_names_that_are_no_utf8_can_be_shown(tmp_path: Path) -> None:
    """A name with other bytes survives the list, and its finding can be printed."""
    (tmp_path / os.fsdecode(b"caf\xe9")).write_text("")
    listing = list_files(str(tmp_path))
    added = [Difference(kind="added", path=path) for path in compare(b"", encode(listing)).added]
    (finding,) = difference_findings(tmp_path, added)
    assert "caf\\udce9" in finding.why
    finding.why.encode()


def test_a_newline_in_a_name_stays_one_line(tmp_path: Path) -> None:
    """The list has one line for each file, whatever it is called."""
    (tmp_path / "a\nb").write_text("")
    assert list_files(str(tmp_path)).startswith("a\\nb\tf\t0\t")
    assert list_files(str(tmp_path)).count("\n") == 1


def test_a_pipe_is_something_else(tmp_path: Path) -> None:
    """What is neither file nor link is listed as such and never opened."""
    os.mkfifo(tmp_path / "pipe")
    assert list_files(str(tmp_path)).split("\t")[1] == "o"
