"""torchenv's own store and its unfinished work, as doctor sees them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.compat import load_compat
from provisioner.doctor import EnvironmentFacts, StoreFacts, collect_store, judge
from provisioner.environment import unfinished_generations
from provisioner.environment.inplace import open_journal
from provisioner.findings import Severity
from tests.doctor.kit import facts

if TYPE_CHECKING:
    from pathlib import Path


def archive() -> bytes:
    """Return a small archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a/__init__.py", "x = 1\n")
    return buffer.getvalue()


def keep(root: Path, name: str, content: bytes, told: bytes | None = None) -> Path:
    """Lay a wheel into a store, under the hash of ``told``."""
    digest = hashlib.sha256(content if told is None else told).hexdigest()
    folder = root / "wheels" / digest[:2] / digest
    folder.mkdir(parents=True)
    path = folder / name
    path.write_bytes(content)
    return path


def test_no_store(tmp_path: Path) -> None:
    """Where no store is, nothing is said of one, and none is made."""
    assert collect_store(tmp_path / "store") is None
    assert not (tmp_path / "store").exists()


def test_whole_store(tmp_path: Path) -> None:
    """A whole store is counted and has nothing against it, deep or not."""
    keep(tmp_path, "a-1-py3-none-any.whl", archive())
    expected = StoreFacts(path=str(tmp_path), wheels=1, wheel_bytes=len(archive()))
    assert collect_store(tmp_path) == expected
    assert collect_store(tmp_path, deep=True) == expected


def test_damaged_wheels(tmp_path: Path) -> None:
    """Empty and cut wheels are seen at once, changed ones by their hash."""
    empty = keep(tmp_path, "a-1-py3-none-any.whl", b"", b"1")
    cut = keep(tmp_path, "b-1-py3-none-any.whl", archive()[:-30], b"2")
    changed = keep(tmp_path, "c-1-py3-none-any.whl", archive(), b"3")
    quick = collect_store(tmp_path)
    deep = collect_store(tmp_path, deep=True)
    assert quick is not None
    assert deep is not None
    first = (f"{empty} is empty", f"{cut} has no end of an archive")
    assert quick.damaged == first
    assert deep.damaged == (*first, f"{changed} has another hash than its folder says")


def test_parts(tmp_path: Path) -> None:
    """What a download left is counted apart from wheels."""
    keep(tmp_path, "a-1-py3-none-any.whl.part", b"half")
    found = collect_store(tmp_path)
    assert found is not None
    assert (found.wheels, found.part_count, found.parts) == (0, 1, ("a-1-py3-none-any.whl",))


def test_folders_that_are_refused(tmp_path: Path) -> None:
    """A folder that this user may not use is named; so is a store that is no folder."""
    wheel = keep(tmp_path, "a-1-py3-none-any.whl", archive())
    refused = str(wheel.parent)
    found = collect_store(tmp_path, access=lambda path, _: path != refused)
    assert found is not None
    assert found.refused == (f"{refused} cannot be read and written",)
    other = collect_store(wheel)
    assert other is not None
    assert other.refused == (f"{wheel} is no folder",)


def test_store_is_judged() -> None:
    """Refused folders are an error, damage a warning, unfinished downloads a note."""
    store = StoreFacts(
        path="store",
        refused=("store/wheels cannot be read and written",),
        damaged=("a.whl is empty",),
        damaged_count=2,
        parts=("b.whl",),
        part_count=1,
        part_bytes=2_100_000_000,
    )
    found = judge(replace(facts(), store=store), load_compat())
    assert [(one.finding.code, one.finding.severity, one.evidence) for one in found] == [
        ("TE836", Severity.ERROR, ("store/wheels cannot be read and written",)),
        ("TE836", Severity.WARNING, ("a.whl is empty", "… and 1 more")),
        ("TE836", Severity.NOTE, ("b.whl",)),
    ]
    assert "take 2.1 GB" in found[2].finding.message
    assert judge(replace(facts(), store=StoreFacts(path="store")), load_compat()) == ()


def test_unfinished_generations(tmp_path: Path) -> None:
    """Incomplete and half removed generations are seen, complete and current ones are not."""
    root = tmp_path / ".torchenv" / ".venv"
    for name in ("0001", "0002", "0003", "0000.gone"):
        (root / name).mkdir(parents=True)
    (root / "0001" / "torchenv-files.txt").touch()
    (tmp_path / ".venv").symlink_to(".torchenv/.venv/0002")
    found = unfinished_generations(tmp_path / ".venv")
    assert found == (root / "0003", root / "0000.gone")
    assert unfinished_generations(tmp_path / "other") == ()


def test_journal(tmp_path: Path) -> None:
    """The journal of a change in place is found while it lies there."""
    assert open_journal(tmp_path) is None
    journal = tmp_path / ".torchenv" / "in-place" / "journal"
    journal.parent.mkdir(parents=True)
    journal.touch()
    assert open_journal(tmp_path) == journal


def test_unfinished_work_is_judged() -> None:
    """A journal is an error, a generation that nobody uses a note."""
    environment = EnvironmentFacts(
        path="env", kind="venv", python="3.11", journal="env/journal", unfinished=("0003",)
    )
    found = judge(facts(environment=environment), load_compat())
    assert [(one.finding.code, one.finding.severity, one.evidence) for one in found] == [
        ("TE837", Severity.ERROR, ("env/journal",)),
        ("TE837", Severity.NOTE, ("0003",)),
    ]
