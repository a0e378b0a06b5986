"""``apply --in-place``: an environment that is not torchenv's becomes what a lock says.

Only packages of the lock are touched, unless all others are to go. What is right already stays.
New files are prepared beside the environment first, so that a full disk shows before anything is
changed; ``_transaction`` moves them in; then every file is checked and the environment is run, and
if any of that fails everything is moved back.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from provisioner.environment._changes import Changes
from provisioner.environment._layout import (
    Generation,
    Layout,
    holds_marks_only,
    remove_marked,
)
from provisioner.environment._locking import environment_lock
from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.environment._prove import prove
from provisioner.environment._records import keep_record, records_folder
from provisioner.environment._space import check_space, environment_demand, unpacked_need
from provisioner.environment._state import content_digest
from provisioner.environment.inplace import _findings
from provisioner.environment.inplace._compare import differences, rows_of
from provisioner.environment.inplace._conda import owners as conda_owners
from provisioner.environment.inplace._installed import find_half_removed, find_installed
from provisioner.environment.inplace._notes import Notes, facts_of, read_notes, write_notes
from provisioner.environment.inplace._plan import Action, changes_of, plan_actions
from provisioner.environment.inplace._site import Site, runs_torchenv
from provisioner.environment.inplace._stage import Order, iter_placed, prepare
from provisioner.environment.inplace._transaction import Moves, Transaction, moves_of
from provisioner.events import Reporter
from provisioner.findings import VerificationError, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioner.environment._apply import ApplyRequest
    from provisioner.environment._records import Row
    from provisioner.environment._state import Proof
    from provisioner.environment.inplace._installed import Distribution
    from provisioner.environment.inplace._transaction import Recovered
    from provisioner.findings import Finding
    from provisioner.lockfile import Lock

InPlaceCondition = Literal["current", "stale", "damaged", "foreign"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlaceRequest:
    """What to apply in place, and how far it may go."""

    apply: ApplyRequest
    """Spec, lock, store and the rest; its interpreter is not used."""
    site: Site
    exact: bool = False
    """Whether packages that are not in the lock go."""
    break_system_packages: bool = False
    """Whether a Python that belongs to the system's package manager may be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlaceApplied:
    """An environment that is what its lock says, as far as the lock goes."""

    did: bool
    """False where no file was to be changed."""
    site: Site
    actions: tuple[Action, ...]
    """One for each locked package, and for each that went; empty where nothing was compared."""
    proof: Proof
    recovered: Recovered | None
    """What was done about an apply that was killed here before."""
    target: str | None = None
    """Name of the target, filled in by whoever chose it."""
    changes: Changes = field(default_factory=Changes)
    """The actions as other applies tell them, with what runs at every start filled in there too."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place(Layout):
    """Where torchenv works in an environment that is not its own; removed afterwards."""

    @property
    def root(self) -> Path:
        """Everything is in here."""
        return self.link / ".torchenv" / "in-place"

    @property
    def folder(self) -> Path:
        """The folder that is kept out of backups."""
        return self.link / ".torchenv"


def in_place_status(site: Site, lock: Lock | None) -> InPlaceCondition:
    """Return what an environment is, by torchenv's notes in it; changes nothing.

    ``damaged`` where an apply was killed in it, or files of locked packages are not as they were;
    ``foreign`` where nothing was ever applied; ``stale`` where another lock was.
    """
    if _transaction(site).is_open:
        return "damaged"
    notes = read_notes(site.notes)
    if notes is None:
        return "foreign"
    if not notes.is_as_noted():
        return "damaged"
    is_same = lock is not None and notes.content == content_digest(lock)
    return "current" if is_same else "stale"


def apply_in_place(request: InPlaceRequest, reporter: Reporter | None = None) -> InPlaceApplied:
    """Make the packages of a lock what they must be, in an environment that is not torchenv's.

    Raises:
        WorldError: The environment must not or cannot be changed (``TE603``, ``TE644`` to
            ``TE648``), somebody works there (``TE606``), the disk is full, or a wheel cannot be
            had.
        VerificationError: A wheel, the files, or the proof is not what the lock says; everything
            was moved back.
    """
    reporter = reporter or Reporter()
    site, lock = request.site, request.apply.lock
    _require_changeable(request)
    # A folder that a kill left is removed by the whole way alone.
    place = _Place(link=site.prefix)
    is_littered = place.root.exists() or holds_marks_only(place.folder)
    looks_closer = request.exact or request.apply.repair or is_littered
    if not looks_closer and in_place_status(site, lock) == "current":
        notes = read_notes(site.notes)
        if notes is not None:
            return InPlaceApplied(
                did=False, site=site, actions=(), proof=notes.proof, recovered=None
            )
    with os_errors_as_findings(site.prefix):
        place.create_root()
        _require_one_disk(site, place)
    with environment_lock(place, reporter, wait=request.apply.wait):
        try:
            with os_errors_as_findings(site.prefix):
                return _locked_apply(request, reporter)
        finally:
            _remove_traces(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What the steps of one apply share."""

    request: InPlaceRequest
    reporter: Reporter
    transaction: Transaction
    wheels: Mapping[str, Path]
    """Verified files of the store by sha256."""
    rows: Mapping[str, tuple[Row, ...]]
    """What each locked package must have, by its name."""
    installed: tuple[Distribution, ...]
    """What is there before."""

    @property
    def lock(self) -> Lock:
        """What must be there."""
        return self.request.apply.lock


