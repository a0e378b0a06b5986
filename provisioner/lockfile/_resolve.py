"""Resolving: asking the engine until every package comes from where it must.

The engine's answer is not taken on trust. It is asked for the index of each package (which its
pylock does not say) and for what wants it, and that is checked against the plan: the trio and its
companions come from the trio's index, and nothing else comes from PyTorch's.

The companions have to be in the request by name. Where torch's own metadata could be read, they are
from the start, and one question does if the answer shows that they are all. Else the engine is
asked first what the trio needs.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tomlkit
from packaging.requirements import Requirement

from provisioner.findings import Finding, Severity, VerificationError, WorldError
from provisioner.lockfile._engine_errors import explain_engine
from provisioner.lockfile._origins import Origins, Resolution, parse_resolution
from provisioner.lockfile._request import Request, write_request
from provisioner.process import ProcessFailedError
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from provisioner.engine import Engine
    from provisioner.lockfile._sources import LockSources

_ROUNDS: Final = 4
"""Companions of companions appear one level a round; torch's own trees are two levels deep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """The engine with everything that stays the same over the rounds of one resolution."""

    engine: Engine
    sources: LockSources
    target_arguments: tuple[str, ...]
    """``--python-version``, ``--python-platform`` and the interpreter to run with."""
    environ: Mapping[str, str]
    """Variables for the engine's connections: certificates, proxies, time limits."""
    is_companion: Callable[[str], bool]
    """Whether a name is one of those that travel with torch (``triton``, ``nvidia-…``)."""
    on_detail: Callable[[str], None]
    named: frozenset[str] | None = None
    """The companions that torch's metadata names; None where it could not be read."""
    may_build: frozenset[str] = frozenset()
    """Names of packages that may be built to read their metadata; of others only wheels count."""
    constraint_texts: tuple[str, ...] = ()
    """The constraint files that are no files of this machine."""
    preferences: tuple[tuple[str, str], ...] = ()
    """(name, version) to keep where the requirements admit it."""
    refresh: tuple[str, ...] = ()
    """The engine's arguments to ask again for pages that it still has (``--refresh``)."""
    newest: str | None = None
    """The instant after which nothing may have been uploaded (RFC 3339), None for no limit."""

    def resolve(
        self, request: Request, *arguments: str, meanwhile: Callable[[], None] | None = None
    ) -> Resolution:
        """Resolve, and return version and index of each package, and what wants it.

        ``meanwhile`` is called while the engine works.

        Raises:
            WorldError: The engine failed; the finding says why.
        """
        words = ("--emit-index-annotation", "--no-header", *arguments, *self.refresh)
        resolution = parse_resolution(self._compile(request, *words, meanwhile=meanwhile))
        origins = resolution.origins
        given = {name: (origins[name][0], None) for name in request.provided & origins.keys()}
        return replace(resolution, origins={**origins, **given})

    def origins(self, request: Request, *arguments: str) -> Origins:
        """Resolve, and return version and index of each package.

        Raises:
            WorldError: The engine failed; the finding says why.
        """
        return self.resolve(request, *arguments).origins

    def pylock(
        self,
        request: Request,
        omit: Collection[str],
        *,
        meanwhile: Callable[[], None] | None = None,
    ) -> str:
        """Resolve what was just resolved, and return the engine's pylock without ``omit``.

        The engine answers from its cache, which holds the very pages that its first answer came
        from: no page can have changed in between, and no request is made. ``meanwhile`` is called
        while it works.

        Raises:
            WorldError: The engine failed; the finding says why.
        """
        left_out = [word for name in sorted(omit) for word in ("--no-emit-package", name)]
        arguments = ("--format", "pylock.toml", "--no-header", *left_out)
        try:
            return self._compile(request, *arguments, "--offline", meanwhile=meanwhile)
        except WorldError:
            # Some servers forbid to cache their pages.
            return self._compile(request, *arguments)

    def _compile(
        self, request: Request, *arguments: str, meanwhile: Callable[[], None] | None = None
    ) -> str:
        with tempfile.TemporaryDirectory(prefix="torchenv-") as name:
            folder = Path(name)
            words = write_request(folder, request, self.sources, self.constraint_texts)
            words += self._excluding(request)
            words += _preferring(folder, self.preferences, pylock="pylock.toml" in arguments)
            try:
                done = self.engine.run(
                    [
                        "pip",
                        "compile",
                        *only_wheels(self.may_build),
                        *self.target_arguments,
                        *arguments,
                        *words,
                    ],
                    cwd=folder,
                    extra_environ={**self.environ, **self.sources.engine_environ},
                    on_stderr=lambda line: self.on_detail(mask(line)),
                    meanwhile=meanwhile,
                )
            except ProcessFailedError as exc:
                raise WorldError(
                    explain_engine(exc.completed, self.sources, request.routed)
                ) from exc
        return done.stdout

    def _excluding(self, request: Request) -> list[str]:
        """Return the engine's arguments to leave out what is too new."""
        if self.newest is None:
            return []
        free = sorted(request.ageless | request.provided)
        words = [word for name in free for word in ("--exclude-newer-package", f"{name}=false")]
        return ["--exclude-newer", self.newest, *words]


