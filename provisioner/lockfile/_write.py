"""Writing a lock: a PEP 751 file that reviews well. Same lock, same bytes.

Packages are sorted by name and each wheel stands on a line of its own. What is ours sits under
``[tool.torchenv]``, among it a digest of everything else in the file, by which a change by hand is
noticed. No timestamps, no paths of a machine, no credentials, no version of torchenv.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from provisioner import toml
from provisioner.lockfile._from_source import entry
from provisioner.lockfile._types import LockedPackage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.lockfile._types import Lock, LockedSource, LockedWheel
    from provisioner.planner import Target

LOCK_VERSION: Final = "1.0"
"""The version of PEP 751 that is written."""
TOOL_VERSION: Final = 1
"""The version of ``[tool.torchenv]``."""
CREATED_BY: Final = "torchenv"

_SPECIAL: Final = re.compile(r'["\\]')

_SYSTEM: Final = {"linux": "linux", "macos": "darwin", "windows": "win32"}
_MACHINE: Final = {("windows", "x86_64"): "AMD64", ("windows", "arm64"): "ARM64"}


def environment_marker(target: Target) -> str:
    """Return the PEP 508 marker of the environments that a lock is for (PEP 751, environments)."""
    system, machine = target.platform.split("-", 1)
    terms = {
        "sys_platform": _SYSTEM[system],
        "platform_machine": _MACHINE.get((system, machine), machine),
        "implementation_name": "cpython",
        "python_version": target.python.removesuffix("t"),
    }
    return " and ".join(f"{name} == '{value}'" for name, value in terms.items())


def content_digest(document: Mapping[str, Any]) -> str:
    """Return the sha256 of a parsed lock, its own content digest left out.

    Layout, comments and the order of keys do not count; every value does.
    """
    tool = {**document.get("tool", {})}
    ours = {**tool.get("torchenv", {})}
    ours.pop("content-digest", None)
    plain = {**document, "tool": {**tool, "torchenv": ours}}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def render_lock(lock: Lock) -> str:
    """Return the lock as the text of its file; its ``file`` and ``digest`` are not part of it."""
    return "\n".join(_lines(lock, document_digest(lock))) + "\n"


def document_digest(lock: Lock) -> str:
    """Return the content digest of a lock that is to be written."""
    return content_digest(toml.loads("\n".join(_lines(lock, ""))))


def _lines(lock: Lock, digest: str) -> Iterator[str]:
    yield "# Made by torchenv; every PEP 751 tool can install it (`uv pip sync`, `pip install -r`)."
    yield "# To change it, change the spec and run `torchenv lock`."
    yield f"lock-version = {_text(LOCK_VERSION)}"
    yield f"environments = [{_text(environment_marker(lock.target))}]"
    yield f"requires-python = {_text(lock.requires_python)}"
    yield f"created-by = {_text(CREATED_BY)}"
    everything = (*lock.packages, *lock.sources)
    for package in sorted(everything, key=lambda package: package.name):
        yield from _package_lines(package)
    yield from _tool_lines(lock, digest)


def _package_lines(package: LockedPackage | LockedSource) -> Iterator[str]:
    yield ""
    yield "[[packages]]"
    if not isinstance(package, LockedPackage):
        yield from (f"{key} = {_value(value)}" for key, value in entry(package).items())
        return
    yield f"name = {_text(package.name)}"
    yield f"version = {_text(package.version)}"
    if package.index is not None:
        yield f"index = {_text(package.index)}"
    yield "wheels = ["
    yield from (f"  {_wheel(wheel)}," for wheel in package.wheels)
    yield "]"


def _wheel(wheel: LockedWheel) -> str:
    return (
        f"{{ name = {_text(wheel.name)}, url = {_text(wheel.url)}, size = {wheel.size}, "
        f"hashes = {{ sha256 = {_text(wheel.sha256)} }} }}"
    )


def _value(value: object) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(one)}' for key, one in value.items())} }}"
    return _escaped(value)


def _tool_lines(lock: Lock, digest: str) -> Iterator[str]:
    unconfirmed = [
        wheel.name for one in lock.packages for wheel in one.wheels if not wheel.confirmed
    ]
    yield ""
    yield "[tool.torchenv]"
    yield f"version = {TOOL_VERSION}"
    yield f"spec-digest = {_text(lock.spec_digest)}"
    yield f"content-digest = {_text(digest)}"
    if lock.set_digest:
        yield f"set-digest = {_text(lock.set_digest)}"
    yield f"compat-data = {_text(lock.compat_version)}"
    yield f"unconfirmed = [{', '.join(_text(name) for name in unconfirmed)}]"
    if lock.sources:
        yield f"from-source = [{', '.join(_text(one.name) for one in lock.sources)}]"
    yield ""
    yield "[tool.torchenv.target]"
    if lock.target.name is not None:
        yield f"name = {_text(lock.target.name)}"
    yield f"platform = {_text(lock.target.platform)}"
    yield f"python = {_text(lock.target.python)}"
    yield f"accelerator = {_text(lock.target.accelerator)}"
    if lock.inputs:
        yield ""
        yield "[tool.torchenv.spec]"
        yield from (f"{_text(key)} = {_text(value)}" for key, value in lock.inputs)
    for build in lock.trio:
        yield ""
        yield "[[tool.torchenv.trio]]"
        yield f"name = {_text(build.name)}"
        yield f"public = {_text(build.public)}"
        yield f"version = {_text(build.version)}"
        yield f"accelerator = {_text(build.accelerator)}"
    for constraint in lock.constraints:
        yield ""
        yield "[[tool.torchenv.constraints]]"
        yield f"requirement = {_text(constraint.requirement)}"
        yield f"why = {_text(constraint.why)}"
        yield f"source = {_text(constraint.source)}"


def _text(value: str) -> str:
    """Return ``value`` as a TOML string, quoted and escaped."""
    if value.isprintable() and not _SPECIAL.search(value):
        return f'"{value}"'
    return _escaped(value)


def _escaped(value: object) -> str:
    # Imported late: who reads a lock does without it, and of what is written little needs it.
    import tomlkit  # noqa: PLC0415

    text: str = tomlkit.item(value).as_string()
    return text
