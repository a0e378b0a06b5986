"""Wheels are real wheels: named, tagged, described and recorded as the specifications say."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

import pytest
from packaging.metadata import parse_email
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from tests.support.wheels import (
    Defects,
    Member,
    Wheel,
    build_wheel,
    metadata_text,
    text_member,
)

DEMO = Wheel(
    project="Demo.Tool",
    version="1.2+cu118",
    tag="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
    build_tag="3",
    requires=("numpy<2", 'pyyaml; extra == "yaml"'),
    requires_python=">=3.10",
    members=(text_member("demo.py", "x = 1\n"), text_member("a/b.txt", "")),
    console_scripts=(("demo", "demo:main"),),
)


def opened(wheel: Wheel) -> zipfile.ZipFile:
    """Return the built wheel, opened."""
    return zipfile.ZipFile(io.BytesIO(build_wheel(wheel)))


def record_rows(wheel: Wheel) -> dict[str, str]:
    """Return path to hash, as RECORD states them."""
    text = opened(wheel).read(f"{wheel.stem}.dist-info/RECORD").decode()
    return {path: digest for path, digest, _ in (row.split(",") for row in text.splitlines())}


def true_hash(content: bytes) -> str:
    """Return a hash as RECORD writes it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def test_the_same_description_gives_the_same_bytes() -> None:
    """Two builds of one wheel are equal, byte for byte."""
    assert build_wheel(DEMO) == build_wheel(DEMO)


def test_the_file_name_is_what_packaging_reads_back() -> None:
    """Name, version, build tag and tags survive the round trip through the file name."""
    name, version, build, tags = parse_wheel_filename(DEMO.file_name)
    assert (name, version, build) == ("demo-tool", Version("1.2+cu118"), (3, ""))
    assert {tag.platform for tag in tags} == {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}


def test_metadata_is_valid_and_lists_extras_of_markers() -> None:
    """METADATA parses without a rest and names the extra that a marker uses."""
    metadata, rest = parse_email(metadata_text(DEMO))
    assert not rest
    assert (metadata["name"], metadata["version"]) == ("Demo.Tool", "1.2+cu118")
    assert metadata["requires_dist"] == list(DEMO.requires)
    assert metadata["provides_extra"] == ["yaml"]
    assert metadata["requires_python"] == ">=3.10"


def test_record_lists_every_member_with_its_hash() -> None:
    """RECORD is complete and true; it lists itself without a hash."""
    archive, rows = opened(DEMO), record_rows(DEMO)
    own = f"{DEMO.stem}.dist-info/RECORD"
    assert rows.pop(own) == ""
    assert rows == {
        name: true_hash(archive.read(name)) for name in archive.namelist() if name != own
    }


def test_entry_points_tags_and_build_are_written() -> None:
    """The WHEEL file repeats tags and build; commands stand in entry_points.txt."""
    archive = opened(DEMO)
    wheel = archive.read(f"{DEMO.stem}.dist-info/WHEEL").decode()
    assert "Tag: cp311-cp311-manylinux2014_x86_64\n" in wheel
    assert "Build: 3\n" in wheel
    assert "Root-Is-Purelib: false\n" in wheel
    scripts = archive.read(f"{DEMO.stem}.dist-info/entry_points.txt").decode()
    assert scripts == "[console_scripts]\ndemo = demo:main\n"


@pytest.mark.parametrize(
    ("defects", "path"),
    [
        (Defects(record="wrong-hash"), "a/b.txt"),
        (Defects(record="incomplete"), "a/b.txt"),
        (Defects(unrecorded=(Member(path="stowaway.py", content=b""),)), "stowaway.py"),
    ],
)
def test_a_record_lies_only_as_asked(defects: Defects, path: str) -> None:
    """Each defect of RECORD touches one member and leaves the others true."""
    wheel = Wheel(
        project="demo", version="1", tag="py3-none-any", members=DEMO.members, defects=defects
    )
    archive, rows = opened(wheel), record_rows(wheel)
    wrong = {
        name
        for name in archive.namelist()
        if not name.endswith("RECORD") and rows.get(name) != true_hash(archive.read(name))
    }
    assert wrong == {path}


def test_record_can_be_missing_and_metadata_can_lie() -> None:
    """A wheel can lack RECORD, and METADATA can name another project and version."""
    defects = Defects(record="missing", metadata_name="other", metadata_version="9")
    wheel = Wheel(project="demo", version="1", tag="py3-none-any", defects=defects)
    archive = opened(wheel)
    assert "demo-1.dist-info/RECORD" not in archive.namelist()
    assert "Name: other\nVersion: 9\n" in archive.read("demo-1.dist-info/METADATA").decode()