def only_wheels(but: Collection[str]) -> list[str]:
    """Return the engine's arguments to build nothing but these packages, and those always."""
    if not but:
        return ["--no-build"]
    built = (word for name in sorted(but) for word in ("--no-binary", name))
    return ["--only-binary", ":all:", *built]


def _preferring(
    folder: Path, preferences: tuple[tuple[str, str], ...], *, pylock: bool
) -> list[str]:
    """Return the engine's arguments to keep versions: it takes them from an earlier output.

    That has to be of the kind that it is to write.
    """
    if not preferences:
        return []
    if pylock:
        earlier = folder / "pylock.toml"
        packages = [{"name": name, "version": version} for name, version in preferences]
        head = {"lock-version": "1.0", "created-by": "torchenv"}
        text = tomlkit.dumps({**head, "packages": packages})
    else:
        earlier = folder / "earlier.txt"
        text = "".join(f"{name}=={version}\n" for name, version in preferences)
    earlier.write_text(text, encoding="utf-8")
    return ["--output-file", str(earlier)]


def settle(
    resolver: Resolver,
    request: Request,
    meanwhile: Callable[[frozenset[str]], None] | None = None,
) -> tuple[Request, Origins]:
    """Resolve until the trio and all its companions come from the trio's index.

    Returns the request that achieves it, and where each package then comes from.

    Args:
        resolver: The engine and what stays the same.
        request: What is wanted.
        meanwhile: Called while the engine works, with the names that come from the trio's index.

    Raises:
        WorldError: The engine failed.
        VerificationError: ``TE406``, a package comes from an index that it must not come from.
    """
    meanwhile = meanwhile or _nothing
    if not request.routed and resolver.newest is not None:
        closure = _trio_closure(resolver, request)
        companions = {name for name in closure if resolver.is_companion(name)}
        request = replace(request, ageless=request.ageless | companions)
    if not request.routed:
        resolution = resolver.resolve(request, meanwhile=lambda: meanwhile(frozenset()))
        _refuse_surprises(resolver, request, resolution)
        return request, resolution.origins
    found = _at_once(resolver, request, meanwhile)
    settled, resolution = found or _in_rounds(resolver, request, meanwhile)
    _refuse_surprises(resolver, settled, resolution)
    return settled, resolution.origins


def _nothing(_: frozenset[str]) -> None:
    """Leave the time that the engine takes unused."""


def _at_once(
    resolver: Resolver, request: Request, meanwhile: Callable[[frozenset[str]], None]
) -> tuple[Request, Resolution] | None:
    """Resolve with the companions that are named; None where they are not the right ones."""
    if resolver.named is None:
        return None
    settled = request.routing(resolver.named)
    try:
        resolution = resolver.resolve(settled, meanwhile=lambda: meanwhile(settled.routed))
    except WorldError:
        # Which of the two is at fault, request or names, shows when it is done in rounds.
        return None
    needed = {name for name in resolution.needed_by(request.routed) if resolver.is_companion(name)}
    here = (settled.routed - request.routed) & resolution.origins.keys()
    return (settled, resolution) if here == needed else None


def _in_rounds(
    resolver: Resolver, request: Request, meanwhile: Callable[[frozenset[str]], None]
) -> tuple[Request, Resolution]:
    """Resolve with the companions that the trio has by itself, then with those that come late."""
    closure = _trio_closure(resolver, request)
    settled = request.routing(name for name in closure if resolver.is_companion(name))
    resolution = resolver.resolve(settled, meanwhile=lambda: meanwhile(settled.routed))
    for _ in range(_ROUNDS):
        origins = resolution.origins
        late = {name for name in origins if name in closure and resolver.is_companion(name)}
        if late <= settled.routed:
            break
        settled = settled.routing(late)
        resolution = resolver.resolve(settled)
    return settled, resolution


