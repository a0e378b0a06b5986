"""Writing and reading lock files: round trips, stable bytes, and distrust."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock

from provisioner import toml
from provisioner.findings import TorchenvError, VerificationError, WorldError
from provisioner.lockfile import (
    Archive,
    Checkout,
    Folder,
    Lock,
    LockedPackage,
    LockedWheel,
    read_lock,
    render_lock,
    write_locks,
)
from provisioner.planner import ChosenBuild, Constraint, Target
from provisioner.spec import Repository


def wheel(name: str, *, confirmed: bool = True) -> LockedWheel:
    """Return a locked wheel of this name."""
    return LockedWheel(
        name=name,
        url=f"https://registry.example/{name.replace('+', '%2B')}",
        size=1000,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        confirmed=confirmed,
    )


def sample(file: Path = Path("pylock.torchenv.toml")) -> Lock:
    """Return a small lock that has everything a lock can have."""
    torch = "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"
    return Lock(
        file=file,
        digest="",
        spec_digest="ab" * 32,
        target=Target(platform="linux-x86_64", python="3.11", accelerator="cpu"),
        requires_python="==3.11.*",
        trio=(ChosenBuild(name="torch", public="2.13.0", version="2.13.0+cpu", accelerator="cpu"),),
        constraints=(Constraint(requirement="numpy<2", why='Why "so"?', source="[X] é"),),
        packages=(
            LockedPackage(
                name="filelock",
                version="3.0",
                wheels=(wheel("filelock-3.0-py3-none-any.whl"),),
                index="https://registry.example/simple",
            ),
            LockedPackage(
                name="torch",
                version="2.13.0+cpu",
                wheels=(wheel(torch, confirmed=False),),
                index="https://download.pytorch.org/whl/cpu",
            ),
        ),
        compat_version="2026.11",
    )


def written(folder: Path) -> Lock:
    """Write the sample and return it as it must be read."""
    lock = sample(folder / "pylock.torchenv.toml")
    assert write_locks([lock]) == (True,)
    return replace(lock, digest=hashlib.sha256(lock.file.read_bytes()).hexdigest())


def test_round_trip_of_sources(tmp_path: Path) -> None:
    """What is built is an entry of its own kind for every reader, and marked for ours."""
    hashed = "cd" * 32
    lock = replace(
        sample(tmp_path / "pylock.torchenv.toml"),
        sources=(
            Archive(
                name="docopt",
                version="0.6.2",
                index="https://registry.example/simple",
                file="docopt-0.6.2.tar.gz",
                url="https://registry.example/docopt-0.6.2.tar.gz",
                size=25901,
                sha256=hashed,
            ),
            Folder(name="mypkg", path="src", editable=True),
            Checkout(
                name="team",
                repository=Repository(url="https://git.example/t.git", rev="v1", subdirectory="a"),
                commit="ef" * 20,
            ),
        ),
    )
    write_locks([lock])
    read = read_lock(lock.file)
    assert (read.packages, read.sources) == (lock.packages, lock.sources)
    document = toml.loads(lock.file.read_text())
    assert document["tool"]["torchenv"]["from-source"] == ["docopt", "mypkg", "team"]
    packages = Pylock.from_dict(document).packages
    assert [one.directory.editable for one in packages if one.directory] == [True]
    assert [one.vcs.commit_id for one in packages if one.vcs] == ["ef" * 20]
    assert [one.sdist.hashes for one in packages if one.sdist] == [{"sha256": hashed}]


def test_round_trip(tmp_path: Path) -> None:
    """Reading a written lock gives the same lock."""
    lock = written(tmp_path)
    assert read_lock(lock.file) == lock


def test_what_a_killed_run_left_goes(tmp_path: Path) -> None:
    """The next run removes it, also where the lock itself is as it should be."""
    lock = written(tmp_path)
    left = tmp_path / ".pylock.torchenv.toml.ab_cd123.tmp"
    left.write_bytes(b"lock-version")
    os.utime(left, (0, 0))
    assert write_locks([lock]) == (False,)
    assert list(tmp_path.iterdir()) == [lock.file]


def test_same_lock_same_bytes(tmp_path: Path) -> None:
    """Writing an equal lock again changes nothing, not even the file's time."""
    lock = written(tmp_path)
    before = lock.file.stat()
    assert write_locks([lock]) == (False,)
    assert lock.file.stat() == before


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_round_trips(text: str) -> None:
    """Whatever a text holds, it is read as it was written."""
    lock = replace(sample(), constraints=(Constraint(requirement="a", why=text, source="b"),))
    document = toml.loads(render_lock(lock))
    assert document["tool"]["torchenv"]["constraints"][0]["why"] == text


def test_valid_pep_751() -> None:
    """What is written is a valid PEP 751 file, as the reference implementation judges."""
    pylock = Pylock.from_dict(toml.loads(render_lock(sample())))
    assert [str(package.name) for package in pylock.packages] == ["filelock", "torch"]


def test_reviews_well() -> None:
    """One wheel a line, and nothing of this machine or this moment."""
    text = render_lock(sample())
    lines = [line for line in text.splitlines() if ".whl" in line and "url" in line]
    assert len(lines) == 2
    assert str(Path.cwd()) not in text
    assert not re.search(r"\d{4}-\d\d-\d\dT", text)


