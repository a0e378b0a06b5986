"""``torchenv init``: a first spec, made from nothing or from what is there already."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from provisioner.api._pythons import pythons_here
from provisioner.compat import load_compat
from provisioner.findings import Finding, PlanError, SpecError, WorldError
from provisioner.paths import display
from provisioner.planner import Refusal
from provisioner.planner import plan as make_plan
from provisioner.spec import parse_spec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provisioner.api._adopt import Adopted
    from provisioner.compat import Compat, MemberName
    from provisioner.findings import Combination
    from provisioner.host import HostFacts

_ROUNDS: Final = 6
"""How often a wish is changed until it plans: the combination, then each dependency in the way."""
_IGNORED: Final = ".venv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A spec that plans clean, and what was changed on the way."""

    text: str
    combination: Combination
    notes: tuple[str, ...]


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        SpecError: Something is there already (``TE891``); it is left as it is.
        WorldError: It cannot be written (``TE893``).
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise SpecError(
            Finding(
                code="TE891",
                message=f"`{display(path)}` is there already.",
                why="A spec that somebody wrote is never written over.",
                do="Move it away, or name another file.",
            )
        ) from exc
    except OSError as exc:
        raise WorldError(
            Finding(
                code="TE893",
                message=f"`{display(path)}` cannot be written.",
                why=f"The system says: {exc.strerror or exc}.",
                do=f"Make the folder{' writable' if path.parent.is_dir() else ''}, "
                "or name another file.",
            )
        ) from exc


def draft(wanted: Adopted, path: Path, host: HostFacts) -> Drafted:
    """Return a spec for what is wanted that plans clean on a machine; nothing is written.

    Where a wish cannot be, the nearest combination takes its place, and a dependency that stands in
    the way loses its version; each is a note.

    Raises:
        PlanError: Nothing near the wish can be on this machine.
        SpecError: The wish leads to no valid spec.
    """
    compat = load_compat()
    wish = _complete(wanted, compat)
    verdict = make_plan(parse_spec(render(wish), path), compat, host)
    for _ in range(_ROUNDS):
        if not isinstance(verdict, Refusal):
            break
        wish = _changed(wish, verdict)
        verdict = make_plan(parse_spec(render(wish), path), compat, host)
    if isinstance(verdict, Refusal):
        raise PlanError(verdict.findings)
    combination = verdict.plans[0].combination
    return Drafted(text=render(wish), combination=combination, notes=wish.notes)


def _complete(wanted: Adopted, compat: Compat) -> Adopted:
    """Fill in what the source does not say: Python and accelerator."""
    accelerator = wanted.accelerator
    if accelerator is None:
        accelerator = "cpu"
        wanted = wanted.noting("nothing said which accelerator is wanted: `cpu` was taken")
    python = wanted.python
    if python is None:
        python = _python(wanted, accelerator, compat)
        wanted = wanted.noting(f"nothing said one Python: {python} was taken")
    trio = wanted.trio if "torch" in dict(wanted.trio) else (("torch", ""), *wanted.trio)
    return replace(wanted, accelerator=accelerator, python=python, trio=trio)


def _python(wanted: Adopted, accelerator: str, compat: Compat) -> str:
    """Return the newest Python that the wanted torch has wheels for, within the range.

    One that this machine has comes before one that it does not have.
    """
    specifier = SpecifierSet(dict(wanted.trio).get("torch", ""))
    allowed = SpecifierSet(wanted.python_range)
    releases = [one for one in compat.releases if specifier.contains(one.torch)] or [compat.newest]
    for release in reversed(releases):
        builds = compat.builds(release.torch, accelerator=accelerator)
        builds = builds or compat.builds(release.torch)
        pythons = {one for build in builds for one in build.pythons if not one.endswith("t")}
        fitting = [one for one in pythons if allowed.contains(f"{one}.99")]
        complete = [one for one in fitting if _has_members(wanted, release.torch, one, compat)]
        if fitting:
            usable = complete or fitting
            here = pythons_here()
            return max([one for one in usable if one in here] or usable, key=Version)
    return "3.12"