def refuse_local(resolver: Resolver, request: Request) -> None:
    """Say so where a request fails just because a package lies in a folder of this machine only.

    Raises:
        WorldError: ``TE430``, with the folders of ``resolver`` the request can be satisfied.
    """
    if resolver.sources.without_folders() == resolver.sources:
        return
    try:
        origins = resolver.origins(request)
    except WorldError:
        return
    local = [name for name, (_, url) in origins.items() if resolver.sources.is_folder(url)]
    if local:
        raise WorldError(only_here(sorted(local)))


def only_here(names: Sequence[str]) -> Finding:
    """Return the finding for packages that only this machine has."""
    listed = ", ".join(f"`{name}`" for name in names)
    return Finding(
        code="TE430",
        message=f"Outside this machine there is no wheel for this target of {listed}.",
        why="Found in a local folder only (`find-links`, a `file:` index), and a lock never names "
        "a path of one machine.",
        do="Lock where an index has it (without `no-index`), or publish it on one that everybody "
        "who uses the lock can reach.",
    )


def order_notes(
    resolver: Resolver, request: Request, origins: Origins, known: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Say which packages pip would have taken from a later index, where there are several.

    pip takes the best version over all indexes, torchenv the first index that has the name. What is
    ``known`` already is left out; nothing is asked where that is everything.
    """
    known = known | request.routed
    if len(resolver.sources.general) < 2 or origins.keys() <= known:  # noqa: PLR2004 - one has no order
        return ()
    try:
        best = resolver.origins(request, "--index-strategy", "unsafe-best-match")
    except WorldError:
        # The comparison is a courtesy; what was resolved without it stands.
        return ()
    others = {name: place for name, place in best.items() if origins.get(name, place) != place}
    return tuple(
        Finding(
            code="TE407",
            severity=Severity.NOTE,
            message=f"`{name}` {origins[name][0]} is from {origins[name][1]}, "
            "the first index that has it.",
            why=f"A later index, {url}, has {version}, which pip would have taken.",
            do="Nothing, if that is meant; else change the order of the indexes.",
        )
        for name, (version, url) in sorted(others.items())
        if name not in known
    )


def _trio_closure(resolver: Resolver, request: Request) -> frozenset[str]:
    """Return the names of everything that the trio needs, its index asked first.

    Asked first because some companions stand on no other index (``pytorch-triton-rocm``); the other
    indexes too, since its copies of general packages may be older than a constraint allows.
    """
    sources = resolver.sources
    if request.routed and sources.trio.flat:
        sources = replace(sources, find_links=(sources.trio.page_of(""), *sources.find_links))
    elif request.routed:
        sources = replace(sources, general=(sources.trio, *sources.general))
    trio = Request(trio=request.trio, constraints=request.constraints, files=request.files)
    arguments = ("--index-strategy", "unsafe-first-match")
    asking = replace(resolver, sources=sources, newest=None)
    return frozenset(asking.origins(trio, *arguments))


def _refuse_surprises(resolver: Resolver, request: Request, resolution: Resolution) -> None:
    """Check every origin.

    Raises:
        VerificationError: ``TE406`` for each package that comes from a wrong index.
    """
    trio = resolver.sources.trio
    # What only a folder of this machine has is refused as that, when the wheels are looked at.
    origins = {
        name: place
        for name, place in resolution.origins.items()
        if not resolver.sources.is_folder(place[1])
    }
    names = {Requirement(line).name for line in request.trio}
    wrong = {
        name
        for name, (_, url) in origins.items()
        if url is not None and resolver.sources.index_at(url) != trio
    }
    bound = names | request.routed
    # A dependency of the user's may be called like a companion (`nvidia-ml-py`).
    bound |= {name for name in wrong & resolution.needed_by(names) if resolver.is_companion(name)}
    rule = f"it belongs to the trio, which comes from {trio.public} only"
    findings = [_surprise(name, origins[name][1], rule) for name in sorted(wrong & bound)]
    if trio not in resolver.sources.general:
        rule = "only the trio and its companions come from PyTorch's index"
        strays = sorted(origins.keys() - wrong - bound)
        findings += [
            _surprise(name, url, rule) for name in strays if (url := origins[name][1]) is not None
        ]
    if findings:
        raise VerificationError(findings)


def _surprise(name: str, url: str | None, rule: str) -> Finding:
    return Finding(
        code="TE406",
        message=f"`{name}` would come from {url}.",
        why=f"That is not allowed: {rule}. A package of the same name elsewhere may be another "
        "build, or a trap.",
        do="Remove that index, or make the package available where it belongs.",
    )