CHANGES = {
    "a hash": ('sha256 = "', 'sha256 = "0'),
    "a version": ('version = "3.0"', 'version = "3.1"'),
    "a url": ("registry.example/filelock", "registry.example/other"),
    "the target": ('accelerator = "cpu"', 'accelerator = "cu118"'),
    "a constraint": ('requirement = "numpy<2"', 'requirement = "numpy<3"'),
}


@pytest.mark.parametrize("what", CHANGES)
def test_change_by_hand_is_noticed(tmp_path: Path, what: str) -> None:
    """No value of a lock can be changed without the lock being refused."""
    lock = written(tmp_path)
    old, new = CHANGES[what]
    text = lock.file.read_text()
    assert old in text
    lock.file.write_text(text.replace(old, new, 1))
    with pytest.raises(VerificationError) as caught:
        read_lock(lock.file)
    assert caught.value.findings[0].code in {"TE422", "TE424"}


def test_removed_package_is_noticed(tmp_path: Path) -> None:
    """A package cannot be cut out of a lock."""
    lock = written(tmp_path)
    text = lock.file.read_text()
    start, end = text.index("[[packages]]"), text.rindex("[[packages]]")
    lock.file.write_text(text[:start] + text[end:])
    with pytest.raises(VerificationError) as caught:
        read_lock(lock.file)
    (finding,) = caught.value.findings
    assert finding.code == "TE424"
    assert "was changed after torchenv wrote it" in finding.message
    assert "torchenv lock" in finding.do


def test_comments_and_layout_do_not_count(tmp_path: Path) -> None:
    """A formatter or a comment in a lock does no harm."""
    lock = written(tmp_path)
    lock.file.write_text("# reviewed\r\n" + lock.file.read_text().replace("\n", "\r\n"))
    assert read_lock(lock.file).packages == lock.packages


BAD = {
    "not TOML": ("TE422", 'lock-version = "1.0"\nthis is not TOML\n'),
    "merge marks": ("TE422", '<<<<<<< HEAD\nlock-version = "1.0"\n'),
    "empty": ("TE427", ""),
    "another tool's": ("TE427", 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'),
    "newer PEP": ("TE423", 'lock-version = "2.0"\ncreated-by = "x"\npackages = []\n'),
    "newer torchenv": (
        "TE423",
        'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n[tool.torchenv]\nversion = 99\n',
    ),
    "tool is text": ("TE427", 'lock-version = "1.0"\ncreated-by = "x"\ntool = "x"\n'),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_lock_is_named(tmp_path: Path, what: str) -> None:
    """Each kind of file that is no lock of ours has its finding, never a traceback."""
    code, text = BAD[what]
    path = tmp_path / "pylock.torchenv.toml"
    path.write_text(text)
    with pytest.raises(VerificationError) as caught:
        read_lock(path)
    assert caught.value.findings[0].code == code


def test_line_of_the_mistake(tmp_path: Path) -> None:
    """A TOML mistake is located."""
    path = tmp_path / "pylock.torchenv.toml"
    path.write_text('lock-version = "1.0"\nthis is not TOML\n')
    with pytest.raises(VerificationError) as caught:
        read_lock(path)
    where = caught.value.findings[0].where
    assert where is not None
    assert where.line == 2


def test_binary_and_missing(tmp_path: Path) -> None:
    """Bytes that are no text, and no file at all, are findings too."""
    path = tmp_path / "pylock.torchenv.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(VerificationError, match="TE422"):
        read_lock(path)
    with pytest.raises(WorldError, match="TE421"):
        read_lock(tmp_path / "pylock.other.toml")


@given(start=st.integers(0, 2500), length=st.integers(0, 80), junk=st.text(max_size=20))
def test_mutations_never_crash(
    start: int, length: int, junk: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is done to the bytes of a lock, reading gives the same lock or a finding."""
    text = render_lock(sample())
    end = start + length
    path = tmp_path_factory.mktemp("lock") / "pylock.torchenv.toml"
    path.write_text(text[:start] + junk + text[end:], encoding="utf-8", errors="replace")
    try:
        packages = read_lock(path).packages
    except TorchenvError:
        packages = sample().packages
    assert packages == sample().packages


def test_failed_write_leaves_the_old_lock(tmp_path: Path) -> None:
    """Where the folder is gone or cannot be made, nothing of the old lock is lost."""
    blocker = tmp_path / "file"
    blocker.write_text("x")
    with pytest.raises(OSError, match="file"):
        write_locks([sample(blocker / "pylock.torchenv.toml")])
    assert blocker.read_text() == "x"


def test_lines_of_a_merge_conflict(tmp_path: Path) -> None:
    """Every line with a mark of a merge conflict is named; `=======` inside a text is none."""
    path = written(tmp_path).file
    lines = path.read_text().splitlines()
    conflict = [
        "<<<<<<< ours",
        lines[2],
        "||||||| base",
        lines[2],
        "=======",
        lines[2],
        ">>>>>>> x",
    ]
    path.write_text("\n".join([*lines[:2], *conflict, *lines[3:], "# ======= no mark"]))
    with pytest.raises(VerificationError) as caught:
        read_lock(path)
    (finding,) = caught.value.findings
    assert finding.why == "It holds the marks of a merge conflict, on the lines 3, 5, 7, 9."
    assert finding.where is not None
    assert finding.where.line == 3


def test_half_written_lock(tmp_path: Path) -> None:
    """A file that ends anywhere is never taken for a lock."""
    path = written(tmp_path).file
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 97):
        path.write_bytes(content[:length])
        with pytest.raises(TorchenvError):
            read_lock(path)
