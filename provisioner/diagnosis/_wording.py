"""Sentences with facts from the compat data, for causes that it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.diagnosis._published import Published


def say_python(
    known: Published,
    version: str | None,
    python: str | None,
    *,
    accelerator: str | None = None,
    guessed: bool = False,
) -> str:
    """Say for which Pythons a release has wheels, and which release is the first for this one."""
    said = []
    if version is not None and known.knows(version):
        pythons = {
            one
            for place in known.at(version)
            if accelerator in (None, place.accelerator)
            for one in place.pythons
        } or {one for place in known.at(version) for one in place.pythons}
        of = f" for {accelerator}" if accelerator is not None else ""
        said.append(f"{known.name} {version}{of} has wheels for Python {spell_pythons(pythons)}")
    elif version is not None:
        said.append(f"{known.name} {version} has no wheel for this Python")
    elif accelerator is not None:
        pythons = {
            one
            for release in known.versions
            for place in known.at(release, accelerator=accelerator)
            for one in place.pythons
        }
        said.append(
            f"PyTorch's index for {accelerator} has wheels for Python {spell_pythons(pythons)}"
        )
    else:
        said.append(f"{known.name} has no wheel for the Python in use")
    if python is not None:
        here = "looks like that of" if guessed else "is about"
        said.append(f"the text {here} Python {python}")
    first = _first_with(known, python)
    return f"{'; '.join(said)}.{first}"


def _first_with(known: Published, python: str | None) -> str:
    if python is None:
        return ""
    having = known.with_python(python)
    if not having:
        return f" No release of {known.name} that is known here has wheels for Python {python}."
    firsts = {
        system: next((one for one in having if _on(known, one, python, system)), None)
        for system in ("linux", "windows", "macos")
    }
    linux = firsts["linux"] or having[0]
    later = sorted({one for one in firsts.values() if one and one != linux})
    also = f" on Linux, {later[0]} elsewhere" if later else ""
    last = having[-1]
    until = f", the last one {last}" if last != known.versions[-1] else ""
    return f" The first {known.name} with wheels for Python {python} is {linux}{also}{until}."


def _on(known: Published, version: str, python: str, system: str) -> bool:
    return any(
        place.platform.startswith(system) and python in place.pythons for place in known.at(version)
    )


def say_accelerator(
    known: Published, version: str, accelerator: str, system: str | None = None
) -> str:
    """Say what a variant was built for instead, and which variants the release has."""
    having = known.with_accelerator(accelerator)
    said = []
    if not having:
        said.append(f"No {known.name} that is known here was ever built for `{accelerator}`.")
    elif known.knows(version) and version not in having:
        major = version.split(".", maxsplit=1)[0]
        ever = (
            ""
            if any(one.startswith(f"{major}.") for one in having)
            else f" (nor for any {known.name} {major}.x)"
        )
        said.append(
            f"{known.name} {version} was never built for `{accelerator}`{ever}: that exists for "
            f"{known.name} {having[0]} to {having[-1]}."
        )
    elif system is not None:
        said.append(f"{known.name} {version} for `{accelerator}` does not exist for {system}.")
    if known.knows(version):
        names = dict.fromkeys(place.accelerator for place in known.at(version, index="pytorch"))
        said.append(f"Builds of {known.name} {version}: {', '.join(f'`{one}`' for one in names)}.")
    return " ".join(said)


def say_unpublished(known: Published, version: str) -> str:
    """Say that a release does not exist as far as the compat data goes, and what stands near it."""
    near = [one for one in known.versions if one.rsplit(".", 1)[0] == version.rsplit(".", 1)[0]]
    hint = f" Near it: {', '.join(near)}." if near else ""
    return (
        f"{known.name} {version} is not among the releases that are known here "
        f"({known.versions[0]} to {known.versions[-1]}).{hint}"
    )


def spell_pythons(pythons: Iterable[str]) -> str:
    """Return Pythons as ``3.8 to 3.11``."""
    plain = sorted(
        (one for one in pythons if not one.endswith("t")),
        key=lambda one: [int(part) for part in one.split(".")],
    )
    if not plain:
        return ", ".join(sorted(pythons)) or "none"
    return plain[0] if len(plain) == 1 else f"{plain[0]} to {plain[-1]}"
