"""What an environment, a requirements file, a project or a conda file says, as a wish for a spec.

Every reader returns the same value, with notes on what it left out and why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from provisioner import toml
from provisioner.doctor import collect_environment
from provisioner.findings import Finding, SpecError
from provisioner.paths import display
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from provisioner.doctor import EnvironmentFacts

TRIO: Final = ("torch", "torchvision", "torchaudio")
_ACCELERATOR: Final = re.compile(r"^(?:cpu|cu\d{2,3}|rocm\d[\d.]*|xpu)$")
_INDEX_PATH: Final = re.compile(r"/(?P<name>cpu|cu\d{2,3}|rocm\d[\d.]*|xpu)/?$")
_OPTION: Final = re.compile(r"^(?:(?P<short>-[rcife])|(?P<long>--[a-z-]+))(?:[ =]+(?P<value>.*))?$")
_HASH: Final = re.compile(r"\s--hash[= ]\S+")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*$")
_INSTALLERS: Final = frozenset({"pip", "setuptools", "wheel", "uv"})
# In an environment of conda, but nothing that an index has as a Python package.
_NO_PYTHON_PACKAGES: Final = frozenset(
    {
        "blas", "cpuonly", "cudatoolkit", "cuda", "cuda-toolkit", "cudnn", "ffmpeg", "gcc", "gxx",
        "intel-openmp", "libgcc", "llvm-openmp", "mkl", "nccl", "nodejs", "openblas", "openssl",
        "pytorch-cuda", "pytorch-mutex", "git", "cmake", "make", "ninja", "cxx-compiler",
    }
)  # fmt: skip
_LEVELS: Final = 8
"""How deep requirements files may include one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What is wanted, as far as the source says it."""

    python: str | None = None
    """Minor version."""
    python_range: str = ""
    """Specifier, where only a range is said."""
    accelerator: str | None = None
    trio: tuple[tuple[str, str], ...] = ()
    """Names and specifiers; an empty specifier means any version."""
    dependencies: tuple[tuple[str, str], ...] = ()
    index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def noting(self, *notes: str) -> Adopted:
        """Return the same with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def unreadable(path: Path, why: str) -> SpecError:
    """Return the error for a source that cannot be understood (``TE130``)."""
    return SpecError(
        Finding(
            code="TE130",
            message=f"`{display(path)}` cannot be read.",
            why=why,
            do="Give another file, or write a spec with `torchenv init`.",
        )
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise unreadable(path, f"The system says: {exc.strerror or exc}.") from exc
    except UnicodeDecodeError as exc:
        raise unreadable(path, "It is no UTF-8 text.") from exc


# -- requirements, however they are written down


def adopt_requirements(lines: Iterable[str]) -> Adopted:
    """Return what PEP 508 requirements ask for; those that no spec can hold become notes."""
    found = Adopted()
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            found = found.noting(f"left out, since it is no requirement: {mask(line)}")
            continue
        found = _with_requirement(found, requirement)
    return found


def _with_requirement(found: Adopted, requirement: Requirement) -> Adopted:
    name = canonicalize_name(requirement.name)
    if requirement.url is not None:
        return found.noting(f"left out, since it comes from an address of its own: {name}")
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return found.noting(f"left out, since its marker does not hold here: {name}")
    specifier, accelerator = _without_local(str(requirement.specifier))
    if name in TRIO:
        trio = (*(one for one in found.trio if one[0] != name), (name, specifier))
        return replace(found, trio=trio, accelerator=accelerator or found.accelerator)
    if name in _INSTALLERS:
        return found.noting(f"left out, since the environment has its own: {name}")
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    others = tuple(one for one in found.dependencies if one[0] != name)
    if extras:
        found = found.noting(f"extras are not taken over: {name}{extras}")
    return replace(found, dependencies=(*others, (name, specifier)))


def _without_local(specifier: str) -> tuple[str, str | None]:
    """Return a specifier without local parts, and the accelerator that one of them named."""
    accelerator = None
    parts = []
    for part in filter(None, specifier.split(",")):
        public, _, local = part.partition("+")
        if _ACCELERATOR.match(local):
            accelerator = local
        parts.append(public)
    return ",".join(sorted(parts)), accelerator


def from_requirements(path: Path) -> Adopted:
    """Read a requirements file and those that it includes; its indexes are honoured.

    Raises:
        SpecError: ``TE130``, one of the files cannot be read.
    """
    lines: list[str] = []
    found = Adopted()
    for line in _logical_lines(path, _LEVELS):
        option = _OPTION.match(line)
        if option is None:
            lines.append(_HASH.sub("", line).strip())
        else:
            found = _with_option(
                found, option["short"] or option["long"], option["value"] or "", path
            )
    asked = adopt_requirements(lines)
    return replace(
        asked,
        accelerator=asked.accelerator or found.accelerator,
        index=found.index,
        extra_indexes=found.extra_indexes,
        find_links=found.find_links,
        notes=(*found.notes, *asked.notes),
    )


def _logical_lines(path: Path, levels: int) -> Iterator[str]:
    if not levels:
        raise unreadable(path, "Requirements files include one another too deep.")
    joined = re.sub(r"\\\r?\n\s*", " ", _text(path))
    for raw in joined.splitlines():
        line = _COMMENT.sub("", raw).strip()
        included = re.match(r"^(?:-r|--requirement)[ =]+(\S+)$", line)
        if included is not None:
            yield from _logical_lines(path.parent / included[1], levels - 1)
        elif line:
            yield line


def _with_option(found: Adopted, option: str, value: str, path: Path) -> Adopted:
    value = value.strip().strip("'\"")
    match option:
        case "-i" | "--index-url" | "--extra-index-url":
            return with_index(found, value, extra=option == "--extra-index-url")
        case "-f" | "--find-links":
            accelerator = re.search(r"/(cpu|cu\d{2,3}|rocm[\d.]+)(?:/|\.html|$)", value)
            if "://" in value and "pytorch" in value:
                taken = accelerator[1] if accelerator else found.accelerator
                return replace(found, accelerator=taken)
            return replace(found, find_links=(*found.find_links, value))
        case "-c" | "--constraint":
            return found.noting(f"constraints are not taken over: {value}")
        case "-e" | "--editable":
            return found.noting(f"left out, since it is a project of its own: {mask(value)}")
        case _:
            return found.noting(f"an option of {display(path)} is not taken over: {option}")


def with_index(found: Adopted, url: str, *, extra: bool) -> Adopted:
    """Take an index over: PyTorch's as the accelerator, others as sources."""
    accelerator = _INDEX_PATH.search(url)
    if accelerator is not None:
        return replace(found, accelerator=accelerator["name"])
    if "://" in url and url.split("://", 1)[1].startswith("download.pytorch.org"):
        return found.noting(f"not taken over, since it names no accelerator: {mask(url)}")
    if extra:
        return replace(found, extra_indexes=(*found.extra_indexes, url))
    return replace(found, index=url)


# -- environments


def from_environment(path: Path) -> Adopted:
    """Read an environment from its files: what nothing else requires is what somebody wanted.

    Raises:
        SpecError: ``TE130``, it is no environment.
    """
    facts = collect_environment(path)
    if facts.kind == "none":
        raise unreadable(path, "It is no Python environment.")
    torch = facts.first("torch")
    trio = tuple(
        (name, f"=={one.public}") for name in TRIO if (one := facts.first(name)) is not None
    )
    wanted = [one for one in facts.dists if one.name not in _required_names(facts)]
    return Adopted(
        python=facts.python,
        accelerator=_accelerator(facts),
        trio=trio,
        dependencies=tuple(
            (one.name, f"=={one.public}")
            for one in wanted
            if one.name not in TRIO and one.name not in _INSTALLERS
        ),
        notes=() if torch is not None else ("the environment has no torch",),
    )


def _required_names(facts: EnvironmentFacts) -> set[str]:
    """Return the names of what some package requires, and of what travels with torch."""
    lines = (line for dist in facts.dists for line in dist.requires)
    found = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in lines)
    names = {canonicalize_name(one[0]) for one in found if one is not None}
    return names | {one.name for one in facts.dists if one.name.startswith(("nvidia-", "triton"))}


