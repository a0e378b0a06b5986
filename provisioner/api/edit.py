"""``torchenv add``, ``remove`` and ``upgrade``: the spec edited, locked and applied in one go.

The edited text is checked and resolved before it is written, so that a wish that cannot be leaves
the spec and its lock as they were.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.api._templates import template_access
from provisioner.events import Reporter
from provisioner.findings import Finding, SpecError, WorldError
from provisioner.paths import display, write_atomic
from provisioner.spec import (
    parse_spec,
    parse_wanted,
    project_name,
    read_text,
    with_dependencies,
    without_dependencies,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.environment import Applied
    from provisioner.lockfile import Lock, Upgrade
    from provisioner.spec import Spec, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A spec that was edited, its lock, and the environment where it was applied."""

    spec: Path
    written: bool
    """False where the spec says so already."""
    locks: tuple[Lock, ...]
    """Of every target."""
    applied: Applied | None
    """None where it was not to be applied."""
    findings: tuple[Finding, ...]
    """Warnings and notes."""


def add(
    spec: Path, words: Iterable[str], *, apply: bool = True, reporter: Reporter | None = None
) -> Edited:
    """Have a spec ask for packages too: ``lightning>=2.4``, ``numpy``, ``torchvision``, ``./src``.

    Args:
        spec: Path of the spec.
        words: PEP 508 requirements without URL and marker; or folders of projects (``.``,
            ``./name``, absolute), which become editable dependencies.
        apply: Whether to apply it as well.
        reporter: Listens to the progress.

    Raises:
        SpecError: A word is no requirement (``TE105``), or the spec is not valid.
        PlanError: The combination cannot be; nothing was written.
        WorldError: Network, index, disk or engine said no; before the lock nothing was written.
        VerificationError: As :func:`provisioner.api.lock.lock` and ``apply``.
    """
    text = _valid_text(spec)
    edited = with_dependencies(text, [_wanted(word, spec) for word in words])
    return _finish(spec, text, edited, apply=apply, reporter=reporter)


def remove(
    spec: Path, names: Iterable[str], *, apply: bool = True, reporter: Reporter | None = None
) -> Edited:
    """Have a spec not ask for packages any more; torchvision and torchaudio are left out.

    What a template asks for is unset with ``false``.

    Raises:
        SpecError: The spec does not ask for one of them (``TE638``), or is not valid.
        PlanError: The combination cannot be; nothing was written.
        WorldError: As :func:`add`.
        VerificationError: As :func:`add`.
    """
    text = _valid_text(spec)
    edited = without_dependencies(text, names, _inherited(text, spec))
    return _finish(spec, text, edited, apply=apply, reporter=reporter)


def upgrade(
    spec: Path, words: Iterable[str], *, apply: bool = True, reporter: Reporter | None = None
) -> Edited:
    """Have packages get the newest versions that the spec admits; what is not named stays.

    Args:
        spec: Path of the spec.
        words: Names of locked packages; with a version (``lightning>=2.5``) the spec is edited too.
            None at all upgrades everything.
        apply: Whether to apply it as well.
        reporter: Listens to the progress.

    Raises:
        SpecError: A word is no requirement (``TE105``), or the spec is not valid.
        PlanError: The combination cannot be; nothing was written.
        WorldError: A name is not locked (``TE433``), or as :func:`add`.
        VerificationError: As :func:`add`.
    """
    from provisioner.lockfile import Upgrade

    text = _valid_text(spec)
    wanted = [parse_wanted(word) for word in words]
    edited = with_dependencies(text, [one for one in wanted if one.specifier])
    names = frozenset(one.name for one in wanted)
    asked = Upgrade(names=names) if names else Upgrade(everything=True)
    return _finish(spec, text, edited, apply=apply, reporter=reporter, upgrade=asked)


def _wanted(word: str, spec: Path) -> Wanted:
    """Read a word of ``add``.

    Raises:
        SpecError: It is no requirement (``TE105``), or no folder of a project (``TE117``).
    """
    if not word.startswith((".", "/", "~")):
        return parse_wanted(word)
    folder = Path(word).expanduser()
    name = project_name(folder)
    if name is None:
        raise SpecError(_no_project(folder))
    path = Path(os.path.relpath(folder.resolve(), spec.resolve().parent)).as_posix()
    return replace(parse_wanted(name), path=path)


def _no_project(folder: Path) -> Finding:
    return Finding(
        code="TE117",
        message=f"`{display(folder)}` is not the folder of a project.",
        why="It has no `pyproject.toml` with a `name` under `[project]`, which a dependency is "
        "called after.",
        do='Correct the path; or write it into the spec under its name, `name = { path = "…" }`.',
    )


def _inherited(text: str, spec: Path) -> frozenset[str]:
    """Return the normalised names of the dependencies that the templates of a spec have."""
    own = [one.name for one in _parsed(text, spec).dependencies if one.file is None]
    if "extends" not in text:
        return frozenset()
    alone = without_dependencies(text, own)
    return frozenset(one.name for one in _parsed(alone, spec).dependencies)


def _parsed(text: str, spec: Path) -> Spec:
    return parse_spec(text, spec, template_access(os.environ))


def _valid_text(spec: Path) -> str:
    """Return the text of a spec that is valid as it is.

    Raises:
        SpecError: It is not, or cannot be read.
    """
    text = read_text(spec)
    _parsed(text, spec)
    return text


def _finish(  # noqa: PLR0913 - keywords
    path: Path,
    before: str,
    after: str,
    *,
    apply: bool,
    reporter: Reporter | None,
    upgrade: Upgrade | None = None,
) -> Edited:
    from provisioner.api.lock import LockOptions, lock

    reporter = reporter or Reporter()
    spec = _parsed(after, path)
    # What is applied is fetched anyway.
    options = LockOptions(allow_download=apply)
    if upgrade is not None:
        options = replace(options, upgrade=upgrade)
    locked = lock(spec, options=options, reporter=reporter)
    if after != before:
        try:
            write_atomic(path.resolve(), after.encode())
        except OSError as exc:
            raise WorldError(_unwritable(path, exc)) from exc
    edited = Edited(
        spec=path,
        written=after != before,
        locks=tuple(one.lock for one in locked.locks),
        applied=None,
        findings=locked.findings,
    )
    if not apply:
        return edited
    from provisioner.api.apply import apply as apply_spec

    applied = apply_spec(spec, locked=True, reporter=reporter)
    told = tuple(one for one in applied.findings if one not in locked.findings)
    return replace(edited, applied=applied, findings=(*locked.findings, *told))


def _unwritable(path: Path, exc: OSError) -> Finding:
    return Finding(
        code="TE637",
        message=f"The spec `{display(path)}` cannot be written.",
        why=f"The system says: {exc.strerror or exc}.",
        do="Make the folder writable, or free some space; the spec is unchanged, and its lock will "
        "be made anew.",
    )
