"""Reading an environment from its files; nothing of it is started.

An environment is what its ``pyvenv.cfg`` or ``conda-meta`` says.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.doctor._dists import dist_infos, read_dist, read_text
from provisioner.doctor._facts import EnvironmentFacts, TorchFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.doctor._facts import EnvironmentKind

_VERSION_LINE: Final = re.compile(
    r"^(__version__|cuda|hip)\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE
)
_OPENMP: Final = re.compile(
    r"^(?:lib)?(?:iomp5|omp|omp5|gomp|omp140)[\w.-]*\.(?:so|dylib|dll)[.\d]*$"
)


def collect_environment(path: Path, *, deep: bool = False) -> EnvironmentFacts:
    """Read an environment.

    Args:
        path: Its folder, or a link to it.
        deep: Whether to hash every file that RECORD has a hash of.
    """
    if not path.is_dir():
        return EnvironmentFacts(path=str(path), kind="none", python=None)
    sites = tuple(_site_packages(path))
    config = _pyvenv(path)
    dists = [read_dist(folder, path, deep=deep) for site in sites for folder in dist_infos(site)]
    home = config.get("home")
    conda_packages = tuple(sorted(_conda_packages(path)))
    return EnvironmentFacts(
        path=str(path),
        kind=_kind(path, sites, config),
        python=_python(sites, config, dict(conda_packages)),
        site_packages=tuple(str(site) for site in sites),
        uses_system_packages=config.get("include-system-site-packages", "") == "true",
        base_is_missing=home is not None and not Path(home).is_dir(),
        dists=tuple(sorted(dists, key=lambda one: (one.name, one.version))),
        leftovers=tuple(sorted(str(one) for site in sites for one in site.glob("~*"))),
        conda_packages=conda_packages,
        openmp=tuple(sorted(_openmp(path, sites))),
        torch_file=_torch_file(sites),
    )


def _kind(path: Path, sites: tuple[Path, ...], config: dict[str, str]) -> EnvironmentKind:
    if config:
        return "venv"
    if (path / "conda-meta").is_dir():
        return "conda"
    return "python" if sites else "none"


def _site_packages(path: Path) -> Iterator[Path]:
    """Yield the folders of packages: one for each Python of the environment."""
    found = [*path.glob("lib/python3*/site-packages"), path / "Lib" / "site-packages"]
    seen = set()
    for one in found:
        if one.is_dir() and one.resolve() not in seen:
            seen.add(one.resolve())
            yield one


def _pyvenv(path: Path) -> dict[str, str]:
    try:
        text = (path / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _python(sites: tuple[Path, ...], config: dict[str, str], conda: dict[str, str]) -> str | None:
    said = config.get("version_info") or config.get("version") or conda.get("python")
    if said:
        return ".".join(said.split(".")[:2])
    for site in sites:
        if site.parent.name.startswith("python"):
            return site.parent.name.removeprefix("python")
    return None


def _conda_packages(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of what conda installed; records that cannot be read are left out."""
    for file in (path / "conda-meta").glob("*.json"):
        try:
            record = json.loads(read_text(file))
        except ValueError:
            record = None
        if isinstance(record, dict) and "name" in record:
            yield str(record["name"]), str(record.get("version", ""))


def _openmp(path: Path, sites: tuple[Path, ...]) -> Iterator[str]:
    """Yield OpenMP runtimes: conda's own, and those that wheels bring."""
    folders = [path / "lib", path / "Library" / "bin"]
    for site in sites:
        folders += [site / "torch" / "lib", site / "torch" / ".dylibs"]
        folders += [*site.glob("*.libs"), *site.glob("*/.dylibs"), site / "functorch" / ".dylibs"]
    for folder in dict.fromkeys(folders):
        for name in _names(folder):
            if _OPENMP.match(name):
                yield os.path.relpath(folder / name, path)


def _names(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()]
    except OSError:
        return []


def _torch_file(sites: tuple[Path, ...]) -> TorchFile | None:
    for site in sites:
        try:
            text = (site / "torch" / "version.py").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = dict(_VERSION_LINE.findall(text))
        return TorchFile(
            version=found.get("__version__"), cuda=found.get("cuda"), hip=found.get("hip")
        )
    return None
