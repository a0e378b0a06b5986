"""``torchenv apply``: make the environment equal to the lock, locking first where needed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provisioner.api._locks import lock_problem, read_own_lock
from provisioner.api._setting import Setting
from provisioner.api._startup import changes_with_startup
from provisioner.api._target import settle_target
from provisioner.api.lock import make_locks
from provisioner.api.plan import plan
from provisioner.events import Reporter
from provisioner.findings import Finding, PlanError, VerificationError, WorldError
from provisioner.host import probe_host

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.api._target import Choice
    from provisioner.environment import Applied, ApplyRequest
    from provisioner.environment.inplace import InPlaceApplied
    from provisioner.host import Interpreter
    from provisioner.lockfile import Builder, Lock
    from provisioner.planner import Plan
    from provisioner.spec import Spec


_NOT_IN_PASSING: Final = frozenset({"TE425", "TE460"})
"""A lock of another platform or spec is somebody else's, and of a mixed set nobody knows which half
is right: neither is overwritten in passing."""
_CHOOSE_AGAIN: Final = " Or run `torchenv lock --upgrade`, which chooses anew from `{}`."
_CARRY_PYTHON: Final = (
    "Install it from the system's packages, or carry an installer here; a bundle and the "
    "store hold wheels only, and `--install-python` needs the network."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlaceOptions:
    """How to apply in place."""

    environment: Path | None = None
    """Folder of the environment, or its Python; None is the spec's own path."""
    target: str | None = None
    """Name of the target; by default the one that fits this machine best."""
    locked: bool = False
    """Refuse a missing or stale lock, and never resolve."""
    wait: bool = True
    """Wait for another apply on the same environment."""
    offline: bool = False
    """Fetch nothing, and resolve from what is on this machine."""
    bundle: Path | None = None
    """Take wheels from this bundle, and fetch nothing."""
    repair: bool = False
    """Compare every byte, whatever the notes of the last apply say."""
    exact: bool = False
    """Remove packages that are not in the lock."""
    break_system_packages: bool = False
    """Change a Python that belongs to the system's package manager too."""


def apply(  # noqa: PLR0913 - keywords, each a word of the command line
    spec: Spec,
    *,
    target: str | None = None,
    locked: bool = False,
    wait: bool = True,
    repair: bool = False,
    offline: bool = False,
    install_python: bool = False,
    bundle: Path | None = None,
    reporter: Reporter | None = None,
) -> Applied:
    """Make the environment of the spec equal to its lock, and prove it; lock first where needed.

    Args:
        spec: What is wanted.
        target: Name of the target; by default the one that fits this machine best.
        locked: Refuse a missing or stale lock, and never resolve.
        wait: Wait for another apply on the same environment.
        repair: Compare every byte with the wheels first, and not sizes and times only.
        offline: Fetch nothing: wheels are those of this machine, and where the lock is missing or
            stale, so are the pages that it is made from.
        install_python: Let the engine fetch the Python where the machine does not have it.
        bundle: Take wheels from this bundle (``torchenv bundle``), and fetch nothing.
        reporter: Listens to the progress.

    Raises:
        PlanError: The combination cannot be.
        WorldError: Network, disk, interpreter or place of the environment said no.
        VerificationError: Lock, wheel or finished environment is not what it should be.
    """
    from provisioner.environment import (
        apply_lock,
        require_elsewhere,
        require_free_place,
        uv_project_findings,
    )

    reporter = reporter or Reporter()
    choice, planned = _settle(spec, target, reporter, offline=offline or bundle is not None)
    require_free_place(choice.spec.path)
    setting = Setting(choice.spec, offline=offline, bundle=bundle)
    interpreter = _interpreter(choice.spec, planned, reporter, setting, may_install=install_python)
    locked = locked or bundle is not None
    request, notes = _request((choice.spec, planned), setting, interpreter, reporter, locked=locked)
    require_elsewhere(choice.spec.path, {package.name for package in request.lock.packages})
    done = apply_lock(replace(request, wait=wait, repair=repair), reporter)
    warned = uv_project_findings(choice.spec.path, setting.environ) if done.did else ()
    findings = dict.fromkeys((*choice.findings, *planned.findings, *notes, *done.findings, *warned))
    if done.did:
        done = replace(done, changes=changes_with_startup(done.changes, request.lock, setting))
    return replace(done, target=choice.name, findings=tuple(findings))


def apply_in_place(
    spec: Spec, options: InPlaceOptions, *, reporter: Reporter | None = None
) -> InPlaceApplied:
    """Make the locked packages what they must be in an environment that is not torchenv's.

    Args:
        spec: What is wanted; locked first where needed.
        options: Which environment, and how far to go.
        reporter: Listens to the progress.

    Raises:
        PlanError: The combination cannot be.
        WorldError: The environment must not or cannot be changed, or network, disk or engine said
            no.
        VerificationError: Lock, wheel or result is not what it should be; all was moved back.
    """
    from provisioner.environment.inplace import InPlaceRequest, ask_site, find_python
    from provisioner.environment.inplace import apply_in_place as change

    reporter = reporter or Reporter()
    offline = options.offline or options.bundle is not None
    choice, planned = _settle(spec, options.target, reporter, offline=offline)
    site = ask_site(find_python(options.environment or choice.spec.path), os.environ)
    setting = Setting(choice.spec, offline=options.offline, bundle=options.bundle)
    locked = options.locked or options.bundle is not None
    request, notes = _request(
        (choice.spec, planned), setting, site.interpreter, reporter, locked=locked
    )
    done = change(
        InPlaceRequest(
            apply=replace(request, wait=options.wait, repair=options.repair),
            site=site,
            exact=options.exact,
            break_system_packages=options.break_system_packages,
        ),
        reporter,
    )
    findings = dict.fromkeys((*choice.findings, *planned.findings, *notes, *done.findings))
    changes = changes_with_startup(done.changes, request.lock, setting)
    return replace(done, changes=changes, target=choice.name, findings=tuple(findings))


