"""Wheels built in memory: real names, tags, metadata and RECORD, a few hundred bytes of content.

The same ``Wheel`` gives the same bytes on every machine: members are stored, not compressed, in
sorted order and with one fixed time. ``Defects`` makes the wheels that a test of bad input needs.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Literal

from packaging.tags import parse_tag

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip member can have."""
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")

RecordDefect = Literal["none", "wrong-hash", "incomplete", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a wheel."""

    path: str
    """Inside the wheel, with forward slashes."""
    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Defects:
    """What is wrong with a wheel, on purpose. The default is: nothing."""

    metadata_name: str | None = None
    """Name that METADATA gives instead of the file name's."""
    metadata_version: str | None = None
    """Version that METADATA gives instead of the file name's."""
    record: RecordDefect = "none"
    """``wrong-hash``: the first member's hash is that of other bytes; ``incomplete``: the first
    member has no row; ``missing``: there is no RECORD."""
    unrecorded: tuple[Member, ...] = ()
    """Members that RECORD does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel as it is described; ``build_wheel`` makes its bytes."""

    project: str
    """As METADATA spells it: ``typing_extensions``, ``Jinja2``."""
    version: str
    """Full version, local part included."""
    tag: str
    """Compressed tag set: ``cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64``."""
    build_tag: str = ""
    requires: tuple[str, ...] = ()
    """Requires-Dist lines."""
    requires_python: str | None = None
    members: tuple[Member, ...] = ()
    console_scripts: tuple[tuple[str, str], ...] = ()
    """(command, ``module:function``)."""
    defects: Defects = field(default_factory=Defects)

    @property
    def stem(self) -> str:
        """``name-version`` as the file name and the ``.dist-info`` folder have it."""
        return f"{re.sub(r'[-_.]+', '_', self.project)}-{self.version}"

    @property
    def file_name(self) -> str:
        """File name, decoded: ``torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl``."""
        build = f"-{self.build_tag}" if self.build_tag else ""
        return f"{self.stem}{build}-{self.tag}.whl"


def text_member(path: str, text: str) -> Member:
    """Return a member with ``text`` as UTF-8."""
    return Member(path=path, content=text.encode())


def metadata_text(wheel: Wheel) -> str:
    """Return the METADATA file (core metadata 2.1)."""
    defects = wheel.defects
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {defects.metadata_name or wheel.project}",
        f"Version: {defects.metadata_version or wheel.version}",
        "Summary: A stand-in for tests",
    ]
    if wheel.requires_python is not None:
        lines.append(f"Requires-Python: {wheel.requires_python}")
    lines += [f"Provides-Extra: {extra}" for extra in _extras(wheel.requires)]
    lines += [f"Requires-Dist: {line}" for line in wheel.requires]
    return "\n".join([*lines, "", "A stand-in for tests.", ""])


def build_wheel(wheel: Wheel) -> bytes:
    """Return the wheel file; equal wheels give equal bytes."""
    members = sorted((*wheel.members, *_dist_info(wheel)), key=lambda member: member.path)
    content = [*members, *wheel.defects.unrecorded]
    if wheel.defects.record != "missing":
        content.append(_record(wheel, members))
    return zip_bytes(content)


def zip_bytes(members: list[Member]) -> bytes:
    """Return a zip file with ``members`` in the given order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.path, _ZIP_EPOCH)
            info.create_system = 3  # Unix: without it the permissions below are not read
            info.external_attr = (0o100755 if member.executable else 0o100644) << 16
            archive.writestr(info, member.content)
    return buffer.getvalue()


def _extras(requires: tuple[str, ...]) -> list[str]:
    return sorted({extra for line in requires for extra in _EXTRA.findall(line)})


def _dist_info(wheel: Wheel) -> list[Member]:
    """Return the files of the ``.dist-info`` folder, RECORD left out."""
    folder = f"{wheel.stem}.dist-info"
    files = [
        text_member(f"{folder}/METADATA", metadata_text(wheel)),
        text_member(f"{folder}/WHEEL", _wheel_text(wheel)),
    ]
    if wheel.console_scripts:
        rows = (f"{command} = {target}" for command, target in wheel.console_scripts)
        text = "\n".join(["[console_scripts]", *rows, ""])
        files.append(text_member(f"{folder}/entry_points.txt", text))
    return files


def _wheel_text(wheel: Wheel) -> str:
    pure = "true" if wheel.tag.endswith("-none-any") else "false"
    lines = ["Wheel-Version: 1.0", "Generator: tests.support", f"Root-Is-Purelib: {pure}"]
    lines += [f"Tag: {tag}" for tag in sorted(map(str, parse_tag(wheel.tag)))]
    if wheel.build_tag:
        lines.append(f"Build: {wheel.build_tag}")
    return "\n".join([*lines, ""])


def _record(wheel: Wheel, members: list[Member]) -> Member:
    rows = [_record_row(member.path, member.content) for member in members]
    match wheel.defects.record:
        case "wrong-hash":
            rows[0] = _record_row(members[0].path, members[0].content + b"other bytes")
        case "incomplete":
            del rows[0]
        case "none" | "missing":
            pass
    path = f"{wheel.stem}.dist-info/RECORD"
    return text_member(path, "\n".join([*rows, f"{path},,", ""]))


def _record_row(path: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}"
