"""What pip offered instead (``from versions: …``): it gives the machine away that asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import Version

from provisioner.diagnosis._published import explanations
from provisioner.diagnosis._scene import (
    LAST_INTEL_MAC,
    MANYLINUX_X,
    NOT_FOUND,
    POETRY,
    UV_CURRENT,
    UV_NOT_FOUND,
    UV_PLATFORM,
    admitted,
    candidate,
    is_apple_chip,
    platform_guesses,
    python_candidate,
    torch_of,
)
from provisioner.diagnosis._wording import say_accelerator, say_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._causes import Candidate
    from provisioner.diagnosis._published import Explanation
    from provisioner.diagnosis._rules import Confidence
    from provisioner.diagnosis._scene import Scene

_SCRAP: Final = 2
"""So few offers fit too many machines to prove one."""
_SAY_NOTHING: Final = (
    "uv found no page for this package on the index that it asked, which is not the default one or "
    "could not be read."
)


def explained(scene: Scene, found: tuple[Explanation, ...]) -> Iterator[Candidate]:
    """Turn machines on which the offer makes sense into causes."""
    facts = scene.facts
    if found and all(one.platform == "macos-x86_64" for one in found) and is_apple_chip(scene):
        yield candidate(scene, "platform-rosetta", 80, "certain")
        return
    found = tuple(
        one
        for one in found
        if facts.python in (None, one.python)
        and (facts.system is None or one.platform.startswith(facts.system))
        and (scene.platform is None or one.platform == scene.platform)
    )
    version = scene.version or ""
    groups = dict.fromkeys(_why(scene, one, version) for one in found)
    listed = len(scene.wish.offered or ()) > _SCRAP or facts.python is not None
    only = listed and len(groups) == 1
    order = (
        "python-version",
        "free-threaded-python",
        "platform-macos-intel",
        "pip-outdated",
        "platform-glibc",
        "platform-arch",
    )
    weight = 77
    for category in sorted(groups, key=order.index):
        sure: Confidence = "certain" if only else "likely" if weight > 75 else "possible"  # noqa: PLR2004
        pythons = {one.python for one in found if _why(scene, one, version) == category}
        if category == "python-version":
            python = facts.python or (next(iter(pythons)) if len(pythons) == 1 else None)
            yield candidate(
                scene,
                category,
                weight,
                sure,
                cause=say_python(scene.known, version, python, guessed=facts.python is None),
            )
        else:
            yield candidate(scene, category, weight, sure)
        weight -= 8


def _why(scene: Scene, one: Explanation, version: str) -> str:
    """Return the cause that a machine would be."""
    pip = scene.facts.pip
    if one.glibc is not None:
        return (
            "pip-outdated" if pip is not None and Version(pip) < MANYLINUX_X else "platform-glibc"
        )
    if one.python.endswith("t"):
        return "free-threaded-python"
    if one.platform == "macos-x86_64":
        target = admitted(scene) or (version,)
        if all(torch_of(scene, it) > LAST_INTEL_MAC for it in target):
            return "platform-macos-intel"
    places = scene.known.at(version, platform=one.platform)
    return "python-version" if places or not scene.known.knows(version) else "platform-arch"


def candidates_by_offer(scene: Scene, target: tuple[str, ...]) -> Iterator[Candidate]:
    """Yield why a release is not among those that pip lists."""
    wish = scene.wish
    if wish.offered is None:
        elsewhere = any(each.find(scene.flow) for each in (POETRY, UV_PLATFORM, UV_CURRENT))
        if not elsewhere and wish.operator == "==":
            yield candidate(scene, "index-missing-torch", 60, "likely")
        return
    public = tuple(one for one in wish.offered if "+" not in one)
    if not public:
        yield from candidates_without_offer(scene)
        return
    found = explanations(scene.known, target[0] if target else wish.version or "", public, None)
    yield from explained(scene, found)
    if not found:
        yield from _by_ends(scene, public)


def _by_ends(scene: Scene, offered: tuple[str, ...]) -> Iterator[Candidate]:
    """The offer fits no machine that is known; whether it lies above or below still says much."""
    facts, version = scene.facts, Version(scene.version or "0")
    versions = [Version(one) for one in offered]
    if max(versions) == LAST_INTEL_MAC < version and facts.system in (None, "macos"):
        name = "platform-rosetta" if is_apple_chip(scene) else "platform-macos-intel"
        yield candidate(scene, name, 72, "likely")
    if facts.python is not None and len(versions) <= _SCRAP:
        yield from platform_guesses(scene, 62)
        return
    if facts.pip is not None and Version(facts.pip) < MANYLINUX_X and max(versions) < version:
        yield candidate(scene, "pip-outdated", 70, "likely")
    if min(versions) > version or max(versions) < version:
        yield candidate(scene, "python-version", 68, "likely")
        yield from platform_guesses(scene, 50)
    else:
        yield candidate(scene, "python-version", 56, "possible")
        yield candidate(scene, "index-missing-torch", 55, "possible")


def candidates_without_offer(scene: Scene) -> Iterator[Candidate]:
    """``from versions: none``: nothing of torch at all for this machine on what was asked."""
    facts, known, wish = scene.facts, scene.known, scene.wish
    if wish.offered is None and NOT_FOUND.find(scene.flow) is None:
        if UV_NOT_FOUND.find(scene.flow) is not None:
            yield candidate(scene, "index-missing-torch", 60, "likely", cause=_SAY_NOTHING)
        return
    accelerator = scene.only_accelerator
    if facts.python is not None:
        builds = [
            place for one in known.versions for place in known.at(one, accelerator=accelerator)
        ]
        if not any(facts.python in place.pythons for place in builds):
            yield python_candidate(scene, 79, "certain")
            return
    if accelerator is not None and not known.with_accelerator(accelerator):
        yield candidate(
            scene,
            "accelerator-tag",
            70,
            "likely",
            cause=say_accelerator(known, "", accelerator),
        )
