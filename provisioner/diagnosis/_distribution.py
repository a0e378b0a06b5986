"""No version that fits: Python, platform, variant or index, decided with the compat data.

pip says the same few words for all of them. What it was asked for, what it was offered instead and
what else stands in the text are compared with what was published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._facts import TRIO
from provisioner.diagnosis._offers import candidates_without_offer
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._platforms import (
    candidates_by_machine,
    candidates_by_pip,
    candidates_by_platform,
    candidates_by_poetry,
    candidates_by_source,
    candidates_by_tag,
)
from provisioner.diagnosis._published import published
from provisioner.diagnosis._release import candidates_by_release
from provisioner.diagnosis._scene import NOT_FOUND, NOT_SATISFIED, Scene, candidate, refused_at
from provisioner.diagnosis._variant import candidates_by_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat
    from provisioner.diagnosis._facts import Facts
    from provisioner.diagnosis._normalise import Text
    from provisioner.diagnosis._rules import Confidence
    from provisioner.diagnosis._wishes import Wish


_UV_NO_VERSION: Final = pattern(r"because there is no version of [a-z]")
"""The index that uv settled for has the package, and not this version."""
_ARM_ONLY_X86: Final = frozenset({"mkl", "intel-openmp", "tbb"})
_SAY_SILENT: Final = (
    "The index may have refused, failed or sent another page: pip does not show that and goes on "
    "as if there were nothing; with `-v` it does."
)
_COMMON: Final = frozenset(
    {
        *("filelock", "fsspec", "jinja2", "markupsafe", "mpmath", "networkx", "sympy"),
        *("typing-extensions", "setuptools", "wheel", "ninja", "packaging", "numpy", "pillow"),
        *("requests", "pyyaml", "tqdm", "scipy", "pandas", "matplotlib", "scikit-learn", "psutil"),
        *("transformers", "tokenizers", "safetensors", "huggingface-hub", "accelerate"),
        *("datasets", "diffusers", "einops", "tensorboard", "opencv-python", "sentencepiece"),
    }
)
"""What torch needs or stands beside it, all of it on the default index: one that has nothing of it
is another one."""


def candidates_by_distribution(text: Text, facts: Facts, compat: Compat) -> Iterator[Candidate]:
    """Yield why no version fits; nothing where the text is about something else."""
    flow = text.flow
    yield from candidates_by_source(flow, facts)
    yield from candidates_by_pip(flow, facts)
    yield from candidates_by_platform(flow, facts)
    wish = _principal(facts.wishes)
    if wish is None:
        return
    known = published(compat, wish.name)
    if known is None:
        yield from _other_package(flow, facts, wish)
        return
    scene = Scene(flow=flow, facts=facts, compat=compat, wish=wish, known=known)
    yield from candidates_by_machine(scene)
    yield from candidates_by_tag(scene)
    yield from candidates_by_poetry(scene)
    if wish.accelerator is not None:
        yield from candidates_by_variant(scene)
    elif wish.version is not None:
        yield from candidates_by_release(scene)
    else:
        yield from candidates_without_offer(scene)
    yield from _guesses(scene)


def _principal(wishes: tuple[Wish, ...]) -> Wish | None:
    """Return the wish that is asked about: torch before its family, the family before others."""
    for name in TRIO:
        for wish in wishes:
            if wish.name == name:
                return wish
    return wishes[0] if wishes else None


def _guesses(scene: Scene) -> Iterator[Candidate]:
    """What is left when nothing in the text decides: frequent causes, all of them only possible."""
    if NOT_FOUND.find(scene.flow) is None and NOT_SATISFIED.find(scene.flow) is None:
        return
    yield candidate(scene, "python-version", 40, "possible")
    kinds = {one.kind for one in scene.facts.indexes}
    if scene.wish.offered == () and kinds and "pytorch" not in kinds:
        yield candidate(scene, "http-status", 37, "possible", cause=_SAY_SILENT)
    windows = scene.facts.system == "windows"
    yield candidate(scene, "python-32bit" if windows else "platform-arch", 36, "possible")
    if scene.facts.system in (None, "linux"):
        yield candidate(scene, "platform-musl", 35, "possible")


def _other_package(flow: str, facts: Facts, wish: Wish) -> Iterator[Candidate]:
    at = refused_at(flow)
    if facts.indexes and wish.version is not None and _UV_NO_VERSION.find(flow) is not None:
        yield Candidate(category="index-strategy", weight=82, confidence="likely", at=at)
    if wish.name in _ARM_ONLY_X86:
        yield Candidate(category="platform-arch", weight=74, confidence="certain", at=at)
        return
    kinds = {one.kind for one in facts.indexes}
    family = wish.from_package in TRIO or wish.name.startswith("nvidia-")
    if kinds and "default" not in kinds and not wish.offered:
        sure: Confidence = "certain" if "pytorch" in kinds or wish.from_package else "likely"
        yield Candidate(category="index-no-fallback", weight=76, confidence=sure, at=at)
    elif wish.name in _COMMON and not wish.offered:
        weight = 70 if facts.indexes else 58
        yield Candidate(category="index-no-fallback", weight=weight, confidence="likely", at=at)
    elif family and not wish.offered:
        yield Candidate(category="index-no-fallback", weight=64, confidence="likely", at=at)
    elif wish.name.startswith(("nvidia-", "triton")):
        yield Candidate(category="platform-arch", weight=64, confidence="likely", at=at)
