"""Dependencies that are folders with a project: reading what a resolution takes from them.

A project's ``pyproject.toml`` says what it needs, so that file is as much an input of the lock as
the spec is. Only what is written there counts (PEP 621); what a build would compute is not known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from provisioner import toml
from provisioner.paths import display
from provisioner.spec._problems import Problem
from provisioner.spec._types import Project, SpecFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.spec._layout import KeyPath
    from provisioner.spec._types import Dependency, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Projects:
    """The projects of a spec, read."""

    dependencies: tuple[Dependency, ...]
    """All dependencies of the spec, in its order."""
    files: tuple[SpecFile, ...]
    """What was read."""
    problems: tuple[Problem, ...]


class _UnusableError(Exception):
    """A folder that cannot be a dependency."""

    def __init__(self, what: str, why: str, do: str) -> None:
        """Keep the parts of the finding."""
        super().__init__(what)
        self.what, self.why, self.do = what, why, do


def read_projects(spec: Spec) -> Projects:
    """Read every folder that the spec depends on."""
    dependencies, files, problems = [], [], []
    for one in spec.dependencies:
        if not isinstance(one.origin, Project):
            dependencies.append(one)
            continue
        path = ("dependencies", one.name, "path")
        if _leads_out(one.origin) and "outside" not in spec.sources.trust_lock:
            problems.append(_outside(path, one.origin))
            continue
        try:
            project, file = _read(one, one.origin)
        except _UnusableError as exc:
            problems.append(_unusable(path, one.origin, exc))
            continue
        dependencies.append(one._replace(origin=project))
        files += [file] if file is not None else []
    return Projects(dependencies=tuple(dependencies), files=tuple(files), problems=tuple(problems))


def project_name(folder: Path) -> str | None:
    """Return the name that a project gives itself, None where its ``pyproject.toml`` has none."""
    try:
        document = toml.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, toml.TOMLDecodeError):
        return None
    name = _table(document, "project").get("name")
    return name if isinstance(name, str) else None


def _read(dependency: Dependency, project: Project) -> tuple[Project, SpecFile | None]:
    """Return a project with what it asks for, and the file that says so.

    Raises:
        _UnusableError: It is no project, or another one.
    """
    folder = Path(project.folder)
    file = folder / "pyproject.toml"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        if (folder / "setup.py").is_file():
            return project, None
        raise _nothing_there(folder) from None
    except OSError as exc:
        raise _UnusableError(
            "whose `pyproject.toml` cannot be read",
            why=f"The system says: {exc.strerror or exc}.",
            do="Make it readable.",
        ) from exc
    try:
        document = toml.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, toml.TOMLDecodeError) as exc:
        raise _UnusableError(
            "whose `pyproject.toml` is not TOML", why=f"It says: {exc}.", do="Correct the file."
        ) from exc
    own = _table(document, "project").get("name")
    if isinstance(own, str) and canonicalize_name(own) != dependency.name:
        raise _UnusableError(
            f"and the project there is called `{own}`",
            why="A dependency stands under the name of its project.",
            do=f"Write `{own} = {{ path = … }}`, or correct the path.",
        )
    asks_for = tuple(sorted(_asks_for(document, dependency.extras)))
    read = SpecFile(path=file, sha256=hashlib.sha256(content).hexdigest())
    return project._replace(asks_for=asks_for), read


def _asks_for(document: Mapping[str, Any], extras: tuple[str, ...]) -> Iterator[str]:
    project = _table(document, "project")
    yield from _texts(project.get("dependencies"))
    if isinstance(python := project.get("requires-python"), str):
        yield f"python{python}"
    for extra, those in _table(project, "optional-dependencies").items():
        if canonicalize_name(extra) in extras:
            yield from (f"{one} (extra {extra})" for one in _texts(those))
    yield from (f"{one} (computed)" for one in _texts(project.get("dynamic")) if one != "version")


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _leads_out(project: Project) -> bool:
    return project.path.split("/", 1)[0] == ".." or Path(project.path).is_absolute()


def _nothing_there(folder: Path) -> _UnusableError:
    if folder.is_dir():
        what = "a folder without `pyproject.toml` and `setup.py`"
        why = "One of the two says how a project is built."
    else:
        what = "which is no folder"
        why = "Paths start from the folder of the file that they stand in."
    return _UnusableError(what, why=why, do="Correct the path, or remove the dependency.")


def _unusable(path: KeyPath, project: Project, exc: _UnusableError) -> Problem:
    return Problem(
        code="TE117",
        path=path,
        message=f"`{path[1]}` is to come from `{display(Path(project.folder))}`, {exc.what}.",
        why=exc.why,
        do=exc.do,
    )


def _outside(path: KeyPath, project: Project) -> Problem:
    return Problem(
        code="TE118",
        path=path,
        message=f"`{path[1]}` is to come from `{project.path}`, outside the spec's folder.",
        why="The lock names it by that path, and a path that leads out of the lock's folder can "
        "be anything on another machine.",
        do="Move the project into the folder. If it is meant so, allow it: `trust-lock = "
        '["outside"]` under `[sources]`.',
    )
