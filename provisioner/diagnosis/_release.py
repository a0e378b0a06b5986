"""A release without a variant in its version that was not found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from provisioner.diagnosis._offers import candidates_by_offer, explained
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._published import LAST_FOR, explanations
from provisioner.diagnosis._scene import (
    UV_PLATFORM,
    admitted,
    candidate,
    platform_guesses,
    python_candidate,
    satisfying,
)
from provisioner.diagnosis._variant import first_for, variant_fix
from provisioner.diagnosis._wording import say_accelerator, say_unpublished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._causes import Candidate
    from provisioner.diagnosis._scene import Scene

_IGNORED: Final = pattern(
    r"ignored the following versions that require a different python version: "
)
_ENTRY: Final = re.compile(r"([\w.+!]{1,30}) requires-python ([<>=!~][<>=!~, \d.*]{0,60})")
_LONG_TERM: Final = frozenset({"torch 1.8.2", "torchvision 0.9.2", "torchaudio 0.8.2"})
"""Published on the page of PyTorch's long-term releases and on no index."""
_LONG_TERM_PAGE: Final = "https://download.pytorch.org/whl/lts/1.8/torch_lts.html"
_LISTED: Final = 20_000
"""Characters that are read of pip's list of ignored versions."""


def candidates_by_release(scene: Scene) -> Iterator[Candidate]:
    """Yield why a release without a variant was not found."""
    wish, known, facts = scene.wish, scene.known, scene.facts
    version = wish.version or ""
    if not known.knows(version) and wish.operator == "==":
        yield from _unknown_version(scene)
        return
    accelerator = scene.only_accelerator
    if accelerator is not None:
        yield from _on_one_index(scene, accelerator)
        return
    python = facts.python
    target = admitted(scene)
    if any(_is_ignored(scene, one) for one in target):
        yield python_candidate(scene, 80, "certain")
        return
    if (
        python is not None
        and target
        and not any(python in place.pythons for one in target for place in known.at(one))
    ):
        yield python_candidate(scene, 80, "certain")
        return
    yield from candidates_by_offer(scene, target)


def _is_ignored(scene: Scene, version: str) -> bool:
    """Whether pip says that it left the release out for its Requires-Python.

    pip lists the versions of every package that it looked at, without names: a release of torch
    admits each Python that it has wheels for, another package's of the same number hardly does.
    """
    pythons = {py.rstrip("t") for place in scene.known.at(version) for py in place.pythons}
    return any(
        all(requires.contains(f"{python}.99") for python in pythons)
        for found in _IGNORED.find_all(scene.flow)
        for requires in _requires_python(scene.flow[found.end() : found.end() + _LISTED], version)
    )


def _requires_python(listed: str, version: str) -> Iterator[SpecifierSet]:
    """Yield the Requires-Python of the entries with this version."""
    for entry in _ENTRY.finditer(listed):
        if entry[1] == version:
            try:
                yield SpecifierSet(entry[2].strip(" ,."))
            except InvalidSpecifier:
                continue


def _unknown_version(scene: Scene) -> Iterator[Candidate]:
    """Older or newer than the compat data, or never published."""
    known, version = scene.known, Version(scene.version or "0")
    if f"{known.name} {version}" in _LONG_TERM:
        yield _long_term(scene, f"{known.name} {version}")
        return
    if satisfying(known, "==", scene.version or ""):
        yield from candidates_by_offer(scene, satisfying(known, "==", scene.version or ""))
        return
    oldest, newest = Version(known.versions[0]), Version(known.versions[-1])
    if version > oldest:
        weight, sure = (79, "certain") if version < newest else (62, "likely")
        yield candidate(
            scene,
            "no-such-version",
            weight,
            sure,  # type: ignore[arg-type]  # two literals
            cause=say_unpublished(known, str(version)),
        )
        return
    python = scene.facts.python
    offered = [Version(one) for one in scene.wish.offered or ()]
    if python is None:
        above = bool(offered) and min(offered) > version
        yield candidate(
            scene,
            "python-version",
            76 if above else 66,
            "certain" if above and len(offered) > 1 else "likely",
        )
        return
    last = Version(LAST_FOR.get(python, "99"))
    if not first_for(scene, python) <= version <= last:
        yield candidate(scene, "python-version", 78, "certain")
    elif offered and min(offered) > version and len(offered) > 2:  # noqa: PLR2004  a list, no scrap
        yield candidate(scene, "python-version", 74, "likely")
    else:
        yield from platform_guesses(scene, 62)


def _long_term(scene: Scene, release: str) -> Candidate:
    return candidate(
        scene,
        "index-missing-torch",
        79,
        "likely",
        cause=f"{release} is a long-term release, which PyTorch has on a page of its own only.",
        fix=(
            f"Give that page with `-f {_LONG_TERM_PAGE}` (not as an index) and a Python from 3.6 "
            "to 3.9, or take a release that is on the index."
        ),
    )


def _on_one_index(scene: Scene, accelerator: str) -> Iterator[Candidate]:
    """Only one of PyTorch's indexes was asked."""
    known, python = scene.known, scene.facts.python
    wish = scene.wish
    target = admitted(scene)
    here = [place for one in target for place in known.at(one, accelerator=accelerator)]
    if not here:
        yield candidate(
            scene,
            "accelerator-tag",
            74,
            "likely",
            cause=say_accelerator(known, target[-1] if target else wish.version or "", accelerator),
            fix=variant_fix(scene),
        )
        yield candidate(scene, "index-missing-torch", 66, "possible")
        return
    if python is not None and not any(python in place.pythons for place in here):
        yield python_candidate(scene, 80, "certain")
        return
    offered = tuple(one.partition("+")[0] for one in wish.offered or ())
    if not offered and UV_PLATFORM.find(scene.flow) is None and wish.offered is None:
        yield candidate(scene, "index-missing-torch", 72, "likely")
        return
    found = explanations(known, target[-1], offered, accelerator)
    yield from explained(scene, found)
    if not found:
        yield candidate(scene, "python-version", 62, "likely")
        yield from platform_guesses(scene, 50)
