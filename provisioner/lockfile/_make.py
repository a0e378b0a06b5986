"""Making a lock: from a plan to every wheel by hash.

1. Merge the spec's sources with pip's configuration.
2. Find the trio's wheels on their index, or in local sources.
3. Let the engine resolve, until trio and companions come from the trio's index alone.
4. Complete names, sizes and hashes, and check the trio against the plan. A wheel whose index
   states no hash is downloaded to learn it, and marked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from provisioner import toml
from provisioner.findings import Finding, Severity, VerificationError, WorldError
from provisioner.lockfile._companions import named_companions
from provisioner.lockfile._complete import Answer, complete
from provisioner.lockfile._connections import public_places
from provisioner.lockfile._engine_target import engine_target
from provisioner.lockfile._from_source import kept_commits, locked_sources, sized
from provisioner.lockfile._hashes import (
    known_hashes,
    learn_hashes,
    learned_here,
    refuse_changed_hashes,
)
from provisioner.lockfile._inputs import check_sources, fetch_constraints
from provisioner.lockfile._keep import Upgrade
from provisioner.lockfile._published import published_files, unsized
from provisioner.lockfile._record import record_public
from provisioner.lockfile._request import Request, WheelFile
from provisioner.lockfile._resolve import Resolver, order_notes, refuse_local, settle
from provisioner.lockfile._sources import LockSources, lock_sources
from provisioner.lockfile._tags import target_floors, target_tags
from provisioner.lockfile._trio import LocatedTrio, locate_trio
from provisioner.lockfile._twins import refuse_twins
from provisioner.lockfile._types import Lock
from provisioner.lockfile._untangle import Tangle, explain_conflict, other_plans
from provisioner.lockfile._yanked import YankListener
from provisioner.spec import spec_digest, spec_inputs
from provisioner.store import disk_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from packaging.tags import Tag

    from provisioner.compat import Compat
    from provisioner.engine import Engine
    from provisioner.events import Reporter
    from provisioner.host import HostFacts, PipConfig
    from provisioner.lockfile._origins import Origins
    from provisioner.lockfile._pages import Pages
    from provisioner.lockfile._tags import Floors
    from provisioner.lockfile._types import LockedPackage, LockedSource
    from provisioner.network import Client, IndexFile
    from provisioner.planner import Plan
    from provisioner.spec import Spec
    from provisioner.store import Store, WantedWheel


_UNSATISFIED: Final = frozenset({"TE403", "TE405"})
"""What a resolution fails with for want of a package or version, and not of a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """Everything that locking reads; nothing else of the machine is looked at."""

    spec: Spec
    plan: Plan
    compat: Compat
    host: HostFacts
    pip: PipConfig
    client: Client
    pages: Pages
    """Over the same client; all targets of a run share them."""
    engine: Engine
    store: Store
    """Keeps wheels that had to be downloaded to learn their hash."""
    network_environ: Mapping[str, str]
    """Certificates, proxies and time limits as variables of the engine."""
    reporter: Reporter
    preferences: tuple[tuple[str, str], ...] = ()
    """(name, version) of packages that stay at that version where the requirements admit it."""
    upgrade: Upgrade = field(default_factory=Upgrade)
    """What is to be newer; the pages of such packages are asked again."""
    previous: Lock | None = None
    """The lock before; the hashes in it must not change."""
    allow_download: bool = False
    """Whether wheels of any size may be fetched to learn their hashes."""
    compared: frozenset[str] = frozenset()
    """Names of packages that another target of the run was told about, as far as the order of the
    indexes goes; comparing costs a resolution."""
    newest: str | None = None
    """The instant after which nothing may have been uploaded (RFC 3339), None for no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is to be resolved, and everything that was found out before the engine is asked."""

    sources: LockSources
    tags: tuple[Tag, ...]
    """What the target accepts, best first."""
    located: LocatedTrio
    wanted: Request
    resolver: Resolver
    listener: YankListener


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """The engine's answer: each package with its version and index."""

    resolver: Resolver
    settled: Request
    """The request that the answer is to."""
    origins: Origins

    @property
    def routed(self) -> dict[str, str]:
        """Name and version of what comes from the trio's index by its own page."""
        names = sorted(self.settled.routed & self.origins.keys())
        return {name: self.origins[name][0] for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hashed:
    """What the trio's index publishes for the packages that are routed to it, with all hashes."""

    published: Mapping[str, Sequence[IndexFile]]
    known: Mapping[str, str]
    """File name to sha256, of the compat data."""
    learned: Mapping[str, WantedWheel]


def make_lock(request: LockRequest) -> tuple[Lock, tuple[Finding, ...]]:
    """Resolve the plan and return the lock with the notes of this run; nothing is written.

    Raises:
        WorldError: Network, index or engine said no (``TE401`` to ``TE430``).
        VerificationError: A package came from where it must not (``TE406``), or the engine chose
            another build than planned (``TE409``).
    """
    question = _question(request)
    resolved = _resolve(request, question)
    hashed = _hashed(request, question, resolved)
    packages, from_source = _completed(request, question, resolved, hashed)
    packages = _checked(request, question, resolved, packages)
    notes = _notes(request, question, resolved, hashed)
    return _lock(request, packages, sized(from_source, request.client)), notes


def _question(request: LockRequest) -> _Question:
    """Find the planned trio, and prepare what the engine is asked.

    Raises:
        WorldError: A source cannot be used, or the trio is nowhere.
    """
    plan, reporter = request.plan, request.reporter
    sources = lock_sources(request.spec, plan, request.pip, request.client.signed)
    tags = tags_of(request)
    check_sources(sources, request.client)
    reporter.step(f"Looking for {plan.torch.name} {plan.torch.version}")
    located = locate_trio(plan, sources, tags, request.pages)
    listener = YankListener(reporter.detail)
    resolver = _resolver(request, listener, sources.without_folders())
    wanted = _wanted(request, sources, located)
    reporter.step(f"Resolving {len(wanted.trio) + len(wanted.others)} requirements")
    named = named_companions(located.torch, plan.target, request.client, resolver.is_companion)
    return _Question(
        sources=sources,
        tags=tags,
        located=located,
        wanted=wanted,
        resolver=replace(resolver, named=named),
        listener=listener,
    )


def _resolve(request: LockRequest, question: _Question) -> _Resolved:
    """Let the engine resolve; where there is no solution, say why.

    Raises:
        WorldError: The engine failed.
        VerificationError: ``TE406``, a package comes from where it must not.
    """

    def prepare(names: frozenset[str]) -> None:
        request.client.prepare()
        request.pages.fetch_ahead(question.sources.trio, names)

    try:
        resolver, (settled, origins) = _settled(
            question.resolver, question.wanted, request.spec, prepare
        )
    except WorldError as exc:
        raise WorldError(_explained(request, question, exc)) from exc
    return _Resolved(resolver=resolver, settled=settled, origins=origins)


def _explained(request: LockRequest, question: _Question, failure: WorldError) -> Iterable[Finding]:
    """Return what is behind a failed resolution, as far as that can be found out.

    Raises:
        WorldError: ``TE430``, only a folder of this machine has what is wanted.
    """
    if all(finding.code in _UNSATISFIED for finding in failure.findings):
        refuse_local(replace(question.resolver, sources=question.sources), question.wanted)
    if all(finding.code == "TE405" for finding in failure.findings):
        request.reporter.step("There is no solution; looking for the reason")
        tangle = _tangle(request, question.resolver, question.wanted)
        return explain_conflict(tangle, failure.findings[0])
    return [_placed(one, request.spec) for one in failure.findings]


def _hashed(request: LockRequest, question: _Question, resolved: _Resolved) -> _Hashed:
    """Read what the trio's index publishes, and learn the hashes that it does not state.

    Raises:
        WorldError: A page or wheel cannot be had, or too much would have to be fetched.
        VerificationError: ``TE448``, the index states another hash than the compat data.
    """
    trio = question.sources.trio
    published = published_files(resolved.routed, trio, question.tags, request.pages)
    known = known_hashes(published, request.compat.hashes, trio.public)
    learned = learn_hashes(
        published,
        known,
        request.store,
        request.client,
        request.reporter,
        allowed=request.allow_download,
    )
    return _Hashed(published=published, known=known, learned=learned)


def _completed(
    request: LockRequest, question: _Question, resolved: _Resolved, hashed: _Hashed
) -> tuple[tuple[LockedPackage, ...], tuple[LockedSource, ...]]:
    """Return the packages with every wheel that fits, and those that are built from source.

    Raises:
        WorldError: The engine failed, or a wheel has no hash or place that can be locked.
    """
    # A wheel without a hash is given to the engine as a file, else it would fetch it once more.
    here = [
        WheelFile(name=wheel.name, url=wheel.url, sha256=wheel.sha256)
        if wheel.name in hashed.known
        else WheelFile.at(request.store.path(wheel), wheel.sha256)
        for wheel in hashed.learned.values()
    ]
    pylock = resolved.resolver.pylock(
        resolved.settled.with_files(here),
        omit=resolved.routed,
        meanwhile=lambda: request.pages.measure_ahead(unsized(hashed.published)),
    )
    answered = _packages(pylock)
    urls = {name: url for name, (_, url) in resolved.origins.items()}
    from_source = locked_sources(answered, request.spec, urls)
    built = {one.name for one in from_source}
    answer = Answer(
        packages=tuple(one for one in answered if one["name"] not in built),
        origins=resolved.origins,
        local=question.located.local,
        published=hashed.published,
        learned=hashed.learned,
        tags=question.tags,
        unindexed=frozenset(resolved.routed if question.sources.trio.flat else ()),
    )
    return complete(answer, request.pages), from_source


def _checked(
    request: LockRequest,
    question: _Question,
    resolved: _Resolved,
    packages: tuple[LockedPackage, ...],
) -> tuple[LockedPackage, ...]:
    """Return the packages as they are recorded, once nothing speaks against them.

    Raises:
        VerificationError: The trio is not the planned one (``TE409``), or a file is not everywhere,
            and not now and before, the same (``TE439``, ``TE441``, ``TE445``).
    """
    _check_trio(request.plan, packages)
    places = public_places(request.spec.sources)
    if places is not None:
        packages = record_public(packages, places, request.client.straight())
    refuse_twins(packages, resolved.settled.routed, question.sources, request.pages)
    refuse_changed_hashes(request.previous, packages, request.upgrade)
    return packages


def _notes(
    request: LockRequest, question: _Question, resolved: _Resolved, hashed: _Hashed
) -> tuple[Finding, ...]:
    """Return what the user should know about a lock that was made."""
    return (
        *_not_followed(request.pip),
        *question.located.findings,
        *learned_here(hashed.learned.values(), hashed.known, question.sources.trio.public),
        *question.listener.notes(resolved.origins),
        *order_notes(resolved.resolver, resolved.settled, resolved.origins, request.compared),
    )


def _placed(finding: Finding, spec: Spec) -> Finding:
    """Return a finding with the place of the dependency that it names, if it is one."""
    for one in spec.dependencies:
        if finding.code == "TE403" and f"`{one.name}`" in finding.message:
            return replace(finding, where=spec.where_dependency(one, f"dependencies.{one.name}"))
    return finding


def _settled(
    resolver: Resolver, wanted: Request, spec: Spec, meanwhile: Callable[[frozenset[str]], None]
) -> tuple[Resolver, tuple[Request, Origins]]:
    """Resolve with wheels alone, and with source distributions where they may and must be built.

    ``meanwhile`` is called while the engine works, as by :func:`settle`.

    Raises:
        WorldError: As :func:`settle`.
    """
    try:
        return resolver, settle(resolver, wanted, meanwhile)
    except WorldError as exc:
        failure = exc
    # The engine builds what it may build in any case, so a package with wheels is not offered.
    allowed = frozenset(spec.sources.allow_sdist)
    wheelless = frozenset(name for name in allowed if not _has_wheels(resolver, spec, name))
    for names in dict.fromkeys((wheelless, allowed)):
        building = replace(resolver, may_build=resolver.may_build | names)
        if names:
            with suppress(WorldError):
                return building, settle(building, wanted)
    raise failure


def _has_wheels(resolver: Resolver, spec: Spec, name: str) -> bool:
    """Whether a package alone, as the spec asks for it, can come as a wheel."""
    asked = next((str(one) for one in spec.dependencies if one.name == name), name)
    try:
        resolver.origins(Request(trio=(), others=(asked,)))
    except WorldError:
        return False
    return True


def _tangle(request: LockRequest, resolver: Resolver, wanted: Request) -> Tangle:
    """Return a request without a solution, with other releases of torch to try in its place."""

    def works_with(planned: Plan) -> bool:
        sources = lock_sources(request.spec, planned, request.pip, request.client.signed)
        sources = sources.without_folders()
        trio = LocatedTrio(requirements=tuple(f"{one.name}=={one.version}" for one in planned.trio))
        asking = _wanted(replace(request, plan=planned), sources, trio)
        try:
            replace(resolver, sources=sources).origins(asking)
        except WorldError:
            return False
        return True

    return Tangle(
        spec=request.spec,
        plan=request.plan,
        resolver=resolver,
        request=wanted,
        others=other_plans(request.spec, request.plan, request.compat, request.host),
        works_with=works_with,
    )


def tags_of(request: LockRequest) -> tuple[Tag, ...]:
    """Return what the target accepts, best first."""
    return target_tags(request.plan.target, _floors(request))


def _floors(request: LockRequest) -> Floors:
    plan = request.plan
    return target_floors(plan.target, request.spec.sole, trio=plan.glibc, host=request.host)


def _not_followed(pip: PipConfig) -> tuple[Finding, ...]:
    """Say which of pip's settings torchenv cannot follow."""
    if not pip.no_binary:
        return ()
    return (
        Finding(
            code="TE414",
            severity=Severity.NOTE,
            message=f"pip's `no-binary` ({', '.join(sorted(pip.no_binary))}) is not followed.",
            why="torchenv installs wheels only: a source archive runs code of its own when built, "
            "and what comes out has no hash that a lock could name.",
            do="Build a wheel of it and publish that, if the published one does not serve you.",
        ),
    )


def _resolver(request: LockRequest, listener: YankListener, sources: LockSources) -> Resolver:
    try:
        target = engine_target(
            request.plan.target, _floors(request), request.store.root / "interpreters"
        )
    except OSError as exc:
        raise WorldError(disk_failure(request.store.root, exc)) from exc
    return Resolver(
        engine=request.engine,
        sources=sources,
        target_arguments=target.arguments,
        environ={**request.network_environ, **target.environ},
        constraint_texts=fetch_constraints(sources, request.client),
        is_companion=request.compat.is_companion,
        on_detail=listener,
        may_build=frozenset(one.name for one in request.spec.dependencies if one.origin),
        preferences=request.preferences,
        refresh=() if request.client.settings.offline else request.upgrade.refresh,
        newest=request.newest,
    )


def _wanted(request: LockRequest, sources: LockSources, located: LocatedTrio) -> Request:
    """Return the first request: the trio routed to its index, unless it is the default or files."""
    spec, plan = request.spec, request.plan
    commits = kept_commits(request.previous, spec, request.upgrade)
    others = [one.requirement(commits.get(one.name)) for one in spec.dependencies]
    if spec.seed and not any(one.name == "pip" for one in spec.dependencies):
        # A venv without pip runs another Python's pip; so pip is a package like any other.
        others.append("pip")
    elsewhere = not sources.no_index and sources.trio not in sources.general
    routed = elsewhere and not located.local
    return Request(
        trio=located.requirements,
        others=tuple(sorted(others)),
        routed=frozenset(build.name for build in plan.trio) if routed else frozenset(),
        constraints=tuple(constraint.requirement for constraint in plan.constraints),
        files=tuple(WheelFile.at(one.path, one.sha256) for one in located.local),
        ageless=frozenset(build.name for build in plan.trio),
    )


def _packages(pylock: str) -> tuple[Mapping[str, Any], ...]:
    packages = toml.loads(pylock).get("packages", ())
    return tuple(packages)


def _check_trio(plan: Plan, packages: tuple[LockedPackage, ...]) -> None:
    """Compare what was resolved with what was planned.

    Raises:
        VerificationError: ``TE409`` for each trio member that is another version or build.
    """
    resolved = {package.name: package.version for package in packages}
    wrong = [build for build in plan.trio if resolved.get(build.name) != build.version]
    if wrong:
        raise VerificationError(
            Finding(
                code="TE409",
                message=f"The engine chose `{build.name} {resolved.get(build.name)}` "
                f"where `{build.version}` is planned.",
                why="The lock must hold exactly the planned build.",
                do="Run `torchenv lock --verbose` and report this.",
            )
            for build in wrong
        )


def _lock(
    request: LockRequest, packages: tuple[LockedPackage, ...], from_source: tuple[LockedSource, ...]
) -> Lock:
    plan = request.plan
    return Lock(
        file=request.spec.lock_file,
        digest="",
        spec_digest=spec_digest(request.spec),
        target=plan.target,
        requires_python=f"=={plan.target.python.removesuffix('t')}.*",
        trio=plan.trio,
        constraints=plan.constraints,
        packages=packages,
        compat_version=request.compat.version,
        inputs=tuple(spec_inputs(request.spec).items()),
        sources=from_source,
    )
