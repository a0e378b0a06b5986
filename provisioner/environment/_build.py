"""Building one generation: made, filled, checked, proven, sealed. Nobody uses it yet."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner._quick import list_also, list_files
from provisioner._version import __version__
from provisioner.environment._drift import write_manifest
from provisioner.environment._expected import entries, write_made
from provisioner.environment._fill import Filled, Filling, fill
from provisioner.environment._prove import blamed_finding, prove
from provisioner.environment._records import records_folder
from provisioner.environment._state import (
    BasePython,
    Proof,
    State,
    content_digest,
    locked_packages,
    render_state,
)
from provisioner.environment._virtualenv import VenvSource, create_virtualenv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.environment._unpacked import LinkMode
    from provisioner.events import Reporter
    from provisioner.findings import Finding
    from provisioner.lockfile import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything that a generation is made from."""

    lock: Lock
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    source: VenvSource
    is_begun: bool = False
    """Whether the virtual environment is made already, and some packages installed."""
    suspects: frozenset[str] = frozenset()
    """Names of packages that were damaged in the old generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A complete generation."""

    state: State
    mode: LinkMode
    """How its files came into it."""
    findings: tuple[Finding, ...]
    """What was noticed and mended meanwhile."""


def build(blueprint: Blueprint, generation: Generation, reporter: Reporter) -> Built:
    """Build a generation at its final path.

    Raises:
        VerificationError: A wheel, the result or the proof is not what the lock says.
        WorldError: The engine or the disk said no.
        OSError: A file cannot be written.
    """
    filled = _fill(blueprint, generation, reporter)
    reporter.step("Proving the environment from inside")
    proof = prove(generation, blueprint.lock.trio, blueprint.source.environ)
    blamed = (blamed_finding(proof),) if proof.blamed else ()
    reporter.step("Listing the files")
    folder, byte_code = str(generation.folder), list[str]()
    listing = list_files(folder, byte_code)
    made = write_made(generation, entries(listing), byte_code, filled.owners)
    state = replace(_state(blueprint, generation, proof), made=made, link_mode=filled.mode)
    paths.write_atomic(generation.state_file, render_state(state))
    own = (generation.made.name, generation.state_file.name)
    write_manifest(generation, list_also(listing, folder, own))
    generation.building.rmdir()
    return Built(state=state, mode=filled.mode, findings=(*filled.findings, *blamed))


def _fill(blueprint: Blueprint, generation: Generation, reporter: Reporter) -> Filled:
    """Make the virtual environment and install into it."""
    count = len(blueprint.lock.packages)
    reporter.step(f"Installing {count} package{'' if count == 1 else 's'}")
    if not blueprint.is_begun:
        generation.building.mkdir(parents=True)
        create_virtualenv(generation.folder, blueprint.source)
    filling = Filling(
        lock=blueprint.lock,
        wheels=blueprint.wheels,
        generation=generation,
        records=records_folder(blueprint.source.environ),
        environ=blueprint.source.environ,
        suspects=blueprint.suspects,
    )
    return fill(filling, reporter)


def _state(blueprint: Blueprint, generation: Generation, proof: Proof) -> State:
    lock, interpreter = blueprint.lock, blueprint.source.interpreter
    stat = os.stat(interpreter.path)  # noqa: PTH116 - as `BasePython` will do again
    return State(
        torchenv=__version__,
        created=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        path=str(generation.folder),
        spec_digest=lock.spec_digest,
        lock_digest=lock.digest,
        content=content_digest(lock),
        target=lock.target,
        trio=lock.trio,
        python=BasePython(
            path=str(interpreter.path),
            version=interpreter.version,
            free_threaded=interpreter.free_threaded,
            size=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
        ),
        packages=locked_packages(lock),
        proof=proof,
    )
