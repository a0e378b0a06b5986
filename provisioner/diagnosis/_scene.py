"""A requirement that nothing fits, with what is known about it: what every question is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._wording import say_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat
    from provisioner.diagnosis._facts import Facts
    from provisioner.diagnosis._published import Published
    from provisioner.diagnosis._rules import Confidence
    from provisioner.diagnosis._wishes import Wish


MANYLINUX_X: Final = Version("20.3")
"""The first pip that knows tags such as ``manylinux_2_28`` (PEP 600)."""
LAST_INTEL_MAC: Final = Version("2.2.2")
NOT_FOUND: Final = pattern(r"no matching distribution found for")
NOT_SATISFIED: Final = pattern(r"could not find a version that satisfies")
UV_PLATFORM: Final = pattern(
    r"has no wheels with a matching platform tag \(e\.g\., `([\w.]{3,40})`\)"
)
UV_NOT_FOUND: Final = pattern(r"was not found in the package registry")
UV_CURRENT: Final = pattern(r"a source distribution or wheel for the current platform")
POETRY: Final = pattern(r"unable to find installation candidates for")
_ARM_SIGNS: Final = tuple(
    pattern(source)
    for source in (
        r"\bapple m\d\b",
        r"/opt/homebrew/",
        r"\bapple silicon\b",
        r"uname -m.{0,80}\barm64\b",
        r"mach-o 64-bit executable x86_64",
        r"\bmachine: arm64\b",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What all questions are about."""

    flow: str
    facts: Facts
    compat: Compat
    wish: Wish
    known: Published

    @property
    def version(self) -> str | None:
        return self.wish.version

    @property
    def platform(self) -> str | None:
        """The platform as the compat data names it, None where the text does not say."""
        system, machine = self.facts.system, self.facts.machine
        if system is None or machine is None:
            return None
        name = machine if system != "linux" or machine != "arm64" else "aarch64"
        return f"{system}-{name}"

    @property
    def asked(self) -> tuple[str, ...]:
        """Accelerators of the PyTorch indexes that were asked."""
        return tuple(one.accelerator for one in self.facts.indexes if one.accelerator is not None)

    @property
    def only_accelerator(self) -> str | None:
        """The accelerator where one index of PyTorch's was asked and nothing else."""
        kinds = {one.kind for one in self.facts.indexes}
        return self.asked[0] if kinds == {"pytorch"} and len(set(self.asked)) == 1 else None


def candidate(  # noqa: PLR0913  texts are optional
    scene: Scene,
    category: str,
    weight: int,
    confidence: Confidence,
    *,
    cause: str | None = None,
    fix: str | None = None,
) -> Candidate:
    """Return a cause of the scene, shown where the tool says that there is nothing."""
    return Candidate(
        category=category,
        weight=weight,
        confidence=confidence,
        at=refused_at(scene.flow),
        cause=cause,
        fix=fix,
    )


def refused_at(flow: str) -> int | None:
    """Return where the tool says that there is nothing."""
    for each in (NOT_SATISFIED, NOT_FOUND, UV_PLATFORM, POETRY, UV_CURRENT, UV_NOT_FOUND):
        found = each.find(flow)
        if found is not None:
            return found.start()
    return None


def is_apple_chip(scene: Scene) -> bool:
    """Whether the text shows an Apple processor, whatever Python it runs."""
    if scene.platform == "macos-arm64":
        return True
    return any(each.find(scene.flow) for each in _ARM_SIGNS)


def torch_of(scene: Scene, version: str) -> Version:
    """Return the torch that a version means: of a member, the one it goes with."""
    if scene.wish.name == "torch":
        return Version(version)
    member = scene.compat.members.get((scene.wish.name, version))
    return Version(member.built_for[0]) if member and member.built_for else Version("99")


def satisfying(known: Published, operator: str, version: str) -> tuple[str, ...]:
    """Return the releases that a simple requirement admits."""
    order = Version(version)
    match operator:
        case ">=" | ">":
            return tuple(one for one in known.versions if Version(one) >= order)
        case "<" | "<=":
            return tuple(one for one in known.versions if Version(one) <= order)
        case "~=":
            return tuple(
                one
                for one in known.versions
                if Version(one) >= order and one.split(".")[0] == version.split(".", maxsplit=1)[0]
            )
        case _:
            exact = tuple(one for one in known.versions if one == version)
            return exact or tuple(one for one in known.versions if one.startswith(version + "."))


def admitted(scene: Scene) -> tuple[str, ...]:
    """Return the releases that the whole wish admits, all clauses of a range."""
    wish = scene.wish
    found = satisfying(scene.known, wish.operator, wish.version or "")
    for operator, version in wish.limits:
        limit = Version(version)
        match operator:
            case "<":
                found = tuple(one for one in found if Version(one) < limit)
            case "<=":
                found = tuple(one for one in found if Version(one) <= limit)
            case "!=":
                found = tuple(one for one in found if Version(one) != limit)
            case ">" | ">=":
                found = tuple(one for one in found if Version(one) >= limit)
            case _:
                continue
    return found


def python_candidate(scene: Scene, weight: int, confidence: Confidence) -> Candidate:
    """Return that the Python in use has no wheel, with the Pythons that have one."""
    free = bool(scene.facts.python and scene.facts.python.endswith("t"))
    if free:
        return candidate(scene, "free-threaded-python", weight + 2, confidence)
    return candidate(
        scene,
        "python-version",
        weight,
        confidence,
        cause=say_python(
            scene.known,
            scene.version,
            scene.facts.python,
            accelerator=scene.only_accelerator or scene.wish.accelerator,
        ),
    )


def platform_guesses(scene: Scene, weight: int) -> Iterator[Candidate]:
    """The kinds of machine for which wheels are missing, the more frequent first."""
    linux = scene.facts.system in (None, "linux")
    names = ("platform-musl", "platform-arch") if linux else ("platform-arch",)
    if scene.facts.system == "macos":
        names = ("platform-macos-intel", "platform-rosetta")
    for number, name in enumerate(names):
        sure: Confidence = "likely" if weight > 60 and not number else "possible"  # noqa: PLR2004
        yield candidate(scene, name, weight - 4 * number, sure)
