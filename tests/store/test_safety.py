"""What a wheel must not hold is refused before anything of it is unpacked."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.events import Reporter
from provisioner.findings import VerificationError
from provisioner.store import Startup, Store, read_startup
from provisioner.store._safety import path_flaw
from tests.network.server import Answer, Server
from tests.store.conftest import wanted, wheel_bytes
from tests.support.wheels import Wheel, build_wheel, text_member

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.network import Client

_INFO = "demo-1.0.dist-info"


def _with(*members: tuple[str | zipfile.ZipInfo, str]) -> bytes:
    """The demo wheel with more members."""
    buffer = io.BytesIO(wheel_bytes("demo"))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("demo/link")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def _scripts(line: str) -> bytes:
    return _with((f"{_INFO}/entry_points.txt", f"[console_scripts]\n{line}\n"))


def _record(rows: str) -> bytes:
    """The demo wheel with another RECORD."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(wheel_bytes("demo"))) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for info in old.infolist():
            is_record = info.filename.endswith("RECORD")
            new.writestr(info, rows if is_record else old.read(info))
    return buffer.getvalue()


def _overlapping() -> bytes:
    """Two entries of the directory that name the same bytes."""
    content = _with(("demo/a.bin", "x" * 5000), ("demo/b.bin", "x" * 5000))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, second = archive.getinfo("demo/a.bin"), archive.getinfo("demo/b.bin")
    where = content.rindex(b"demo/b.bin") - 4
    old = second.header_offset.to_bytes(4, "little")
    assert content[where : where + 4] == old
    return content[:where] + first.header_offset.to_bytes(4, "little") + content[where + 4 :]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (_with(("../evil.py", "")), "The member `../evil.py` leads out of its folder."),
        (_with(("demo/../../evil.py", "")), "leads out of its folder."),
        (_with(("/etc/evil", "")), "The member `/etc/evil` is an absolute path."),
        (_with(("C:/evil", "")), "The member `C:/evil` is an absolute path."),
        (_with(("demo\\evil.py", "")), "has characters that no path may have."),
        (_with(("demo//evil.py", "")), "The member `demo//evil.py` has empty parts."),
        (
            _with((_link(), "/etc/passwd")),
            "`demo/link` is a link or device, not a file.",
        ),
        (_with(("demo-1.0.data/evil/x", "")), "is for a place that no wheel can name."),
        (_with(("demo/x", ""), ("demo/x/y", "")), "`demo/x` is a file and a folder at once."),
        (_overlapping(), "The members `demo/a.bin` and `demo/b.bin` lie upon each other."),
        (
            _record("../evil.py,,\n"),
            "names `../evil.py`, which leads out of its folder.",
        ),
        (_record("a,,\na,,\n"), "Its RECORD names `a` twice."),
        (_record("demo\\a,,\ndemo/a,,\n"), "Its RECORD names `demo/a` twice."),
        (_record("..\\evil.py,,\n"), "names `../evil.py`, which leads out of its folder."),
        (
            _scripts("../evil = demo:main"),
            "a command called `../evil`, which is no plain",
        ),
        (
            _scripts("evil = demo; import os"),
            "command `evil` starts `demo; import os`, which",
        ),
    ],
)
def test_unsafe_wheels_are_refused(
    server: Server, store: Store, client: Client, content: bytes, why: str
) -> None:
    """The right hash does not help: nothing of it enters the store."""
    wheel = wanted(content, server.put("/demo.whl", Answer(body=content)))
    with pytest.raises(VerificationError) as raised:
        store.fetch([wheel], client, Reporter())
    (finding,) = raised.value.findings
    assert finding.code == "TE512"
    assert finding.message == "`demo-1.0-py3-none-any.whl` is not safe to install."
    assert why in finding.why
    assert list(store.path(wheel).parent.iterdir()) == []


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(f"{_INFO}/METADATA,sha256=x,3\n{_INFO}/RECORD,,\n", id="torch-1.12.0"),
        pytest.param(f"{_INFO}\\METADATA,,\n{_INFO}\\RECORD,,\n", id="torchvision-0.13.0"),
    ],
)
def test_flaws_of_published_wheels_are_no_danger(
    server: Server, store: Store, client: Client, rows: str
) -> None:
    """A wrong size of METADATA, and backslashes, as in wheels for Windows."""
    content = _record(rows)
    wheel = wanted(content, server.put("/demo.whl", Answer(body=content)))
    store.fetch([wheel], client, Reporter())
    assert store.path(wheel).read_bytes() == content


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(server: Server, store: Store, client: Client) -> None:
    """One tool would take the first, another the last."""
    content = _with(("demo/x.py", "a"), ("demo/x.py", "b"))
    wheel = wanted(content, server.put("/demo.whl", Answer(body=content)))
    with pytest.raises(VerificationError) as raised:
        store.fetch([wheel], client, Reporter())
    assert "Two members are called `demo/x.py`." in raised.value.findings[0].why


def test_bombs(server: Server, store: Store, client: Client) -> None:
    """A small wheel that unpacks to gigabytes is refused by what it says of itself."""
    buffer = io.BytesIO(wheel_bytes("demo"))
    with (
        zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("demo/zeros.bin", "w") as file,
    ):
        for _ in range(1040):
            file.write(bytes(1 << 20))
    content = buffer.getvalue()
    wheel = wanted(content, server.put("/demo.whl", Answer(body=content)))
    with pytest.raises(VerificationError) as raised:
        store.fetch([wheel], client, Reporter())
    assert "It unpacks to 1.1 GB" in raised.value.findings[0].why


_LETTERS = st.characters(codec="utf-8", exclude_characters="/\\\0", exclude_categories=["C"])
_PART = st.text(_LETTERS, min_size=1)
_PLAIN = _PART.filter(lambda part: part not in {".", ".."} and part[1:2] != ":")


@given(
    st.lists(_PART.filter(lambda part: part not in {".", ".."} and part[1:2] != ":"), min_size=1)
)
def test_plain_relative_paths_are_fine(parts: list[str]) -> None:
    """Whatever is a relative path without tricks is accepted."""
    assert path_flaw("/".join(parts)) is None


@given(st.lists(_PART), st.lists(_PART))
def test_no_path_leads_out(before: list[str], behind: list[str]) -> None:
    """Whatever has a `..` is refused, wherever it stands."""
    assert path_flaw("/".join([*before, "..", *behind])) is not None


def test_what_runs_by_itself_is_listed(tmp_path: Path) -> None:
    """`.pth` files run at each start of Python, and scripts become commands."""
    members = (
        text_member("evil.pth", "import evil\n"),
        text_member("demo/not-at-the-top.pth", ""),
        text_member("demo-1.0.data/purelib/more.pth", ""),
        text_member("demo-1.0.data/scripts/tool", "#!python\n"),
    )
    wheel = Wheel(
        project="demo",
        version="1.0",
        tag="py3-none-any",
        members=members,
        console_scripts=(("demo", "demo:main"),),
    )
    file = tmp_path / wheel.file_name
    file.write_bytes(build_wheel(wheel))
    assert read_startup(file) == Startup(pth=("evil.pth", "more.pth"), scripts=("demo", "tool"))
