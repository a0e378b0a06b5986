"""A build with a variant in its version, such as ``+cu118``, that was not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import Version

from provisioner.diagnosis._offers import explained
from provisioner.diagnosis._published import FIRST_FOR, LAST_FOR, explanations
from provisioner.diagnosis._scene import POETRY, candidate, platform_guesses, python_candidate
from provisioner.diagnosis._wording import say_accelerator, say_python, say_unpublished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._causes import Candidate
    from provisioner.diagnosis._scene import Scene

_LIST: Final = 3
"""So many offers are what a Python has, not a scrap of a text."""
_SAY_PLAIN: Final = (
    "{name} {version} is there for this Python, and no release with a variant is, although "
    "PyTorch's index was asked: so it is on Macs, for which there are no variants."
)


def candidates_by_variant(scene: Scene) -> Iterator[Candidate]:
    """Yield why a build with a variant in its version was not found."""
    wish, known, facts = scene.wish, scene.known, scene.facts
    version, accelerator = wish.version or "", wish.accelerator or ""
    here = known.at(version, accelerator=accelerator, index="pytorch")
    if not known.knows(version):
        yield from _old_variant(scene)
        return
    if not here:
        yield candidate(
            scene,
            "accelerator-tag",
            82,
            "certain",
            cause=say_accelerator(known, version, accelerator),
            fix=variant_fix(scene),
        )
        return
    platform = scene.platform
    elsewhere = platform is not None and all(place.platform != platform for place in here)
    on_mac = facts.system == "macos"
    if elsewhere or on_mac:
        yield candidate(
            scene,
            "accelerator-tag",
            82,
            "certain" if elsewhere or on_mac else "likely",
            cause=say_accelerator(known, version, accelerator, platform or facts.system),
            fix=variant_fix(scene),
        )
        return
    if facts.python is not None and not any(facts.python in place.pythons for place in here):
        yield python_candidate(scene, 81, "certain")
        return
    if _is_asked(scene, accelerator):
        yield from _present_variant(scene)
        return
    offered = [Version(one) for one in wish.offered or ()]
    if len(offered) >= _LIST and min(offered) > Version(version):
        yield candidate(
            scene, "python-version", 81, "likely", cause=say_python(known, version, None)
        )
    said = bool(wish.offered or facts.indexes)
    poetry = POETRY.find(scene.flow) is not None
    weight = 55 if poetry else 80
    yield candidate(scene, "index-missing-torch", weight, "certain" if said else "likely")


def _is_asked(scene: Scene, accelerator: str) -> bool:
    """Whether PyTorch's index for the variant was asked, or one that is not told apart."""
    return any(
        one.kind == "pytorch" and one.accelerator in (accelerator, None)
        for one in scene.facts.indexes
    ) or any(f"+{accelerator}" in one for one in scene.wish.offered or ())


def _present_variant(scene: Scene) -> Iterator[Candidate]:
    """The index was asked and has it, but not for this machine."""
    version = scene.version or ""
    offered = tuple(
        one.partition("+")[0]
        for one in scene.wish.offered or ()
        if one.endswith(f"+{scene.wish.accelerator}")
    )
    listed = scene.wish.offered or ()
    if version in listed and not any("+" in one for one in listed):
        yield candidate(
            scene,
            "accelerator-tag",
            76,
            "likely",
            cause=_SAY_PLAIN.format(name=scene.wish.name, version=version),
            fix=f"Ask for `{scene.wish.name}=={version}` without a variant.",
        )
    found = explanations(scene.known, version, offered, scene.wish.accelerator)
    yield from explained(scene, found)
    if not found:
        yield candidate(scene, "python-version", 66, "likely")
        yield from platform_guesses(scene, 50)


def _old_variant(scene: Scene) -> Iterator[Candidate]:
    """A release that the compat data does not have."""
    version = Version(scene.version or "0")
    newest, oldest = Version(scene.known.versions[-1]), Version(scene.known.versions[0])
    if oldest <= version <= newest:
        yield candidate(
            scene,
            "no-such-version",
            80,
            "certain",
            cause=say_unpublished(scene.known, str(version)),
        )
    elif version > newest:
        yield candidate(
            scene, "no-such-version", 60, "likely", cause=say_unpublished(scene.known, str(version))
        )
    elif _is_asked(scene, scene.wish.accelerator or ""):
        python = scene.facts.python
        last = LAST_FOR.get(python or "")
        sure = python is not None and (
            first_for(scene, python) > version or (last is not None and Version(last) < version)
        )
        yield candidate(scene, "python-version", 72, "certain" if sure else "likely")
        yield from platform_guesses(scene, 50)
    else:
        offered = [Version(one) for one in scene.wish.offered or ()]
        newer = bool(offered) and min(offered) > version
        fix = (
            f"Give PyTorch's page of old builds: `pip install \"{scene.wish.name}=={version}+"
            f'{scene.wish.accelerator}" -f https://download.pytorch.org/whl/torch_stable.html`.'
        )
        yield candidate(scene, "index-missing-torch", 74, "likely", fix=fix)
        yield candidate(scene, "python-version", 77 if newer else 60, "likely")


def first_for(scene: Scene, python: str) -> Version:
    """Return the first release that has wheels for a Python."""
    if python in FIRST_FOR:
        return Version(FIRST_FOR[python])
    releases = scene.known.with_python(python)
    return Version(releases[0]) if releases else Version("99")


def variant_fix(scene: Scene) -> str | None:
    """Return a command with the nearest variant that exists, None where nothing is known."""
    version = scene.version or ""
    names = {
        place.accelerator
        for place in scene.known.at(version, index="pytorch", platform=scene.platform)
    }
    cuda = sorted(name for name in names if name.startswith("cu"))
    wanted = scene.wish.accelerator or ""
    choice = next((name for name in cuda if name > wanted), cuda[-1] if cuda else None)
    if choice is None or scene.facts.system == "macos":
        return (
            f"Ask for `{scene.wish.name}=={version}` without a variant."
            if scene.facts.system == "macos"
            else None
        )
    return (
        f'Take a variant that exists: `pip install "{scene.wish.name}=={version}" '
        f"--index-url https://download.pytorch.org/whl/{choice}`."
    )