def _accelerator(facts: EnvironmentFacts) -> str | None:
    """Return what the installed torch was built for: its local part, else its own words."""
    torch, file = facts.first("torch"), facts.torch_file
    if torch is not None and torch.local and _ACCELERATOR.match(torch.local):
        return torch.local
    if file is None:
        return None
    if file.cuda is not None:
        return "cu" + file.cuda.replace(".", "")
    return "rocm" + ".".join(file.hip.split(".")[:2]) if file.hip else "cpu"


# -- projects


def from_pyproject(path: Path) -> Adopted:
    """Read a project's dependencies and the indexes that uv or poetry has for it.

    Raises:
        SpecError: ``TE130``, the file cannot be read or has no dependencies.
    """
    try:
        data = toml.loads(_text(path))
    except toml.TOMLDecodeError as exc:
        raise unreadable(path, f"It is no valid TOML: {exc}.") from exc
    project = data.get("project", {})
    poetry = data.get("tool", {}).get("poetry", {})
    lines = [*map(str, project.get("dependencies", ())), *_poetry_lines(poetry)]
    if not project and not poetry:
        raise unreadable(path, "It has neither `[project]` nor `[tool.poetry]`.")
    wanted = str(project.get("requires-python") or _poetry_python(poetry))
    found = replace(adopt_requirements(lines), python_range=_range(wanted))
    for url in _project_indexes(data):
        found = with_index(found, url, extra=True)
    return found


