"""``torchenv doctor``: look at the machine and an environment, and say what will go wrong."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner import paths
from provisioner.api._setting import store_root_of
from provisioner.api.host import host_facts
from provisioner.api.spec import load_spec
from provisioner.compat import load_compat
from provisioner.doctor import (
    Facts,
    Observation,
    collect_disks,
    collect_environment,
    collect_pip_cache,
    collect_settings,
    collect_shadows,
    collect_store,
    collect_toolkits,
    collect_tools,
    collect_user_site,
    collect_uv_cache,
    judge,
)
from provisioner.findings import TorchenvError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provisioner.doctor import CacheFacts, EnvironmentFacts, SettingsFacts
    from provisioner.events import Reporter

_IMPORT_LIMIT_S: Final = 300.0
_VERSION_LIMIT_S: Final = 10.0
_IMPORT: Final = (
    "import torch; torch.ones(2, 2) @ torch.ones(2, 2); import importlib.util as u\n"
    + "\n".join(
        f"if u.find_spec({name!r}): import {name}" for name in ("torchvision", "torchaudio")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What doctor saw and what it says of it."""

    facts: Facts
    observations: tuple[Observation, ...]
    """Errors first."""


def check(env: Path | None = None, *, deep: bool = False, run: bool = False) -> Checkup:
    """Look at this machine and at an environment.

    Args:
        env: Folder of the environment; by default the active one, else ``.venv`` here, if any.
        deep: Whether to hash every installed file.
        run: Whether to start the environment's Python and import torch.
    """
    environ = os.environ
    place = env or default_environment(environ)
    environment = None if place is None else _with_own(collect_environment(place, deep=deep), place)
    settings = collect_settings(environ)
    store = _store_here()
    facts = Facts(
        host=host_facts(),
        environment=environment,
        settings=settings,
        shadows=collect_shadows(
            Path.cwd(), environ, environment.site_packages if environment else ()
        ),
        disks=collect_disks(
            {
                "where temporary files go": Path(tempfile.gettempdir()),
                "in the store": store,
                "where the environment lies": place or Path.cwd(),
            }
        ),
        tools=collect_tools(environ, environment, _uv_version),
        store=collect_store(store, deep=deep),
        caches=tuple(_caches(environ, settings, place or Path.cwd(), deep=deep)),
        user_site=collect_user_site(environ, environment),
        toolkits=collect_toolkits(environ),
    )
    if run and place is not None:
        facts = replace(facts, did_import=True, import_error=_import_error(place, environ))
    return Checkup(facts=facts, observations=judge(facts, load_compat()))


def _store_here() -> Path:
    """Return the store of the spec in this folder; the user's where no spec can be read."""
    path = Path("torchenv.toml")
    with suppress(TorchenvError):
        return store_root_of(load_spec(path) if path.is_file() else None)
    return store_root_of(None)


def default_environment(environ: Mapping[str, str]) -> Path | None:
    """Return the active environment, else ``.venv`` in the working folder, else None."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(name):
            return Path(environ[name])
    here = Path(".venv")
    return here if here.exists() or here.is_symlink() else None


def _caches(
    environ: Mapping[str, str], settings: SettingsFacts, place: Path, *, deep: bool
) -> Iterator[CacheFacts]:
    found = (
        collect_pip_cache(paths.pip_cache(settings.cache_dir), deep=deep),
        collect_uv_cache(paths.uv_cache(environ), place, deep=deep),
    )
    yield from (one for one in found if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """What can be done at once, and harms nothing."""

    remove: tuple[str, ...] = ()
    """Left-overs of a pip that was stopped: folders in ``site-packages`` that begin with ``~``."""
    apply: Path | None = None
    """Spec of an environment of torchenv's that is not what its lock says."""


def fixes(found: Checkup) -> Fixes:
    """Return what :func:`fix` would do; changes nothing."""
    environment = found.facts.environment
    left = (Path(name) for one in found.observations for name in one.remove)
    spec = None
    if environment is not None and any(one.repair for one in found.observations):
        spec = _spec_of(Path(environment.path).absolute())
    return Fixes(
        remove=tuple(
            str(path)
            for path in left
            if path.name.startswith("~") and path.parent.name == "site-packages"
        ),
        apply=spec,
    )


def _spec_of(place: Path) -> Path | None:
    """Return the spec that makes an environment, where it lies beside it or in this folder."""
    for folder in dict.fromkeys((place.parent, Path.cwd())):
        path = folder / "torchenv.toml"
        with suppress(TorchenvError):
            if path.is_file() and load_spec(path).path == place:
                return path
    return None


def fix(wanted: Fixes, reporter: Reporter | None = None) -> tuple[str, ...]:
    """Remove left-overs, then apply the spec with its lock as it is; return what was done.

    Raises:
        PlanError: The spec's combination cannot be.
        WorldError: Network, disk or interpreter said no.
        VerificationError: The lock is missing or stale, or a wheel is not what it should be.
    """
    done = _removed(wanted.remove)
    if wanted.apply is not None:
        from provisioner.api.apply import apply

        apply(load_spec(wanted.apply), locked=True, repair=True, reporter=reporter)
        done.append(paths.display(wanted.apply))
    return tuple(done)


def _removed(names: Iterable[str]) -> list[str]:
    removed = []
    for name in names:
        path = Path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        if not path.exists():
            removed.append(name)
    return removed


def _with_own(found: EnvironmentFacts, place: Path) -> EnvironmentFacts:
    """Add what torchenv knows of an environment that it made."""
    from provisioner.environment import Ours, inspect_environment

    found = _with_unfinished(found, place.absolute())
    own = inspect_environment(place.absolute())
    if not isinstance(own, Ours):
        return found
    problem = None
    if own.state is None:
        problem = "Its generation is gone, incomplete, or its state cannot be read."
    return replace(found, generation=own.generation.folder.name, own_problem=problem)


def _with_unfinished(found: EnvironmentFacts, place: Path) -> EnvironmentFacts:
    """Add what torchenv began there and did not finish; what cannot be read is left out."""
    from provisioner.environment import unfinished_generations
    from provisioner.environment.inplace import open_journal

    with suppress(OSError):
        journal = open_journal(place)
        found = replace(found, journal=None if journal is None else str(journal))
    with suppress(OSError):
        found = replace(found, unfinished=tuple(map(str, unfinished_generations(place))))
    return found


def _uv_version(path: str) -> str | None:
    """Start a uv and return its version (``uv 0.5.1 (…)``), None where it does not say it."""
    from provisioner.process import ProcessFailedError, run

    try:
        words = run([path, "--version"], env=os.environ, timeout_s=_VERSION_LIMIT_S).stdout.split()
    except ProcessFailedError:
        return None
    return words[1] if words[:1] == ["uv"] and len(words) > 1 else None


def _import_error(place: Path, environ: Mapping[str, str]) -> str | None:
    """Start the environment's Python and return what the imports printed when they failed."""
    from provisioner.process import ProcessFailedError, run

    folder = "Scripts" if sys.platform == "win32" else "bin"
    python = place.absolute() / folder / "python"
    if not python.exists() and (place / "bin" / "python3").exists():
        python = place.absolute() / "bin" / "python3"
    try:
        run([python, "-c", _IMPORT], env=environ, timeout_s=_IMPORT_LIMIT_S)
    except ProcessFailedError as exc:
        return exc.completed.stderr or exc.reason
    return None
