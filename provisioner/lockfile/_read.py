"""Reading a lock, on the suspicion that somebody edited it.

A lock decides what is installed, so it is believed only as far as it can be checked: valid TOML,
valid PEP 751, ours, unchanged since it was written, and every wheel named by URL and sha256.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

from provisioner import toml
from provisioner.findings import Finding, VerificationError, Where, WorldError
from provisioner.lockfile._from_source import read_entry
from provisioner.lockfile._trust import LockTrust, untrusted_places
from provisioner.lockfile._types import Lock, LockedPackage, LockedWheel
from provisioner.lockfile._write import LOCK_VERSION, TOOL_VERSION, content_digest
from provisioner.paths import display
from provisioner.planner import ChosenBuild, Constraint, Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_MERGE: Final = re.compile(rb"^(?:<{7}|\|{7}|={7}|>{7})(?: |\r?$)")
"""A mark of a merge conflict, as git writes it."""
_MOST_MARKS: Final = 12


def read_lock(path: Path, trust: LockTrust | None = None) -> Lock:
    """Read and check a lock.

    Args:
        path: Its file.
        trust: What it may name beyond ``https`` and paths in its own folder.

    Raises:
        WorldError: ``TE421``, there is none or it cannot be read.
        VerificationError: It is not TOML or not PEP 751 (``TE422``), of a version that is not
            known (``TE423``), changed by hand (``TE424``), not ours (``TE427``), or it names
            places that are not trusted (``TE440``).
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise WorldError(unreadable(path, exc)) from exc
    document = parse_lock(path, content)
    _check_versions(path, document)
    validate_lock(path, document)
    if document["tool"]["torchenv"].get("content-digest") != content_digest(document):
        raise VerificationError(
            _edited(path, "its content does not match the digest that torchenv wrote")
        )
    untrusted = untrusted_places(document, path, trust or LockTrust())
    if untrusted:
        raise VerificationError(untrusted)
    try:
        return _lock(path, content, document)
    except (KeyError, TypeError, ValueError) as exc:
        raise VerificationError(_edited(path, f"`{exc}` is missing or has the wrong type")) from exc


def parse_lock(path: Path, content: bytes) -> dict[str, Any]:
    try:
        document: dict[str, Any] = toml.loads(content.decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise VerificationError(_not_a_lock(path, f"it is not UTF-8 text: {exc}")) from exc
    except toml.TOMLDecodeError as exc:
        marks = [n for n, line in enumerate(content.split(b"\n"), start=1) if _MERGE.match(line)]
        if marks:
            raise VerificationError(_merged(path, marks)) from None
        line = re.search(r"at line (\d+)", str(exc))
        number = int(line[1]) if line else None
        raise VerificationError(_not_a_lock(path, f"it is not TOML: {exc}", number)) from exc
    return document


def _check_versions(path: Path, document: Mapping[str, Any]) -> None:
    if document.get("lock-version") not in {None, LOCK_VERSION}:
        raise VerificationError(_other_version(path, "lock-version", document["lock-version"]))
    tool = document.get("tool")
    ours = tool.get("torchenv") if isinstance(tool, dict) else None
    if not isinstance(ours, dict):
        raise VerificationError(_not_ours(path))
    if ours.get("version") != TOOL_VERSION:
        raise VerificationError(_other_version(path, "tool.torchenv.version", ours.get("version")))


def validate_lock(path: Path, document: Mapping[str, Any]) -> None:
    try:
        Pylock.from_dict(document)
    except (PylockValidationError, PylockUnsupportedVersionError) as exc:
        raise VerificationError(
            _not_a_lock(path, f"it is not a valid PEP 751 file: {exc}")
        ) from exc


def _lock(path: Path, content: bytes, document: Mapping[str, Any]) -> Lock:
    ours = document["tool"]["torchenv"]
    unconfirmed = frozenset(ours["unconfirmed"])
    sources = [read_entry(one) for one in document["packages"]]
    return Lock(
        file=path,
        digest=hashlib.sha256(content).hexdigest(),
        spec_digest=ours["spec-digest"],
        target=Target(**ours["target"]),
        requires_python=document["requires-python"],
        trio=tuple(ChosenBuild(**build) for build in ours["trio"]),
        constraints=tuple(Constraint(**one) for one in ours.get("constraints", ())),
        packages=tuple(
            _package(one, unconfirmed)
            for one, source in zip(document["packages"], sources, strict=True)
            if source is None
        ),
        sources=tuple(one for one in sources if one is not None),
        compat_version=ours["compat-data"],
        set_digest=ours.get("set-digest", ""),
        inputs=tuple((key, str(value)) for key, value in sorted(ours.get("spec", {}).items())),
    )


def _package(package: Mapping[str, Any], unconfirmed: frozenset[str]) -> LockedPackage:
    return LockedPackage(
        name=package["name"],
        version=package["version"],
        wheels=tuple(
            LockedWheel(
                name=wheel["name"],
                url=wheel["url"],
                size=wheel["size"],
                sha256=wheel["hashes"]["sha256"],
                confirmed=wheel["name"] not in unconfirmed,
            )
            for wheel in package["wheels"]
        ),
        index=package.get("index"),
    )


def unreadable(path: Path, exc: OSError) -> Finding:
    return Finding(
        code="TE421",
        message=f"The lock `{display(path)}` cannot be read.",
        why=f"The system says: {exc.strerror or exc}.",
        do="Make it with `torchenv lock`, or restore it from your repository.",
        where=Where(file=display(path)),
    )


def _merged(path: Path, marks: list[int]) -> Finding:
    lines = ", ".join(map(str, marks[:_MOST_MARKS]))
    more = " and more" if len(marks) > _MOST_MARKS else ""
    return Finding(
        code="TE422",
        message=f"`{display(path)}` cannot be used as a lock.",
        why=f"It holds the marks of a merge conflict, on the lines {lines}{more}.",
        do="Take either side (`git checkout --ours` or `--theirs` with its name), then run "
        "`torchenv lock`, which adds what the spec asks for and keeps the other versions.",
        where=Where(file=display(path), line=marks[0]),
    )


def _not_a_lock(path: Path, reason: str, line: int | None = None) -> Finding:
    return Finding(
        code="TE422",
        message=f"`{display(path)}` cannot be used as a lock.",
        why=f"{reason[0].upper()}{reason[1:]}.",
        do="Restore it from your repository, or make it anew with `torchenv lock`.",
        where=Where(file=display(path), line=line),
    )


def _other_version(path: Path, key: str, found: object) -> Finding:
    return Finding(
        code="TE423",
        message=f"`{display(path)}` has `{key} = {found!r}`.",
        why=f"This torchenv reads `lock-version = {LOCK_VERSION!r}` and "
        f"`tool.torchenv.version = {TOOL_VERSION}`.",
        do="Use the torchenv that made it, or make it anew with `torchenv lock`.",
        where=Where(file=display(path), key=key),
    )


def _edited(path: Path, reason: str) -> Finding:
    return Finding(
        code="TE424",
        message=f"`{display(path)}` was changed after torchenv wrote it.",
        why=f"In it, {reason}: what it names is not what was resolved and checked.",
        do="Restore it from your repository, or make it anew with `torchenv lock`.",
        where=Where(file=display(path)),
    )


def _not_ours(path: Path) -> Finding:
    return Finding(
        code="TE427",
        message=f"`{display(path)}` was not made by torchenv.",
        why="It has no `[tool.torchenv]` table, which says what target and trio a lock is for.",
        do="Move it away, or rename the spec: the lock's name follows the spec's.",
        where=Where(file=display(path)),
    )
