"""Building what a lock names by its source only: from then on it is a wheel like any other.

A build of a source distribution or commit is remembered, that of a folder is made every time.
The engine builds, in isolation, one package at a time. It installs the package into a folder that
is thrown away, and the wheel that it made on the way is taken from its cache and kept in the store.
"""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tomlkit
from packaging.utils import parse_wheel_filename

from provisioner.diagnosis.own import with_cause, with_log
from provisioner.findings import Finding, WorldError
from provisioner.lockfile._from_source import entry
from provisioner.lockfile._request import index_arguments
from provisioner.lockfile._resolve import only_wheels
from provisioner.lockfile._types import Archive, Checkout, Folder, LockedPackage, LockedWheel
from provisioner.process import ProcessFailedError
from provisioner.store import WantedWheel, disk_failure, sha256_of
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.engine import Engine
    from provisioner.events import Reporter
    from provisioner.host import Interpreter
    from provisioner.lockfile._sources import LockSources
    from provisioner.lockfile._types import Lock, LockedSource
    from provisioner.store import Store

_LAST_LINES: Final = 12
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """What building needs."""

    engine: Engine
    """With a cache for building alone: what it was asked to build is removed there every time."""
    store: Store
    """Keeps the wheels."""
    sources: LockSources
    """Where the packages come from that a build needs."""
    network_environ: Mapping[str, str]
    offline: bool = False

    def build(
        self, lock: Lock, interpreter: Interpreter, reporter: Reporter
    ) -> tuple[LockedPackage, ...]:
        """Build the sources of a lock for an interpreter, and return them as packages with wheels.

        Raises:
            WorldError: ``TE446``, the engine could not build one; or the disk said no.
            VerificationError: What was built is no safe wheel.
        """
        from filelock import FileLock  # noqa: PLC0415 - only where something is built

        cache = self.engine.cache
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with FileLock(cache / "building.lock"):
                return tuple(
                    self._built(source, lock.file.parent, interpreter, reporter)
                    for source in lock.unbuilt
                )
        except OSError as exc:
            raise WorldError(disk_failure(cache, exc)) from exc

    def _built(
        self, source: LockedSource, folder: Path, interpreter: Interpreter, reporter: Reporter
    ) -> LockedPackage:
        label = _label(source, interpreter)
        known = None if isinstance(source, Folder) else self.store.built(label)
        if known is not None:
            return _package(source, known)
        reporter.step(f"Building {source.name} ({source})")
        for old in self.engine.cache.glob("sdists-*"):
            shutil.rmtree(old)
        with tempfile.TemporaryDirectory(prefix="torchenv-") as name:
            self._run(source, folder, Path(name), interpreter, reporter)
        return self._kept(source, label)

    def _run(
        self,
        source: LockedSource,
        folder: Path,
        scratch: Path,
        interpreter: Interpreter,
        reporter: Reporter,
    ) -> None:
        asked = scratch / "pylock.toml"
        asked.write_text(_alone(source, folder), encoding="utf-8")
        words = ["pip", "install", "--no-deps", "--requirements", str(asked)]
        words += ["--target", str(scratch / "made"), "--python", str(interpreter.path)]
        words += ["--preview-features", "pylock", *only_wheels({source.name})]
        words += ["--offline"] if self.offline else []
        try:
            self.engine.run(
                [*words, *index_arguments(self.sources)],
                cwd=scratch,
                extra_environ={**self.network_environ, **self.sources.engine_environ},
                on_stderr=lambda line: reporter.detail(mask(line)),
            )
        except ProcessFailedError as exc:
            raise WorldError(_failed(source, exc)) from exc

    def _kept(self, source: LockedSource, label: str) -> LockedPackage:
        """Take the wheel that was just built into the store."""
        made = [
            path
            for path in self.engine.cache.glob("sdists-*/**/*.whl")
            if path.is_file() and parse_wheel_filename(path.name)[0] == source.name
        ]
        if len(made) != 1:
            raise WorldError(_not_found(source, len(made)))
        (path,) = made
        size, sha256 = path.stat().st_size, sha256_of(path)
        wheel = WantedWheel(name=path.name, url=label, size=size, sha256=sha256)
        self.store.keep_built(wheel, _blocks(path), str(path))
        return _package(source, wheel)


def _label(source: LockedSource, interpreter: Interpreter) -> str:
    """Return what names a build: its source, and what it was built for.

    What a folder holds changes, so one is built every time.
    """
    threads = "t" if interpreter.free_threaded else ""
    made_for = f"python={interpreter.version}{threads}&platform={sysconfig.get_platform()}"
    match source:
        case Archive():
            return f"{source.url}#sha256={source.sha256}&{made_for}"
        case Checkout():
            place = source.repository.at(source.commit)
            return f"{place}{'&' if '#' in place else '#'}{made_for}"
        case Folder():
            return f"{source.path}#{made_for}"


def _package(source: LockedSource, wheel: WantedWheel) -> LockedPackage:
    """Return a source as a package with the wheel that was built from it."""
    locked = LockedWheel(
        name=wheel.name, url=wheel.url, size=wheel.size, sha256=wheel.sha256, confirmed=False
    )
    version = str(parse_wheel_filename(wheel.name)[1])
    return LockedPackage(name=source.name, version=version, wheels=(locked,), index=None)


def _alone(source: LockedSource, folder: Path) -> str:
    """Return a PEP 751 file of this one package, a folder named by its absolute path."""
    package = entry(source)
    if isinstance(source, Folder):
        package["directory"] = {**package["directory"], "path": str(folder / source.path)}
    head = {"lock-version": "1.0", "created-by": "torchenv"}
    return tomlkit.dumps({**head, "packages": [package]})


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _failed(source: LockedSource, exc: ProcessFailedError) -> Finding:
    said = mask(exc.completed.stderr)
    last = "\n".join([line for line in said.splitlines() if line.strip()][-_LAST_LINES:])
    finding = Finding(
        code="TE446",
        message=f"`{source.name}` could not be built ({source}).",
        why=f"The engine (`uv`, {exc.reason}) said:\n{last}",
        do="Mend the project, or what this machine lacks to build it (a compiler, headers), and "
        "run the same command again. The old environment is untouched.",
    )
    return with_log(with_cause(finding, said), said, quoted_lines=_LAST_LINES)


def _not_found(source: LockedSource, number: int) -> Finding:
    return Finding(
        code="TE446",
        message=f"`{source.name}` was built, and its wheel is not to be found.",
        why=f"The engine (`uv`) keeps what it builds in its cache; it has {number} wheels of that "
        "name there.",
        do="Report this, with the output of `torchenv apply --verbose`.",
    )