def _has_members(wanted: Adopted, torch: str, python: str, compat: Compat) -> bool:
    """Whether the members that are wanted have wheels for a Python, too."""
    names: tuple[MemberName, ...] = ("torchvision", "torchaudio")
    return all(
        any(python in one.pythons for one in compat.pairs(torch, name))
        for name in names
        if name in dict(wanted.trio)
    )


def _changed(wish: Adopted, refusal: Refusal) -> Adopted:
    """Return the wish without what stands in the way.

    Raises:
        PlanError: There is nothing to give up.
    """
    for finding in refusal.findings:
        key = finding.where.key if finding.where is not None and finding.where.key else ""
        if key.startswith("dependencies."):
            name = key.removeprefix("dependencies.")
            kept = tuple(
                (own, "" if own == name else specifier) for own, specifier in wish.dependencies
            )
            if kept != wish.dependencies:
                note = f"the version of {name} was given up: {finding.message}"
                return replace(wish, dependencies=kept).noting(note)
    for finding in refusal.findings:
        if finding.alternatives:
            return _with(wish, finding.alternatives[0], finding.message)
    raise PlanError(refusal.findings)


def _with(wish: Adopted, nearest: Combination, why: str) -> Adopted:
    wanted = dict(wish.trio)
    versions = {
        "torch": nearest.torch,
        "torchvision": nearest.torchvision,
        "torchaudio": nearest.torchaudio,
    }
    trio = tuple(
        (name, f"=={version}") for name, version in versions.items() if name in wanted and version
    )
    note = f"{nearest} was taken: {why}"
    return replace(wish, python=nearest.python, accelerator=nearest.accelerator, trio=trio).noting(
        note
    )


# -- the text


def render(wish: Adopted) -> str:
    """Return the text of a spec, notes as comments at its top."""
    trio = dict(wish.trio)
    lines = [f"# {' '.join(note.split())}" for note in wish.notes]
    lines += ["[environment]", _pair("python", wish.python), _pair("accelerator", wish.accelerator)]
    lines += ["", "[torch]", _pair("torch", _wish(trio["torch"]))]
    for name in ("torchvision", "torchaudio"):
        if name not in trio:
            lines.append(f"{name} = false")
        elif trio[name]:
            lines.append(_pair(name, _wish(trio[name])))
    if wish.dependencies:
        lines += ["", "[dependencies]"]
        lines += [_pair(name, specifier or "*") for name, specifier in sorted(wish.dependencies)]
    return "\n".join([*lines, *_sources(wish)]) + "\n"


def _sources(wish: Adopted) -> Iterable[str]:
    if not (wish.index or wish.extra_indexes or wish.find_links):
        return []
    lines = ["", "[sources]"]
    if wish.index:
        lines.append(_pair("index", wish.index))
    for key, values in (("extra-indexes", wish.extra_indexes), ("find-links", wish.find_links)):
        if values:
            lines.append(f"{key} = [{', '.join(map(_quoted, values))}]")
    return lines


def _wish(specifier: str) -> str:
    """Return a version wish: a release as itself, no specifier as the newest."""
    exact = re.fullmatch(r"===?([\d.]+)(\.\*)?", specifier)
    if exact is None:
        return specifier or "latest"
    return exact[1] if exact[2] is None else exact[1].rstrip(".")


def _pair(key: str, value: str | None) -> str:
    return f"{key} = {_quoted(value or '')}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# -- around it


def ignore_environment(folder: Path) -> bool:
    """Add ``.venv`` to the folder's ``.gitignore`` where git is used; whether it was added."""
    file = folder / ".gitignore"
    if not file.exists() and not (folder / ".git").exists():
        return False
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        known = {line.strip().strip("/").rstrip("*") for line in text.splitlines()}
        if _IGNORED in known:
            return False
        gap = "" if not text or text.endswith("\n") else "\n"
        file.write_text(f"{text}{gap}/{_IGNORED}\n", encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return True
