"""Building one generation: made, filled, checked, proven, sealed. Nobody uses it yet."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner._quick import list_files
from provisioner._version import __version__
from provisioner.environment._check import damage_finding, find_damage
from provisioner.environment._drift import write_manifest
from provisioner.environment._expected import entries, rows_of_wheels, site_of, write_made
from provisioner.environment._install import Installation, install
from provisioner.environment._prove import prove
from provisioner.environment._records import records_folder
from provisioner.environment._state import (
    BasePython,
    Proof,
    State,
    content_digest,
    locked_packages,
    render_state,
)
from provisioner.environment._virtualenv import create_virtualenv
from provisioner.findings import VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.environment._layout import Generation
    from provisioner.events import Reporter
    from provisioner.host import Interpreter
    from provisioner.lockfile import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything that a generation is made from."""

    lock: Lock
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    interpreter: Interpreter
    link: Path
    """The environment's path, which ``activate`` names."""
    app_data: Path
    """Where ``virtualenv`` remembers what it learns about interpreters."""
    environ: Mapping[str, str]


def build(blueprint: Blueprint, generation: Generation, reporter: Reporter) -> State:
    """Build a generation at its final path; returns its state.

    Raises:
        VerificationError: A wheel, the result or the proof is not what the lock says.
        WorldError: The engine or the disk said no.
        OSError: A file cannot be written.
    """
    _fill(blueprint, generation, reporter)
    reporter.step("Checking the files")
    if damages := find_damage(generation, blueprint.lock, blueprint.wheels):
        raise VerificationError(damage_finding(damages))
    reporter.step("Proving the environment from inside")
    proof = prove(generation, blueprint.lock.trio, blueprint.environ)
    reporter.step("Listing the files")
    state = replace(_state(blueprint, generation, proof), made=_list_made(blueprint, generation))
    paths.write_atomic(generation.state_file, render_state(state))
    write_manifest(generation)
    generation.building.rmdir()
    return state


def _list_made(blueprint: Blueprint, generation: Generation) -> str:
    """Hash what is in no wheel, byte code of the proof included; returns the list's digest."""
    byte_code: list[str] = []
    listed = entries(list_files(str(generation.folder), byte_code))
    packages = locked_packages(blueprint.lock)
    rows = rows_of_wheels(
        records_folder(blueprint.environ), packages, blueprint.wheels, site_of(generation)
    )
    return write_made(generation, listed, byte_code, rows)


def _fill(blueprint: Blueprint, generation: Generation, reporter: Reporter) -> None:
    """Make the virtual environment and install into it."""
    count = len(blueprint.lock.packages)
    reporter.step(f"Installing {count} package{'' if count == 1 else 's'}")
    generation.building.mkdir(parents=True)
    create_virtualenv(
        generation.folder,
        link=blueprint.link,
        interpreter=blueprint.interpreter,
        app_data=blueprint.app_data,
        environ=blueprint.environ,
    )
    installation = Installation(lock=blueprint.lock, wheels=blueprint.wheels, generation=generation)
    install(installation, blueprint.environ, reporter)


def _state(blueprint: Blueprint, generation: Generation, proof: Proof) -> State:
    lock, interpreter = blueprint.lock, blueprint.interpreter
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