def _settle(
    spec: Spec, target: str | None, reporter: Reporter, *, offline: bool
) -> tuple[Choice, Plan]:
    """Return the target and its plan, for this machine.

    Raises:
        PlanError: The combination cannot be, or not here.
    """
    choice = settle_target(spec, target, offline=offline)
    planned = plan(choice.spec.widened, offline=offline).of(choice.name)
    if choice.why:
        reporter.chosen(choice.why)
    reporter.planned(planned)
    _require_this_machine(choice.spec, planned)
    return choice, planned


def _request(
    wish: tuple[Spec, Plan],
    setting: Setting,
    interpreter: Interpreter,
    reporter: Reporter,
    *,
    locked: bool,
) -> tuple[ApplyRequest, tuple[Finding, ...]]:
    """Return what the environment needs to know, the lock made where that is needed."""
    from provisioner.environment import ApplyRequest
    from provisioner.network import Client

    spec, planned = wish
    found, notes = _lock_to_apply(spec, planned, setting, reporter, locked=locked)
    if setting.bundle is not None:
        _take_from_bundle(setting.bundle, found, setting, reporter)
    request = ApplyRequest(
        spec=spec,
        lock=found,
        interpreter=interpreter,
        store=setting.store,
        client=lambda: Client(setting.network),
        local_sources=setting.iter_local_folders(),
        environ=setting.environ,
        build=lambda *order: _builder(spec, planned, setting).build(*order),
    )
    return request, notes


def _builder(spec: Spec, planned: Plan, setting: Setting) -> Builder:
    """Return what builds the packages that a lock names by their sources."""
    from provisioner.engine import Engine
    from provisioner.lockfile import Builder, engine_environ, lock_sources

    return Builder(
        engine=Engine(cache=setting.store.building_cache, environ=setting.environ),
        store=setting.store,
        sources=lock_sources(spec, planned, setting.pip),
        network_environ=engine_environ(setting.network),
        offline=setting.offline,
    )


def _take_from_bundle(bundle: Path, lock: Lock, setting: Setting, reporter: Reporter) -> None:
    """Bring the lock's wheels from a bundle of this very lock into the store."""
    from provisioner.lockfile import installed_wheels, require_same_lock, take_wheels

    reporter.step(f"Taking wheels from {bundle}")
    require_same_lock(bundle, lock)
    take_wheels(bundle, setting.store, installed_wheels([lock]))


def _lock_to_apply(
    spec: Spec, planned: Plan, setting: Setting, reporter: Reporter, *, locked: bool
) -> tuple[Lock, tuple[Finding, ...]]:
    """Return the lock beside the spec, made or made anew where that is needed and allowed."""
    if spec.lock_file.exists() or locked:
        present = read_own_lock(spec)
        stale = lock_problem(present, spec, planned.target.platform)
        if stale is None:
            return present, ()
        if locked or stale.code in _NOT_IN_PASSING:
            raise VerificationError(stale)
        reporter.step(f"{stale.message} Locking again")
    made = make_locks(spec, setting, reporter)
    return made.of(spec.sole.name).lock, made.findings


def _require_this_machine(spec: Spec, planned: Plan) -> None:
    """Refuse to apply what is planned for another platform.

    Raises:
        PlanError: ``TE304``.
    """
    here = probe_host(os.environ).platform
    if planned.target.platform != here:
        raise PlanError(
            Finding(
                code="TE304",
                message=f"The spec is for {planned.target.platform}, and this machine is {here}.",
                why="An environment holds compiled files, which run on their own platform only.",
                do="Apply it on such a machine; here, `torchenv plan` and `torchenv lock` work.",
                where=spec.where(spec.key_of(spec.sole, "platform")),
            )
        )


def _interpreter(
    spec: Spec, planned: Plan, reporter: Reporter, setting: Setting, *, may_install: bool
) -> Interpreter:
    """Return the Python that the spec asks for, fetched where that is needed and wanted.

    Raises:
        WorldError: ``TE301`` or ``TE650``, at the spec's own line.
    """
    from provisioner.host import find_interpreter, install_python

    where = spec.where(spec.key_of(spec.sole, "python"))
    python = spec.sole.python_given(planned.target.python)
    try:
        try:
            return find_interpreter(python, os.environ)
        except WorldError:
            if setting.offline or not may_install:
                raise
        reporter.step(f"Fetching Python {python}")
        install_python(python, os.environ)
        return find_interpreter(python, os.environ)
    except WorldError as exc:
        choose = _CHOOSE_AGAIN.format(spec.sole.python) if spec.sole.has_range else ""
        do = _CARRY_PYTHON if setting.offline else "{}" + choose
        raise WorldError(
            replace(one, do=do.format(one.do), where=where) for one in exc.findings
        ) from exc