def _locked_apply(request: InPlaceRequest, reporter: Reporter) -> InPlaceApplied:
    """Recover, compare, prepare, move, check, commit."""
    site, lock = request.site, request.apply.lock
    transaction = _transaction(site)
    recovered = transaction.recover()
    if recovered is not None:
        reporter.finding(_findings.recovered(site, recovered))
    request = replace(request, apply=request.apply.built(reporter))
    wheels = _fetch(request, reporter)
    work = _Work(
        request=request,
        reporter=reporter,
        transaction=transaction,
        wheels=wheels,
        rows=_rows(request, wheels),
        installed=find_installed(site),
    )
    actions = _compare(work)
    did = any(one.kind != "keep" for one in actions)
    proof = _change(work, actions) if did else _prove(work)
    _note(site, lock, proof, transaction.scratch)
    transaction.clear()
    return InPlaceApplied(
        did=did,
        site=site,
        actions=actions,
        proof=proof,
        recovered=recovered,
        changes=changes_of(actions),
    )


def _compare(work: _Work) -> tuple[Action, ...]:
    """Return what is to be done, and refuse what must not be."""
    work.reporter.step("Comparing what is installed with the lock")
    locked = {(package.name, package.version) for package in work.lock.packages}
    same = {one.name for one in work.installed if (one.name, one.version) in locked}
    differing = differences({name: work.rows[name] for name in sorted(same)}, work.installed)
    actions = plan_actions(work.lock, work.installed, differing, exact=work.request.exact)
    _refuse_conda(work.request.site, actions, work.installed)
    return actions


def _change(work: _Work, actions: tuple[Action, ...]) -> Proof:
    """Prepare, move, check, prove and commit; where any of it fails, move everything back."""
    try:
        _prepare(work, {one.name for one in actions if one.kind in {"install", "replace"}})
        moves = _moves(work, actions)
        work.reporter.step(f"Changing {work.request.site.prefix} in place")
        work.transaction.run(moves)
        _check(work)
        proof = _prove(work)
        work.request.apply.flush(work.request.site.prefix)
        work.transaction.commit()
    except BaseException:
        work.transaction.recover()
        raise
    work.transaction.recover()
    return proof


def _prepare(work: _Work, names: set[str]) -> None:
    """Have the new files beside the environment, space allowing."""
    packages = tuple(one for one in work.lock.packages if one.name in names)
    new = [work.wheels[one.wheel.sha256] for one in packages]
    check_space(environment_demand(work.transaction.folder, unpacked_need(new)))
    work.reporter.step(f"Preparing {len(new)} package{'' if len(new) == 1 else 's'}")
    order = Order(
        lock=replace(work.lock, packages=packages),
        wheels=work.wheels,
        site=work.request.site,
        stage=work.transaction.stage,
        scratch=work.transaction.scratch,
    )
    if packages:
        prepare(order, work.request.apply.environ, work.reporter)


def _moves(work: _Work, actions: tuple[Action, ...]) -> Moves:
    """Return what is to be moved, and refuse to touch a file of a package that stays.

    Raises:
        WorldError: A package that is not in the lock owns a file that would be replaced
            (``TE648``), or conda does (``TE646``).
    """
    site = work.request.site
    gone = {one.name for one in actions if one.kind in {"replace", "remove"}}
    todo = {one.name for one in actions if one.kind in {"install", "replace"}}
    owned = {path: one.name for one in work.installed if one.name not in gone for path in one.files}
    old = {path for one in work.installed if one.name in gone for path in one.files}
    old.add(str(site.notes))  # no longer true, whatever comes
    # Several packages may own one file, as those of NVIDIA do `nvidia/__init__.py`.
    old -= owned.keys()
    tops = frozenset(_top(row.path, site) for name in todo for row in work.rows[name])
    old |= set(find_half_removed(site, tops))
    locked = {one.name for one in work.lock.packages}
    placed = iter_placed(work.transaction.stage, site)
    new = [move for move in placed if owned.get(move[1]) not in locked]
    moves = moves_of(old, new)
    touched = (*moves.aside, *(path for _, path in moves.place))
    if theirs := conda_owners(site, touched):
        raise WorldError(_findings.conda(site, theirs))
    if clashes := sorted({(owned[path], path) for _, path in new if path in owned}):
        raise WorldError(_findings.clash(site, clashes))
    return moves