def _poetry_lines(poetry: Mapping[str, Any]) -> Iterator[str]:
    for name, value in poetry.get("dependencies", {}).items():
        version = value.get("version", "") if isinstance(value, dict) else value
        if name != "python" and isinstance(version, str):
            yield f"{name}{_poetry_specifier(version)}"


def _poetry_python(poetry: Mapping[str, Any]) -> str:
    said = poetry.get("dependencies", {}).get("python", "")
    return _poetry_specifier(said) if isinstance(said, str) else ""


def _poetry_specifier(version: str) -> str:
    """Return poetry's ``^1.2`` and ``~1.2`` as PEP 440 says it."""
    text = version.strip()
    if text in ("", "*"):
        return ""
    caret = re.fullmatch(r"\^(\d+)((?:\.\d+)*)", text)
    if caret is not None:
        return f">={caret[1]}{caret[2]},<{int(caret[1]) + 1}"
    tilde = re.fullmatch(r"~(\d+)\.(\d+)((?:\.\d+)*)", text)
    if tilde is not None:
        return f">={tilde[1]}.{tilde[2]}{tilde[3]},<{tilde[1]}.{int(tilde[2]) + 1}"
    return f"=={text}" if text[0].isdigit() else text


def _range(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        return ""


def _project_indexes(data: Mapping[str, Any]) -> Iterator[str]:
    tool = data.get("tool", {})
    tables = [*tool.get("uv", {}).get("index", ()), *tool.get("poetry", {}).get("source", ())]
    yield from (str(one["url"]) for one in tables if isinstance(one, dict) and "url" in one)


# -- conda


def from_conda(path: Path) -> Adopted:
    """Read an ``environment.yml``; conda's names are put into those of the package index.

    Raises:
        SpecError: ``TE130``, it cannot be read.
    """
    import yaml

    try:
        data = yaml.safe_load(_text(path))
    except yaml.YAMLError as exc:
        raise unreadable(path, f"It is no valid YAML: {str(exc).splitlines()[0]}.") from exc
    if not isinstance(data, dict) or not isinstance(data.get("dependencies"), list):
        raise unreadable(path, "It has no list of `dependencies`.")
    found = Adopted()
    by_pip: list[str] = []
    for one in data["dependencies"]:
        if isinstance(one, dict):
            by_pip += [str(line) for line in one.get("pip") or ()]
        else:
            found = _with_conda(found, str(one))
    asked = adopt_requirements(line for line in by_pip if not line.startswith("-"))
    return replace(
        found,
        accelerator=asked.accelerator or found.accelerator,
        trio=(*found.trio, *(one for one in asked.trio if one[0] not in dict(found.trio))),
        dependencies=(*found.dependencies, *asked.dependencies),
        notes=(*found.notes, *asked.notes),
    )


def _with_conda(found: Adopted, line: str) -> Adopted:
    parts = re.match(r"^(?:[\w.-]+::)?([\w.-]+)\s*(.*)$", line.strip())
    if parts is None:
        return found.noting(f"left out, since it is not understood: {line}")
    name, specifier = parts[1].lower(), _conda_specifier(parts[2])
    if name == "python":
        minor = re.search(r"3\.\d+", specifier)
        return replace(found, python=minor[0] if minor else None)
    if name in ("pytorch-cuda", "cudatoolkit"):
        number = re.search(r"(\d+)\.(\d+)", specifier)
        accelerator = f"cu{number[1]}{number[2]}" if number else found.accelerator
        return replace(found, accelerator=accelerator)
    if name == "cpuonly":
        return replace(found, accelerator="cpu")
    name = {"pytorch": "torch"}.get(name, name)
    if name in _NO_PYTHON_PACKAGES:
        return found.noting(f"left out, since it is no Python package: {name}")
    return _with_requirement(found, Requirement(f"{name}{specifier}"))


def _conda_specifier(text: str) -> str:
    """Return conda's ``=1.2``, ``=1.2=build`` and ``>=1,<2`` as PEP 440 says it."""
    text = text.strip().strip("'\"")
    if not text or text == "*":
        return ""
    exact = re.fullmatch(r"==?\s*(\d[\w.]*)(?:=\S+)?", text)
    if exact is not None:
        line = text.startswith("==") or text.count("=") > 1 or exact[1].count(".") > 1
        return f"=={exact[1]}" if line else f"=={exact[1]}.*"
    try:
        return str(SpecifierSet(re.sub(r"\s+", "", text)))
    except InvalidSpecifier:
        return ""
