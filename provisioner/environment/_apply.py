"""Making an environment equal to its lock: all or nothing, and nothing where nothing is to do.

The order of the steps is the promise: look at the place, decide, fetch, build aside, check, prove,
and only then switch. Whatever fails or interrupts before the switch leaves what was there.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from provisioner import paths
from provisioner.environment._ahead import working_ahead
from provisioner.environment._build import Blueprint, Built, build
from provisioner.environment._changes import plan_changes
from provisioner.environment._differences import difference_findings, unknown_finding
from provisioner.environment._disk import flush_files
from provisioner.environment._examine import Examination, examine
from provisioner.environment._generations import Keep, clean_up, discard_unless_current, prune
from provisioner.environment._history import by_last_use, remember_switch
from provisioner.environment._inspect import inspect_environment
from provisioner.environment._layout import Layout
from provisioner.environment._locking import environment_lock
from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.environment._place import prepare_place, require_place
from provisioner.environment._pointer import summarise, write_pointer
from provisioner.environment._records import records_folder
from provisioner.environment._rollback import candidate
from provisioner.environment._space import (
    Demand,
    Need,
    check_space,
    environment_demand,
    unpacked_need,
)
from provisioner.environment._switch import switch
from provisioner.environment._types import Ours
from provisioner.environment._unpacked import count_folders, engine_cache, known_facts
from provisioner.environment._unused import remove_leftovers, remove_unshared
from provisioner.environment._verify import VerifySetting, verify_generation
from provisioner.environment._virtualenv import VenvSource
from provisioner.events import Reporter
from provisioner.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from provisioner.environment._changes import Changes
    from provisioner.environment._layout import Generation
    from provisioner.environment._state import Proof, State
    from provisioner.environment._types import Environment
    from provisioner.host import Interpreter
    from provisioner.lockfile import Lock, LockedPackage
    from provisioner.network import Client
    from provisioner.spec import Spec
    from provisioner.store import WantedWheel


_MENDED: Final = frozenset({"TE607", "TE609", "TE611", "TE612", "TE704"})
"""Findings about an environment that an apply mends."""


class WheelStore(Protocol):
    """What an apply needs of ``provisioner.store.Store``."""

    @property
    def root(self) -> Path:
        """The folder of what is fetched."""

    def room_for(self, wanted: Sequence[WantedWheel]) -> tuple[int, int]:
        """Return the bytes and inodes that fetching takes, as far as sizes tell."""

    def fetch(
        self,
        wanted: Sequence[WantedWheel],
        client: Client,
        reporter: Reporter,
        local_sources: Iterable[Path],
        arrived: Callable[[str, Path], None],
    ) -> Mapping[str, Path]:
        """Return verified files by sha256, fetched where they are not there yet.

        ``arrived`` is told of each as soon as it is there, from any thread.
        """

    def find(self, sha256: str) -> Path | None:
        """Return the wheel with this hash where the store has it, hashed anew; else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """What to apply, and everything that is needed for it."""

    spec: Spec
    lock: Lock
    interpreter: Interpreter
    """What a new generation is made from; the present one stays as long as its Python fits."""
    store: WheelStore
    client: Callable[[], AbstractContextManager[Client]]
    """Opens the network client; called only where wheels are needed."""
    local_sources: Iterable[Path]
    """Folders of this machine in which wheels may lie, for the store."""
    environ: Mapping[str, str]
    """The caller's environment variables."""
    build: Callable[[Lock, Interpreter, Reporter], tuple[LockedPackage, ...]]
    """Builds what the lock names by its source; called only where the wheels are needed."""
    flush: Callable[[Path], None] = flush_files
    """Has what was written to a folder's file system on the disk, before anything leads to it."""
    wait: bool = True
    """Whether to wait for another apply on the same environment."""
    repair: bool = False
    """Whether to compare every byte first, and not sizes and times only."""
    large_bytes: int = 50_000_000
    """Size from which a wheel is unpacked while others are fetched."""

    def built(self, reporter: Reporter) -> ApplyRequest:
        """Return the request with a lock that has a wheel for each package.

        Raises:
            WorldError: A package could not be built (``TE446``).
        """
        if not self.lock.unbuilt:
            return self
        wheels = self.build(self.lock, self.interpreter, reporter)
        return replace(self, lock=self.lock.with_built(wheels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An environment that is what its lock says."""

    did: bool
    """False where there was nothing to do."""
    link: Path
    """The environment's path."""
    folder: Path
    """The generation that it leads to."""
    generation: int
    summary: str
    """What the environment is, in the words of the quick check too: ``torch 2.13.0+cpu, …``."""
    changes: Changes
    proof: Proof
    findings: tuple[Finding, ...]
    """Warnings and notes."""
    target: str | None = None
    """Name of the target that was applied, None for the one of a spec without names."""


def apply_lock(request: ApplyRequest, reporter: Reporter | None = None) -> Applied:
    """Make the environment of a spec equal to its lock, prove it, and switch to it.

    Raises:
        WorldError: The place is taken or cannot be written, somebody else works there, the disk is
            full, a wheel cannot be had, or the engine failed.
        VerificationError: A wheel, the files, or the proof is not what the lock says.
    """
    reporter = reporter or Reporter()
    layout = Layout(link=request.spec.path)
    before, examination = _look(layout, request)
    if examination.condition == "current" and not request.repair:
        return _nothing_to_do(layout, request, before)
    prepare_place(layout, before)
    with environment_lock(layout, reporter, wait=request.wait):
        with os_errors_as_findings(layout.root):
            clean_up(layout)
        # Whoever held the lock before may have done the work.
        before, examination = _look(layout, request)
        if request.repair:
            examination = _look_closer(layout, request, reporter, before, examination)
        if examination.condition == "current":
            assert isinstance(before, Ours)  # noqa: S101 - "current" is
            prune(layout, before.generation.number, _keep(request.spec))
            return _nothing_to_do(layout, request, before)
        return _make(layout, request, reporter, before, examination)


def _look(layout: Layout, request: ApplyRequest) -> tuple[Environment, Examination]:
    """Inspect and examine what is there, and refuse what must not be touched."""
    environment = inspect_environment(layout.link)
    require_place(layout, environment)
    return environment, examine(layout.link, environment, request.lock, request.spec.sole)


def _look_closer(
    layout: Layout,
    request: ApplyRequest,
    reporter: Reporter,
    environment: Environment,
    examination: Examination,
) -> Examination:
    """Compare every byte, where there is an environment that can be compared."""
    if not isinstance(environment, Ours) or environment.state is None:
        return examination
    setting = VerifySetting(
        records=records_folder(request.environ),
        wheel_of=lambda package: request.store.find(package.sha256),
        environ=request.environ,
    )
    with os_errors_as_findings(layout.root):
        verified = verify_generation(environment.generation, environment.state, setting, reporter)
    if verified.is_whole:
        return examination
    unknown = (unknown_finding(verified.unknown),) if verified.unknown else ()
    return Examination(
        condition="damaged" if examination.condition == "current" else examination.condition,
        findings=(*difference_findings(layout.link, verified.differences), *unknown),
        differences=verified.differences,
    )


def _nothing_to_do(layout: Layout, request: ApplyRequest, found: Environment) -> Applied:
    assert isinstance(found, Ours) and found.state is not None  # noqa: S101, PT018 - "current" is
    write_pointer(request.spec, request.lock, layout, found.generation, found.state)
    return Applied(
        did=False,
        link=layout.link,
        folder=found.generation.folder,
        generation=found.generation.number,
        summary=summarise(request.lock),
        changes=plan_changes(found, request.lock),
        proof=found.state.proof,
        findings=(),
    )


def _make(
    layout: Layout,
    request: ApplyRequest,
    reporter: Reporter,
    before: Environment,
    examination: Examination,
) -> Applied:
    """Fetch, build, switch, and only then remove what is old."""
    if examination.condition in {"stale", "absent"}:
        there = _find_made_before(layout, request)
        if there is not None:
            with os_errors_as_findings(layout.root):
                kept = _switch(layout, there.generation)
            assert there.state is not None  # noqa: S101 - it was just examined
            changes = plan_changes(before, request.lock)
            return _switched(there.generation, there.state, request, changes, kept)
    request = request.built(reporter)
    with _new_generation(layout) as generation:
        blueprint = _fetch(layout, generation, request, reporter, examination)
        with os_errors_as_findings(layout.root):
            built = build(blueprint, generation, reporter)
            request.flush(generation.folder)
            reporter.step(f"Switching {paths.display(layout.link)} to the new environment")
            kept = _switch(layout, generation)
    changes = plan_changes(before, request.lock, examination.differences)
    findings = (*_worth_saying(examination), *built.findings, *_mode_note(before, built), *kept)
    reporter.detail("removing old generations")
    return _switched(generation, built.state, request, changes, findings)


def _find_made_before(layout: Layout, request: ApplyRequest) -> Ours | None:
    """Return a generation that is what the lock asks for, with every file as it was; or None."""
    for number in reversed(by_last_use(layout, layout.iter_numbers())):
        ours = candidate(layout, number)
        found = examine(layout.link, ours, request.lock, request.spec.sole)
        if found.condition == "current":
            return ours
    return None


def _switched(
    generation: Generation,
    state: State,
    request: ApplyRequest,
    changes: Changes,
    findings: tuple[Finding, ...],
) -> Applied:
    """Write down that the environment leads to a generation now, and remove what is old."""
    layout = Layout(link=request.spec.path)
    remember_switch(layout, generation.number, state, "apply", changes)
    write_pointer(request.spec, request.lock, layout, generation, state)
    prune(layout, generation.number, _keep(request.spec))
    remove_unshared(layout.unpacked, records_folder(request.environ))
    return Applied(
        did=True,
        link=layout.link,
        folder=generation.folder,
        generation=generation.number,
        summary=summarise(request.lock),
        changes=changes,
        proof=state.proof,
        findings=findings,
    )


def _keep(spec: Spec) -> Keep:
    return Keep(count=spec.keep, days=spec.keep_days)


@contextmanager
def _new_generation(layout: Layout) -> Iterator[Generation]:
    """Yield a generation to be made; removed again where the environment does not lead to it."""
    with os_errors_as_findings(layout.root):
        generation = layout.generation(layout.next_number())
    try:
        yield generation
    except BaseException:
        discard_unless_current(layout, generation)
        raise


def _fetch(
    layout: Layout,
    generation: Generation,
    request: ApplyRequest,
    reporter: Reporter,
    examination: Examination,
) -> Blueprint:
    """Return what the generation is made from, every wheel a verified file, space allowing."""
    wheels = [package.wheel for package in request.lock.packages]
    cache = engine_cache(request.environ, generation)
    remove_leftovers(cache.folder)
    noted = {one.sha256: known_facts(cache.folder, one.sha256) for one in wheels}
    shares = cache.mode == "hardlink"
    linked = {sha256: facts for sha256, facts in noted.items() if shares and facts is not None}
    # A wheel never unpacks to less than its own size, and this is known before it is fetched.
    new_bytes = sum(one.size for one in wheels if one.sha256 not in linked)
    wanted = [one.wanted for one in wheels]
    size_bytes, inodes = request.store.room_for(wanted)
    check_space(
        environment_demand(layout.root, Need(size_bytes=new_bytes, inodes=0)),
        Demand(
            what="wheels to fetch",
            folder=request.store.root,
            need=Need(size_bytes=size_bytes, inodes=inodes),
        ),
    )
    damaged = (one.owner for one in examination.differences if one.kind != "added")
    suspects = frozenset(owner.name for owner in damaged if owner is not None)
    source = VenvSource(
        interpreter=request.interpreter,
        link=layout.link,
        app_data=paths.store_root(request.environ) / "virtualenv",
        environ=request.environ,
    )
    # A copy that is suspect is looked at before anything of it is installed.
    may_begin = {
        one.wheel.sha256: one if one.wheel.sha256 not in linked and not suspects else None
        for one in request.lock.packages
    }
    with (
        request.client() as client,
        working_ahead(generation, source, may_begin, request.large_bytes, reporter) as ahead,
    ):
        files = request.store.fetch(wanted, client, reporter, request.local_sources, ahead.take)
        is_begun = ahead.finish()
    if not is_begun:
        shutil.rmtree(generation.folder, ignore_errors=True)
    new = [file for sha256, file in files.items() if sha256 not in linked]
    need = unpacked_need(new, sum(map(count_folders, linked.values())))
    check_space(environment_demand(layout.root, need))
    return Blueprint(
        lock=request.lock, wheels=files, source=source, is_begun=is_begun, suspects=suspects
    )


def _switch(layout: Layout, generation: Generation) -> tuple[Finding, ...]:
    """Switch, with another look at what is there now: building takes minutes."""
    now = inspect_environment(layout.link)
    require_place(layout, now)
    return switch(layout, generation, now)


def _mode_note(before: Environment, built: Built) -> tuple[Finding, ...]:
    """Say that files are copied, the first time that they are."""
    state = before.state if isinstance(before, Ours) else None
    if built.mode != "copy" or (state is not None and state.link_mode == "copy"):
        return ()
    return (
        Finding(
            code="TE615",
            severity=Severity.NOTE,
            message="The files of the environment are copies.",
            why="It and the store are on two file systems, or theirs has neither reflinks nor hard "
            "links. Where it has hard links, generations share what did not change.",
            do="Nothing, or let `TORCHENV_STORE` name a folder on the environment's file system.",
        ),
    )


def _worth_saying(examination: Examination) -> tuple[Finding, ...]:
    """Return what an apply mends; that it was asked for something new is no finding."""
    return tuple(each for each in examination.findings if each.code in _MENDED)
