"""Editing the text of a spec: dependencies added and removed, everything else as it was written.

Pure: a text and some wishes in, a text out. Comments, order and blank lines stay (tomlkit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from provisioner.findings import Finding, SpecError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, MutableMapping

    from packaging.specifiers import SpecifierSet

TRIO: Final = ("torch", "torchvision", "torchaudio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One word of ``torchenv add``: ``lightning>=2.4``, ``jax[cuda]``, ``numpy``."""

    name: str
    """Normalised name."""
    specifier: SpecifierSet
    """Empty where no version was named."""
    extras: tuple[str, ...] = ()
    """Normalised and sorted."""
    path: str | None = None
    """Folder of the project, seen from the spec's; None for a package of an index."""


def parse_wanted(word: str) -> Wanted:
    """Read a PEP 508 requirement.

    Raises:
        SpecError: It is none, or has a URL or a marker (``TE105``).
    """
    try:
        requirement = Requirement(word)
    except InvalidRequirement as exc:
        raise SpecError(_not_understood(word, str(exc).splitlines()[0])) from exc
    if requirement.url is not None or requirement.marker is not None:
        reason = "A dependency of a spec is a name with a version, without URL and marker"
        raise SpecError(_not_understood(word, reason))
    return Wanted(
        name=canonicalize_name(requirement.name),
        specifier=requirement.specifier,
        extras=tuple(sorted({canonicalize_name(extra) for extra in requirement.extras})),
    )


def with_dependencies(text: str, wanted: Iterable[Wanted]) -> str:
    """Return the text of a spec that asks for these packages too.

    A package that is there already keeps its line; its version changes where one is named.
    """
    import tomlkit  # noqa: PLC0415 - 30 ms that most commands do not pay

    document = tomlkit.parse(text)
    for one in wanted:
        if one.name in TRIO:
            _want_member(document, one)
            continue
        if "dependencies" not in document:
            document["dependencies"] = tomlkit.table()
        _want(document["dependencies"], one)
    return tomlkit.dumps(document)


def without_dependencies(text: str, names: Iterable[str], inherited: Collection[str] = ()) -> str:
    """Return the text of a spec that does not ask for these packages.

    torchvision and torchaudio follow torch where nothing is said, so they become ``false``.

    Args:
        text: The spec.
        names: As a person writes them.
        inherited: Normalised names of dependencies that templates have; they become ``false`` too.

    Raises:
        SpecError: The spec does not ask for one of them, or it is torch itself (``TE638``).
    """
    import tomlkit  # noqa: PLC0415 - as above

    document = tomlkit.parse(text)
    dependencies = document.get("dependencies", {})
    missing = []
    # A name may be said twice, in two ways of writing it.
    for normal, name in {canonicalize_name(name): name for name in names}.items():
        key = _key_of(dependencies, normal)
        if normal in TRIO[1:]:
            document["torch"][normal] = False
        elif normal in inherited:
            document.setdefault("dependencies", tomlkit.table())[key or normal] = False
        elif key is None:
            missing.append(_not_asked_for(name))
        else:
            del dependencies[key]
    if missing:
        raise SpecError(missing)
    return tomlkit.dumps(document)


def _want_member(document: MutableMapping[str, object], one: Wanted) -> None:
    """Name the version of a trio member; without one it follows torch again."""
    torch = document["torch"]
    assert isinstance(torch, dict)  # noqa: S101 - the spec was valid
    if one.specifier:
        torch[one.name] = _as_wish(one.specifier)
    elif torch.get(one.name) is False:
        del torch[one.name]


def _as_wish(specifier: SpecifierSet) -> str:
    """Return ``2.6.0`` for ``==2.6.0``, which is how a spec names a release."""
    parts = list(specifier)
    if len(parts) == 1 and parts[0].operator == "==" and "*" not in parts[0].version:
        return parts[0].version
    return str(specifier)


def _want(dependencies: MutableMapping[str, object], one: Wanted) -> None:
    import tomlkit  # noqa: PLC0415 - as above

    key = _key_of(dependencies, one.name)
    if one.path is not None:
        project = tomlkit.inline_table()
        project.update({"path": one.path, "editable": True})
        dependencies[key or one.name] = project
        return
    version = str(one.specifier) or "*"
    if key is not None and not one.specifier and not one.extras:
        return
    if not one.extras:
        present = dependencies.get(key) if key is not None else None
        if isinstance(present, dict):
            present["version"] = version
        else:
            dependencies[key or one.name] = version
        return
    table = tomlkit.inline_table()
    table.update({"version": version, "extras": list(one.extras)})
    dependencies[key or one.name] = table


def _key_of(dependencies: MutableMapping[str, object], name: str) -> str | None:
    """Return the key under which a package stands, as it is written there."""
    return next((key for key in dependencies if canonicalize_name(key) == name), None)


def _not_understood(word: str, reason: str) -> Finding:
    return Finding(
        code="TE105",
        message=f"`{word}` is no requirement that a spec can hold.",
        why=f"{reason.rstrip('.')}.",
        do='Write a name, or a name and a version: `"lightning>=2.4"`.' + _own_place(word),
    )


def _own_place(word: str) -> str:
    """Return what to do about a project that is at a URL; empty for other words."""
    name, at, url = word.rpartition("@ ")
    key = name.split("[")[0].strip() if at else "name"
    if url.startswith("git+"):
        return f' A repository is a table under `[dependencies]`: `{key} = {{ git = "…" }}`.'
    if "://" in url:
        return " Put a wheel into a folder that `find-links` under `[sources]` names."
    return ""


def _not_asked_for(name: str) -> Finding:
    if canonicalize_name(name) == TRIO[0]:
        return Finding(
            code="TE638",
            message="torch cannot be removed from a spec.",
            why="An environment of torchenv is an environment for torch.",
            do="Use another tool for environments without torch.",
        )
    return Finding(
        code="TE638",
        message=f"The spec does not ask for `{name}`.",
        why="Neither it nor a template has a line for it under `[dependencies]`; a package that "
        "others need is there for them.",
        do="Remove what needs it.",
    )
