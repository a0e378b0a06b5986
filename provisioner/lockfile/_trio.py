"""Finding the trio's wheels before the engine is asked: on its index, or in local sources.

PyTorch's index may be out of reach while pip is configured with a folder that holds the very wheel
(an air-gapped site, a CI image). Such a wheel is taken only if its full version, local part
included, is the planned build. The lock then names the public place of that build with the hash of
the file, and says that the index did not confirm it.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from provisioner.findings import Finding, Severity, WorldError
from provisioner.lockfile._tags import best_first
from provisioner.network import Page, parse_index_page
from provisioner.store import sha256_of
from provisioner.urls import local_path, mask, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.tags import Tag

    from provisioner.lockfile._pages import Pages
    from provisioner.lockfile._sources import LockSources
    from provisioner.network import IndexFile
    from provisioner.planner import ChosenBuild, Plan


_NOT_HERE: Final = "TE532"
_MIRROR: Final = "Or name a mirror with `pytorch` under `[sources]`."


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWheel:
    """A trio wheel that lies on this machine."""

    name: str
    path: Path
    public_url: str
    """Where PyTorch's index has the build of this name."""
    sha256: str
    size: int

    @property
    def project(self) -> str:
        """``torch``, ``torchvision`` or ``torchaudio``."""
        return str(parse_wheel_filename(self.name)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedTrio:
    """Where the trio was found."""

    requirements: tuple[str, ...]
    local: tuple[LocalWheel, ...] = ()
    """One for each trio member, or none at all."""
    findings: tuple[Finding, ...] = ()
    torch: IndexFile | None = None
    """The wheel of torch on the trio's own index, where that has it."""


def locate_trio(
    plan: Plan, sources: LockSources, tags: tuple[Tag, ...], pages: Pages
) -> LocatedTrio:
    """Find the planned builds on their index, else in local sources.

    The default index is not asked here: the engine does that, and says what is missing.

    Raises:
        WorldError: The index does not have a build, or cannot be reached and no local source has
            all of them.
    """
    on_index = LocatedTrio(requirements=tuple(f"{one.name}=={one.version}" for one in plan.trio))
    if plan.index_url is None or (sources.trio_is_default and not sources.no_index):
        return on_index
    paths = [_find_local(build, sources, tags) for build in plan.trio]
    local = [path for path in paths if path is not None]
    all_local = len(local) == len(paths)
    failure = None
    if not sources.no_index:
        try:
            # With a stand-in at hand there is no need to insist.
            with pages.hasty() if all_local else nullcontext(pages) as asking:
                torch = _found_on_index(plan, sources, tags, asking)
        except WorldError as exc:
            failure = exc
        else:
            return replace(on_index, torch=torch)
    if all_local:
        wheels = tuple(_local_wheel(path, sources) for path in local)
        findings = tuple(_unconfirmed(wheel, failure) for wheel in wheels)
        return replace(on_index, local=wheels, findings=findings)
    missing = [build for build, path in zip(plan.trio, paths, strict=True) if path is None]
    if failure is None:
        raise WorldError(_not_local(missing, sources))
    if _local_places(sources):
        raise WorldError([*failure.findings, _not_local(missing, sources)])
    raise WorldError(_with_mirror(one) for one in failure.findings)


def _found_on_index(
    plan: Plan, sources: LockSources, tags: tuple[Tag, ...], pages: Pages
) -> IndexFile | None:
    """Ask the trio's index for each build, and return its best wheel of torch.

    Raises:
        WorldError: ``TE403`` for each build that is not there, or the failure of the network.
    """
    findings = []
    listed = pages.of_each(sources.trio, (build.name for build in plan.trio))
    best = {}
    for build in plan.trio:
        files = {file.name: file for file in listed[build.name]}
        usable = _usable(build, list(files), tags)
        if usable:
            best[build.name] = files[usable[0]]
        else:
            findings.append(_not_on_index(build, list(files), sources, tags))
    if findings:
        raise WorldError(findings)
    return best.get("torch")


def _usable(build: ChosenBuild, names: list[str], tags: tuple[Tag, ...]) -> list[str]:
    """Return the wheels of exactly this build that the target can use, best first."""
    return best_first((name for name in names if _is_build(name, build)), tags)


def _is_build(name: str, build: ChosenBuild) -> bool:
    try:
        project, version, _, _ = parse_wheel_filename(name)
    except ValueError:
        return False
    return project == build.name and str(version) == build.version


def _find_local(build: ChosenBuild, sources: LockSources, tags: tuple[Tag, ...]) -> Path | None:
    """Return the wheel of this build in the first local source that has one."""
    for files in _local_listings(build.name, sources):
        names = _usable(build, sorted(files), tags)
        if names:
            return files[names[0]]
    return None


def _local_wheel(path: Path, sources: LockSources) -> LocalWheel:
    return LocalWheel(
        name=path.name,
        path=path,
        public_url=f"{sources.trio.folder}/{quote_name(path.name)}",
        sha256=sha256_of(path),
        size=path.stat().st_size,
    )


def _local_listings(project: str, sources: LockSources) -> Iterator[dict[str, Path]]:
    """Yield file name to path for each local source: find-links folders, then ``file:`` indexes."""
    for place in sources.find_links:
        folder = local_path(place)
        if folder is not None and folder.is_dir():
            yield {path.name: path for path in folder.glob("*.whl")}
    for index in sources.general:
        folder = local_path(index.url)
        page = folder / project / "index.html" if folder is not None else None
        if page is not None and page.is_file():
            links = parse_index_page(
                Page(url=page.as_uri(), content_type="text/html", body=page.read_bytes())
            )
            paths = {link.name: local_path(link.url) for link in links}
            yield {
                name: path for name, path in paths.items() if path is not None and path.is_file()
            }


def _unconfirmed(wheel: LocalWheel, failure: WorldError | None) -> Finding:
    reason = failure.findings[0].message if failure else "pip's configuration says `no-index`."
    return Finding(
        code="TE408",
        severity=Severity.NOTE,
        message=f"`{wheel.name}` was taken from a local source.",
        why=f"Its index did not confirm it: {reason} The name is that of the planned build, "
        "and the lock holds the hash of the file.",
        do="Nothing, if you trust that folder; `torchenv lock` asks the index again.",
    )


def _local_places(sources: LockSources) -> list[str]:
    """Return the places that may hold a stand-in, as they are shown."""
    places = [mask(place) for place in sources.find_links]
    return places + [one.public for one in sources.general if local_path(one.url) is not None]


def _with_mirror(finding: Finding) -> Finding:
    """Add that a mirror may help, unless the finding says so itself, or nobody was asked."""
    if "`pytorch`" in finding.do or finding.code == _NOT_HERE:
        return finding
    return replace(finding, do=f"{finding.do} {_MIRROR}")


def _not_local(missing: list[ChosenBuild], sources: LockSources) -> Finding:
    names = ", ".join(f"`{build.name} {build.version}`" for build in missing)
    looked = ", ".join(f"`{one}`" for one in _local_places(sources)) or "none are configured"
    return Finding(
        code="TE403",
        message=f"No local source has {names}.",
        why=f"A wheel of exactly that version could stand in for the index; looked in: {looked}.",
        do="Make the index reachable, name a mirror with `pytorch` under `[sources]`, or put the "
        "wheel into a folder that `find-links` names.",
    )


def _not_on_index(
    build: ChosenBuild, names: list[str], sources: LockSources, tags: tuple[Tag, ...]
) -> Finding:
    versions = {str(parse_wheel_filename(name)[1]) for name in best_first(names, tags)}
    usable = ", ".join(sorted(versions, key=Version)[-5:]) or "none"
    return Finding(
        code="TE403",
        message=f"`{build.name} {build.version}` is not on {sources.trio.public} for this target.",
        why=f"Its page lists {len(names)} files; the newest that fit the target: {usable}.",
        do="A mirror may be incomplete: name another with `pytorch` under `[sources]`.",
    )