def _check(work: _Work) -> None:
    """Compare every file with the wheels.

    Raises:
        VerificationError: One differs (``TE704``).
    """
    work.reporter.step("Checking the files")
    if wrong := differences(work.rows, find_installed(work.request.site)):
        raise VerificationError(_findings.not_whole(wrong))


def _prove(work: _Work) -> Proof:
    work.reporter.step("Proving the environment from inside")
    site, apply = work.request.site, work.request.apply
    prefix = _Prefix(number=0, folder=site.prefix, executable=site.python)
    return prove(prefix, apply.lock.trio, apply.environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prefix(Generation):
    """A site in the form that the proof takes."""

    executable: Path

    @property
    def python(self) -> Path:
        """The interpreter as it was named."""
        return self.executable


def _note(site: Site, lock: Lock, proof: Proof, scratch: Path) -> None:
    """Write down what is there now; what a kill leaves of that lies where the rest is removed."""
    names = {package.name for package in lock.packages}
    owned = (path for one in find_installed(site) if one.name in names for path in one.files)
    files = sorted(path for path in owned if not path.endswith(".pyc"))
    notes = Notes(content=content_digest(lock), proof=proof, files=facts_of(files))
    write_notes(scratch / site.notes.name, notes)
    (scratch / site.notes.name).replace(site.notes)


def _fetch(request: InPlaceRequest, reporter: Reporter) -> Mapping[str, Path]:
    wanted = [package.wheel.wanted for package in request.apply.lock.packages]
    with request.apply.client() as client:
        sources = request.apply.local_sources
        return request.apply.store.fetch(wanted, client, reporter, sources, lambda *_: None)


def _rows(request: InPlaceRequest, wheels: Mapping[str, Path]) -> dict[str, tuple[Row, ...]]:
    folder = records_folder(request.apply.environ)
    return {
        package.name: rows_of(
            keep_record(folder, package.wheel.sha256, wheels[package.wheel.sha256]), request.site
        )
        for package in request.apply.lock.packages
    }


def _top(path: str, site: Site) -> str:
    for folder in site.folders:
        if path.startswith(f"{folder}/"):
            return path[len(str(folder)) + 1 :].partition("/")[0]
    return ""


def _require_changeable(request: InPlaceRequest) -> None:
    """Refuse what must not be changed, before anything is looked at.

    Raises:
        WorldError: torchenv runs in it (``TE645``), it belongs to the system's package manager
            (``TE644``), or has another Python than the spec asks for (``TE647``).
    """
    site, spec = request.site, request.apply.spec
    if runs_torchenv(site):
        raise WorldError(_findings.runs_here(site))
    if site.managed is not None and not request.break_system_packages:
        raise WorldError(_findings.managed(site))
    python = spec.sole.python_given(request.apply.lock.target.python)
    if not site.interpreter.fits(python):
        raise WorldError(_findings.other_python(site, python))


def _refuse_conda(
    site: Site, actions: tuple[Action, ...], installed: tuple[Distribution, ...]
) -> None:
    """Leave alone what conda installed: it would not know of the change, and undo it one day.

    Raises:
        WorldError: A package that is to be changed is conda's (``TE646``).
    """
    touched = {one.name for one in actions if one.kind in {"replace", "remove"}}
    theirs = sorted({one.name for one in installed if one.installer == "conda"} & touched)
    if theirs:
        raise WorldError(_findings.conda(site, theirs))


def _require_one_disk(site: Site, place: Layout) -> None:
    """Refuse where files could not be moved by a rename.

    Raises:
        WorldError: Packages or scripts are on another file system (``TE603``).
    """
    here = place.root.stat().st_dev
    for folder in (*site.folders, site.scripts):
        if folder.is_dir() and folder.stat().st_dev != here:
            raise WorldError(_findings.two_disks(site, folder))


def open_journal(prefix: Path) -> Path | None:
    """Return the journal of a transaction that is neither undone nor finished, None without one.

    Args:
        prefix: Folder of the environment.

    Raises:
        OSError: It cannot be looked for.
    """
    folder = _Place(link=prefix).root
    return folder / "journal" if Transaction(folder).is_open else None


def _transaction(site: Site) -> Transaction:
    return Transaction(_Place(link=site.prefix).root)


def _remove_traces(place: Layout) -> None:
    """Remove torchenv's folder where no transaction is left in it; the lock is still held."""
    if Transaction(place.root).is_open:
        return
    with contextlib.suppress(OSError):
        for path in (place.lock_file, place.holder_file):
            path.unlink(missing_ok=True)
        place.root.rmdir()
        remove_marked(place.folder)
