"""``torchenv import``: a lock of another tool becomes a spec and a lock, its versions kept."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomlkit

from provisioner.api.host import host_facts
from provisioner.api.lock import LockOptions, lock
from provisioner.compat import load_compat
from provisioner.events import Reporter
from provisioner.findings import Finding, Severity, SpecError, Where, WorldError
from provisioner.lockfile import LockTrust, read_foreign_lock
from provisioner.paths import display, write_atomic
from provisioner.spec import Sources, parse_spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.api.lock import Locked
    from provisioner.lockfile import ForeignLock
    from provisioner.spec import Spec

_TRIO: Final = ("torch", "torchvision", "torchaudio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A spec and a lock that were made from another tool's lock."""

    spec: Path
    locked: Locked
    kept: int
    """Number of packages that have the version that they had."""
    findings: tuple[Finding, ...]
    """Warnings and notes: what could not be kept, what was guessed."""


def import_lock(
    file: Path,
    spec: Path,
    *,
    trust: Iterable[str] = (),
    python: str | None = None,
    reporter: Reporter | None = None,
) -> Imported:
    """Make a spec and its lock from a PEP 751 lock that has torch.

    The spec asks for the trio at its versions, and for every package that the trio does not bring.

    Args:
        file: The lock of another tool.
        spec: Where to write the spec; nothing may be there.
        trust: What the lock may name although it is not safe: ``http``, ``file`` and so on.
        python: Python to make it for, where the lock leaves that open.
        reporter: Listens to the progress.

    Raises:
        SpecError: The spec is there already (``TE443``), or the lock cannot become one
            (``TE442``).
        PlanError: The combination cannot be.
        WorldError: The lock cannot be read, or network, index, engine or disk said no.
        VerificationError: The lock cannot be trusted.
    """
    if spec.exists():
        raise SpecError(_exists(spec))
    reporter = reporter or Reporter()
    foreign = read_foreign_lock(file, LockTrust(kinds=frozenset(trust)))
    tables = _tables(foreign, python)
    options = LockOptions(
        versions=tuple((one.name, one.version) for one in foreign.packages if one.version),
        allow_download=False,
    )
    reporter.step("Looking which packages torch brings")
    brought = _closure(spec, tables, options)
    wanted = [one.name for one in foreign.packages if one.name not in brought]
    tables["dependencies"] = dict.fromkeys(wanted, "*")
    if not wanted:
        del tables["dependencies"]
    text = tomlkit.dumps(tables)
    locked = lock(parse_spec(text, spec), options=options, reporter=reporter).sole
    try:
        write_atomic(spec.absolute(), text.encode())
    except OSError as exc:
        raise WorldError(_unwritable(spec, exc)) from exc
    versions = {one.name: one.version for one in locked.lock.packages}
    told = [one for one in foreign.packages if versions.get(one.name) != one.version]
    notes = [_not_kept(one.name, one.version, versions.get(one.name)) for one in told]
    return Imported(
        spec=spec,
        locked=locked,
        kept=len(foreign.packages) - len(told),
        findings=(*locked.findings, *notes),
    )


def _tables(foreign: ForeignLock, python: str | None) -> dict[str, Any]:
    """Return the spec without dependencies, as its tables.

    Raises:
        SpecError: ``TE442``, the lock does not have or say what a spec needs.
    """
    torch = foreign.package("torch")
    if torch is None or torch.version is None:
        raise SpecError(_no_spec(foreign, "It has no `torch` with a version."))
    public = torch.version.partition("+")[0]
    platform = host_facts(gpus=False).platform
    python = python or _python(foreign)
    accelerator = foreign.accelerator or _default_build(public, platform)
    if accelerator is None:
        reason = f"Nothing in it says what `torch {torch.version}` was compiled for."
        raise SpecError(_no_spec(foreign, reason))
    trio: dict[str, Any] = {}
    for name in _TRIO:
        member = foreign.package(name)
        named = member is not None and member.version
        trio[name] = str(named).partition("+")[0] if named else False
    tables: dict[str, Any] = {
        "environment": {"python": python, "accelerator": accelerator},
        "torch": trio,
        "dependencies": {},
    }
    if foreign.package("pip") is None:
        tables["environment"]["seed"] = False
    if foreign.pytorch not in {None, Sources().pytorch}:
        tables["sources"] = {"pytorch": foreign.pytorch}
    return tables


def _python(foreign: ForeignLock) -> str:
    """Return the one Python of torch's wheels, else this one's where they have it.

    Raises:
        SpecError: ``TE442``, they have several, and this is none of them.
    """
    here = "{}.{}".format(*sys.version_info)
    if len(foreign.pythons) == 1:
        return foreign.pythons[0]
    if here in foreign.pythons:
        return here
    named = ", ".join(foreign.pythons) or "none"
    raise SpecError(_no_spec(foreign, f"Its torch is for several Pythons ({named}); name one."))


def _default_build(torch: str, platform: str) -> str | None:
    """Return what the default index's build of a torch release is compiled for."""
    builds = load_compat().builds(torch, platform=platform)
    return next((one.accelerator for one in builds if one.index == "default"), None)


def _closure(spec: Path, tables: dict[str, Any], options: LockOptions) -> frozenset[str]:
    """Return the names of everything that the trio brings, from a lock that nobody sees."""
    with tempfile.TemporaryDirectory(prefix="torchenv-import-") as folder:
        path = Path(folder) / spec.name
        alone: Spec = parse_spec(tomlkit.dumps({**tables, "dependencies": {}}), path)
        made = lock(alone, options=replace(options, exclude_newer=None)).sole
        return frozenset(one.name for one in made.lock.packages)


def _exists(spec: Path) -> Finding:
    return Finding(
        code="TE443",
        message=f"`{display(spec)}` is there already.",
        why="An import makes a new spec, and overwrites none.",
        do="Name another file with `--output`, or move this one away.",
        where=Where(file=display(spec)),
    )


def _no_spec(foreign: ForeignLock, reason: str) -> Finding:
    return Finding(
        code="TE442",
        message=f"`{display(foreign.file)}` cannot be made into a spec.",
        why=reason,
        do="Import a lock that has torch from PyTorch's index or the default one, and name the "
        "Python with `--python` where it leaves that open.",
        where=Where(file=display(foreign.file)),
    )


def _not_kept(name: str, before: str | None, now: str | None) -> Finding:
    what = f"is {now} now" if now is not None else "is not needed"
    return Finding(
        code="TE444",
        severity=Severity.WARNING,
        message=f"`{name}` {what}; the imported lock had {before or 'a source tree'}.",
        why="torchenv takes wheels only, the trio's companions from the trio's index, and what "
        "nothing needs not at all.",
        do="Look whether that matters to you; a version can be named under `[dependencies]`.",
    )


def _unwritable(spec: Path, exc: OSError) -> Finding:
    return Finding(
        code="TE443",
        message=f"The spec `{display(spec)}` cannot be written.",
        why=f"The system says: {exc.strerror or exc}.",
        do=f"Make the folder{' writable' if spec.parent.is_dir() else ''}, "
        "or name another file with `--output`.",
        where=Where(file=display(spec)),
    )
