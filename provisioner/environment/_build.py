"""Building one generation: made, filled, checked, proven, sealed. Nobody uses it yet."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner import paths
from provisioner._version import __version__
from provisioner.environment._check import damage_finding, find_damage
from provisioner.environment._drift import write_manifest
from provisioner.environment._install import Installation, install
from provisioner.environment._prove import prove
from provisioner.environment._state import (
    BasePython,
    Proof,
    State,
    content_digest,
    locked_packages,
    render_state,
)
from provisioner.environment._virtualenv import create_virtualenv
from provisioner.findings import Finding, Severity, VerificationError
from provisioner.process import ProcessFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.engine import Engine
    from provisioner.environment._check import Damage
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
    engine: Engine
    app_data: Path
    """Where ``virtualenv`` remembers what it learns about interpreters."""
    environ: Mapping[str, str]


def build(
    blueprint: Blueprint, generation: Generation, reporter: Reporter
) -> tuple[State, tuple[Finding, ...]]:
    """Build a generation at its final path; returns its state and notes.

    Raises:
        VerificationError: A wheel, the result or the proof is not what the lock says.
        WorldError: The engine or the disk said no.
        OSError: A file cannot be written.
    """
    findings = _fill_and_check(blueprint, generation, reporter)
    reporter.step("Proving the environment from inside")
    proof = prove(generation, blueprint.lock.trio, blueprint.environ)
    reporter.step("Listing the files")
    state = _state(blueprint, generation, proof)
    paths.write_atomic(generation.state_file, render_state(state))
    write_manifest(generation)
    generation.building.rmdir()
    return state, findings


def _fill_and_check(
    blueprint: Blueprint, generation: Generation, reporter: Reporter
) -> tuple[Finding, ...]:
    """Install, and install once more without the engine's cache if the result is not whole."""
    damages = _fill(blueprint, generation, reporter, use_cache=True)
    if not damages:
        return ()
    reporter.step("Installing again without the engine's cache: the result was not whole")
    shutil.rmtree(generation.folder)
    if still := _fill(blueprint, generation, reporter, use_cache=False):
        raise VerificationError(damage_finding(still))
    names = sorted({damage.package for damage in damages})
    with contextlib.suppress(ProcessFailedError):  # the next apply would notice again
        blueprint.engine.run(["cache", "clean", *names], on_stderr=reporter.detail)
    return (_damaged_cache(names),)


def _fill(
    blueprint: Blueprint, generation: Generation, reporter: Reporter, *, use_cache: bool
) -> tuple[Damage, ...]:
    """Make the virtual environment, install into it, and return what is not whole."""
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
    installation = Installation(
        lock=blueprint.lock, wheels=blueprint.wheels, generation=generation, use_cache=use_cache
    )
    install(blueprint.engine, installation, reporter)
    reporter.step("Checking the files")
    return find_damage(generation, blueprint.lock, blueprint.wheels)


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


def _damaged_cache(names: list[str]) -> Finding:
    return Finding(
        code="TE704",
        severity=Severity.WARNING,
        message=f"The engine's cache held damaged copies: {', '.join(names)}.",
        why="What it installed first differed from the wheels. It was installed again without the "
        "cache, and is whole now.",
        do="The damaged copies were removed. If this comes back, check the disk of this machine.",
    )
