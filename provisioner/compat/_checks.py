"""Checks across the readable files: what no single row can be wrong about alone.

Each check yields one sentence per problem and names the place.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, product
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from provisioner.compat._types import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.compat._models import FilesModel, MemberModel


def iter_problems(files: FilesModel) -> Iterator[str]:
    """Yield everything that contradicts itself; nothing when the files are sound."""
    for check in (
        _sources,
        _torch_ranges,
        _order,
        _pairs,
        _members_are_used,
        _builds_stand_once,
        _pythons,
        _accelerators,
        _one_default_build,
        _wheels_of_each_build,
        _gpu_code_of_each_build,
        _gpus_have_one_architecture,
        _dependents_stand_once,
    ):
        yield from check(files)


def _gpus_have_one_architecture(files: FilesModel) -> Iterator[str]:
    seen: dict[str, str] = {}
    for row in files.gpu_names:
        for name in row.names:
            if name in seen:
                yield f"gpu_names.toml: `{name}` is of {seen[name]} and of {row.arch}"
            seen[name] = row.arch


def _dependents_stand_once(files: FilesModel) -> Iterator[str]:
    packages = [row.package for row in files.dependents]
    for name, count in Counter(packages).items():
        if count > 1:
            yield f"dependents.toml: `{name}` has {count} tables"
    for row in files.dependents:
        releases = Counter(chain.from_iterable(row.torch_of.values()))
        for release, count in releases.items():
            if count > 1:
                yield f"dependents.toml: `{row.package}` {release} stands {count} times"


def releases_in(torch: str, releases: Iterable[str]) -> tuple[str, ...]:
    """Return the releases that a version specifier admits, oldest first; blank admits all."""
    return tuple(sorted(SpecifierSet(torch).filter(releases), key=Version))


def _sources(files: FilesModel) -> Iterator[str]:
    used: set[str] = set()
    for place, row in files.rows():
        used.update(row.sources)
        for code in row.sources:
            if code not in files.sources:
                yield f"{place}: source `{code}` is not in sources.toml"
    for code in files.sources:
        if code not in used:
            yield f"sources.toml: nothing uses `{code}`"


def _torch_ranges(files: FilesModel) -> Iterator[str]:
    for place, row in files.rows():
        torch = getattr(row, "torch", "")
        if torch and not releases_in(torch, files.torch):
            yield f"{place}: `{torch}` admits no release of releases.toml"


def _order(files: FilesModel) -> Iterator[str]:
    newest_first = sorted(files.torch, key=Version, reverse=True)
    for name, table in (("releases.toml", files.torch), ("builds.toml", files.builds)):
        if list(table) != newest_first:
            yield f"{name}: the releases of torch do not stand newest first, one each"


def _tables(files: FilesModel) -> tuple[tuple[str, dict[str, MemberModel]], ...]:
    return (("torchvision", files.torchvision), ("torchaudio", files.torchaudio))


def _pairs(files: FilesModel) -> Iterator[str]:
    for torch, release in files.torch.items():
        for name, table in _tables(files):
            for version in getattr(release, name):
                place = f"releases.toml `{torch}`: {name} {version}"
                member = table.get(version)
                if member is None:
                    yield f"{place} has no table"
                elif member.yanked:
                    yield f"{place} was yanked"
                elif torch not in releases_in(member.torch, files.torch):
                    yield f"{place} asks for torch{member.torch}"


def _members_are_used(files: FilesModel) -> Iterator[str]:
    for name, table in _tables(files):
        used = {version for one in files.torch.values() for version in getattr(one, name)}
        for version, member in table.items():
            if version not in used and not member.yanked:
                yield f"releases.toml: {name} {version} goes with no torch"
            for torch in member.built_for:
                if torch not in files.torch:
                    yield f"releases.toml {name} `{version}`: built-for names torch {torch}"


def _builds_stand_once(files: FilesModel) -> Iterator[str]:
    for (torch, index, on, accelerator), times in Counter(_cells(files)).items():
        if times > 1:
            yield f"builds.toml `{torch}` {index}: {times} rows for {accelerator} on {on}"


def _pythons(files: FilesModel) -> Iterator[str]:
    for place, row in files.build_rows():
        if not row.python and not row.unsure:
            yield f"{place}: no Python at all"
        for python in sorted(set(row.python) & set(row.unsure)):
            yield f"{place}: {python} is both sure and unsure"


def _accelerators(files: FilesModel) -> Iterator[str]:
    built = {accelerator for _, _, _, accelerator in _cells(files)}
    for name in sorted(built ^ set(files.accelerators)):
        yield f"accelerators.toml and builds.toml do not agree on `{name}`"


def _one_default_build(files: FilesModel) -> Iterator[str]:
    for torch, release in files.builds.items():
        platforms = list(chain.from_iterable(row.on for row in release.default))
        several = any(len(row.accelerators) != 1 for row in release.default)
        if several or len(platforms) != len(set(platforms)):
            yield f"builds.toml `{torch}` default: one accelerator per platform"


def _wheels_of_each_build(files: FilesModel) -> Iterator[str]:
    general = [row for row in files.wheels if not row.members and not row.python]
    covers = [(row, set(releases_in(row.torch, files.torch))) for row in general]
    for torch, index, on, accelerator in _cells(files):
        if not any(
            torch in releases
            and index in row.index
            and on in row.on
            and (not row.accelerators or accelerator in row.accelerators)
            for row, releases in covers
        ):
            yield f"wheels.toml: no row for {accelerator} of torch {torch} on {on} ({index})"


def _gpu_code_of_each_build(files: FilesModel) -> Iterator[str]:
    """A row may say that the code is unknown; builds that may not exist need none."""
    covered = {
        (torch, row.on, row.accelerator)
        for row in files.cuda_codes
        for torch in releases_in(row.torch, files.torch)
    }
    for torch, on, accelerator in sorted(set(_known_cuda_cells(files)) - covered):
        yield f"gpus.toml: no row of GPU code for {accelerator} of torch {torch} on {on}"


def _known_cuda_cells(files: FilesModel) -> Iterator[tuple[str, str, str]]:
    for torch, release in files.builds.items():
        for row in (*release.pytorch, *release.default):
            if row.known != "unknown":
                for on, accelerator in product(row.on, row.accelerators):
                    if kind_of(accelerator) == "cuda":
                        yield torch, on, accelerator


def _cells(files: FilesModel) -> Iterator[tuple[str, str, str, str]]:
    """Yield (torch, index, platform, accelerator) of every build."""
    for torch, release in files.builds.items():
        for index, rows in (("pytorch", release.pytorch), ("default", release.default)):
            for row in rows:
                for on, accelerator in product(row.on, row.accelerators):
                    yield torch, index, on, accelerator
