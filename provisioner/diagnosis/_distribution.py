"""No version that fits: Python, platform, variant or index, decided with the compat data.

pip says the same few words for all of them. What it was asked for, what it was offered instead and
what else stands in the text are compared with what was published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._facts import TRIO
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._published import FIRST_FOR, LAST_FOR, explanations, published
from provisioner.diagnosis._wording import (
    say_accelerator,
    say_python,
    say_unpublished,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat
    from provisioner.diagnosis._facts import Facts, Wish
    from provisioner.diagnosis._normalise import Text
    from provisioner.diagnosis._published import Explanation, Published
    from provisioner.diagnosis._rules import Confidence

_MANYLINUX_X: Final = Version("20.3")
"""The first pip that knows tags such as ``manylinux_2_28`` (PEP 600)."""
_LAST_INTEL_MAC: Final = Version("2.2.2")
_FIRST_WINDOWS_ARM: Final = Version("2.7.0")
_BITS_32: Final = 32
_NO_WHEELS: Final = frozenset({"armv7l", "armv6l", "i686", "ppc64le", "riscv64"})
_UV_PLATFORM: Final = pattern(
    r"has no wheels with a matching platform tag \(e\.g\., `([\w.]{3,40})`\)"
)
_UV_HINT_PLATFORM: Final = pattern(r"you're on (?:linux|macos|windows) \(`([\w.]{3,40})`\), but")
_UV_CURRENT: Final = pattern(r"a source distribution or wheel for the current platform")
_UV_SUBJECT: Final = pattern(
    r"distribution `([a-z0-9][\w.-]{0,80})==[^`]{1,200}` can't be installed"
)
_NEW_TAG: Final = pattern(
    r"-manylinux_2_\d{1,2}_\w{3,10}\.whl is not a supported wheel on this platform"
)
_OLD_SOURCE: Final = pattern(r"pytorch does not currently provide packages for")
_OLD_FILE: Final = pattern(r"torch-0\.1\.2(?:\.post\d)?\.tar\.gz")
_POETRY: Final = pattern(r"unable to find installation candidates for")
_POETRY_ABI: Final = pattern(
    r"skipped as your project's environment does not support the identified abi tags"
)
_POETRY_PLATFORM: Final = pattern(
    r"skipped as your project's environment does not support the identified platform tags"
)
_NOT_FOUND: Final = pattern(r"no matching distribution found for")
_NOT_SATISFIED: Final = pattern(r"could not find a version that satisfies")
_ARM_ONLY_X86: Final = frozenset({"mkl", "intel-openmp", "tbb"})
_ROSETTA_MACOS: Final = 26
"""The last macOS that runs on Intel Macs, and there on few: newer ones are Apple silicon's."""
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
class _Scene:
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


def candidates_by_distribution(text: Text, facts: Facts, compat: Compat) -> Iterator[Candidate]:
    """Yield why no version fits; nothing where the text is about something else."""
    flow = text.flow
    yield from _old_source(flow, facts)
    yield from _old_pip(flow, facts)
    yield from _current_platform(flow, facts)
    wish = _principal(facts.wishes)
    if wish is None:
        return
    known = published(compat, wish.name)
    if known is None:
        yield from _other_package(flow, facts, wish)
        return
    scene = _Scene(flow=flow, facts=facts, compat=compat, wish=wish, known=known)
    yield from _machine(scene)
    yield from _uv_tag(scene)
    yield from _poetry(scene)
    if wish.accelerator is not None:
        yield from _variant(scene)
    elif wish.version is not None:
        yield from _version(scene)
    else:
        yield from _nothing_offered(scene)
    yield from _guesses(scene)


def _principal(wishes: tuple[Wish, ...]) -> Wish | None:
    """Return the wish that is asked about: torch before its family, the family before others."""
    for name in TRIO:
        for wish in wishes:
            if wish.name == name:
                return wish
    return wishes[0] if wishes else None


def _candidate(  # noqa: PLR0913  texts are optional
    scene: _Scene,
    category: str,
    weight: int,
    confidence: Confidence,
    *,
    cause: str | None = None,
    fix: str | None = None,
) -> Candidate:
    return Candidate(
        category=category,
        weight=weight,
        confidence=confidence,
        at=_place(scene.flow),
        cause=cause,
        fix=fix,
    )


def _place(flow: str) -> int | None:
    """Return where the tool says that there is nothing."""
    for each in (_NOT_SATISFIED, _NOT_FOUND, _UV_PLATFORM, _POETRY, _UV_CURRENT):
        found = each.find(flow)
        if found is not None:
            return found.start()
    return None


# -- the machine


def _machine(scene: _Scene) -> Iterator[Candidate]:
    """A kind of machine that no wheel exists for, whatever the version."""
    facts, version = scene.facts, scene.version
    if facts.libc == "musl":
        yield _candidate(scene, "platform-musl", 84, "certain")
    if facts.bits == _BITS_32 and facts.machine not in _NO_WHEELS - {"i686"}:
        yield _candidate(scene, "python-32bit", 84, "certain")
    elif facts.machine in _NO_WHEELS:
        yield _candidate(scene, "platform-arch", 83, "certain")
    if scene.platform == "windows-arm64" and (
        version is None or Version(version) < _FIRST_WINDOWS_ARM
    ):
        yield _candidate(scene, "platform-arch", 80, "certain" if version else "likely")
    if scene.platform == "macos-x86_64":
        yield from _intel_mac(scene)


def _intel_mac(scene: _Scene) -> Iterator[Candidate]:
    version = scene.version
    if version is not None and _torch_of(scene, version) <= _LAST_INTEL_MAC:
        return
    if _is_apple_chip(scene):
        yield _candidate(scene, "platform-rosetta", 85, "certain")
        yield _candidate(scene, "platform-macos-intel", 70, "possible")
        return
    macos = _macos_of(scene.flow)
    if macos is not None and macos >= _ROSETTA_MACOS:
        yield _candidate(
            scene, "platform-rosetta", 82, "certain" if macos > _ROSETTA_MACOS else "likely"
        )
        yield _candidate(scene, "platform-macos-intel", 78, "possible")
        return
    yield _candidate(scene, "platform-macos-intel", 82, "certain" if version else "likely")


def _is_apple_chip(scene: _Scene) -> bool:
    """Whether the text shows an Apple processor, whatever Python it runs."""
    if scene.platform == "macos-arm64":
        return True
    return any(each.find(scene.flow) for each in _ARM_SIGNS)


def _torch_of(scene: _Scene, version: str) -> Version:
    """Return the torch that a version means: of a member, the one it goes with."""
    if scene.wish.name == "torch":
        return Version(version)
    member = scene.compat.members.get((scene.wish.name, version))
    return Version(member.built_for[0]) if member and member.built_for else Version("99")


def _macos_of(flow: str) -> int | None:
    for each in (_UV_PLATFORM, _UV_HINT_PLATFORM):
        found = each.find(flow)
        if found is not None and found[1].startswith("macosx_"):
            return int(found[1].split("_")[1])
    return None


# -- uv and poetry say more than pip


def _uv_tag(scene: _Scene) -> Iterator[Candidate]:
    found = _UV_PLATFORM.find(scene.flow) or _UV_HINT_PLATFORM.find(scene.flow)
    if found is None:
        return
    tag = found[1]
    if tag.startswith("musllinux"):
        yield _candidate(scene, "platform-musl", 90, "certain")
    elif tag == "win32":
        yield _candidate(scene, "python-32bit", 90, "certain")
    elif tag.startswith("manylinux_2_") and tag.endswith(("_x86_64", "_aarch64")):
        yield from _uv_glibc(scene, tag)
    elif not tag.endswith("_x86_64") or not tag.startswith("macosx"):
        variant = scene.wish.accelerator is not None and not tag.startswith("linux_")
        yield _candidate(
            scene,
            "accelerator-tag" if variant else "platform-arch",
            80,
            "certain" if variant else "likely",
        )


def _uv_glibc(scene: _Scene, tag: str) -> Iterator[Candidate]:
    """A wheel for newer glibcs, or none at all for this processor."""
    glibc = Version("2." + tag.split("_")[2])
    machine = "linux-x86_64" if tag.endswith("x86_64") else "linux-aarch64"
    places = scene.known.at(scene.version or "", platform=machine)
    if scene.wish.accelerator is not None:
        places = tuple(one for one in places if one.accelerator == scene.wish.accelerator)
    needed = [Version(place.glibc) for place in places if place.glibc is not None]
    if (needed and min(needed) > glibc) or (not needed and glibc < Version("2.28")):
        yield _candidate(scene, "platform-glibc", 88, "certain")
    elif not places and scene.wish.accelerator is not None:
        yield _candidate(scene, "accelerator-tag", 80, "likely")
    elif machine == "linux-aarch64":
        yield _candidate(scene, "platform-arch", 80, "likely")
    else:
        yield _candidate(scene, "platform-glibc", 70, "possible")


def _poetry(scene: _Scene) -> Iterator[Candidate]:
    if _POETRY.find(scene.flow) is None:
        return
    if _POETRY_ABI.find(scene.flow) is not None:
        yield _candidate(scene, "python-version", 78, "certain")
    elif _POETRY_PLATFORM.find(scene.flow) is not None:
        yield from _platform_guesses(scene, 70)
    else:
        yield _candidate(scene, "python-version", 60, "likely")
        yield _candidate(scene, "platform-macos-intel", 50, "possible")


def _current_platform(flow: str, facts: Facts) -> Iterator[Candidate]:
    """``can't be installed because it doesn't have a … wheel for the current platform``."""
    if _UV_CURRENT.find(flow) is None:
        return
    subject = _UV_SUBJECT.find(flow)
    at = _UV_CURRENT.find(flow).start()  # type: ignore[union-attr]  # seen above
    name = subject[1] if subject is not None else ""
    is_linux_only = name.startswith(("nvidia-", "triton", "pytorch-triton"))
    if facts.libc == "musl":
        yield Candidate(category="platform-musl", weight=86, confidence="certain", at=at)
    if is_linux_only:
        yield Candidate(category="platform-arch", weight=62, confidence="possible", at=at)
        yield Candidate(category="platform-musl", weight=61, confidence="possible", at=at)
        yield Candidate(category="platform-glibc", weight=60, confidence="possible", at=at)
    elif facts.machine not in (None, "x86_64"):
        yield Candidate(category="platform-arch", weight=64, confidence="likely", at=at)
    else:
        yield Candidate(category="platform-macos-intel", weight=64, confidence="likely", at=at)
        yield Candidate(category="python-version", weight=58, confidence="possible", at=at)


def _old_source(flow: str, facts: Facts) -> Iterator[Candidate]:
    """Pip fell back to the oldest upload, a source archive that only refuses: no wheel fits."""
    found = _OLD_SOURCE.find(flow) or _OLD_FILE.find(flow)
    if found is None:
        return
    at = found.start()
    if facts.libc == "musl":
        yield Candidate(category="platform-musl", weight=84, confidence="certain", at=at)
    elif facts.bits == _BITS_32:
        yield Candidate(category="python-32bit", weight=80, confidence="certain", at=at)
    elif facts.machine in _NO_WHEELS:
        yield Candidate(category="platform-arch", weight=80, confidence="certain", at=at)
    else:
        yield Candidate(category="python-version", weight=66, confidence="likely", at=at)
        yield Candidate(category="python-32bit", weight=58, confidence="possible", at=at)
        yield Candidate(category="platform-arch", weight=50, confidence="possible", at=at)


def _old_pip(flow: str, facts: Facts) -> Iterator[Candidate]:
    """A pip that does not know the tag of the wheel that it is given."""
    found = _NEW_TAG.find(flow)
    if found is not None and facts.pip is not None and Version(facts.pip) < _MANYLINUX_X:
        yield Candidate(category="pip-outdated", weight=91, confidence="certain", at=found.start())


# -- a variant such as +cu118


def _variant(scene: _Scene) -> Iterator[Candidate]:
    wish, known, facts = scene.wish, scene.known, scene.facts
    version, accelerator = wish.version or "", wish.accelerator or ""
    here = known.at(version, accelerator=accelerator, index="pytorch")
    if not known.knows(version):
        yield from _old_variant(scene)
        return
    if not here:
        yield _candidate(
            scene,
            "accelerator-tag",
            82,
            "certain",
            cause=say_accelerator(known, version, accelerator),
            fix=_variant_fix(scene),
        )
        return
    platform = scene.platform
    elsewhere = platform is not None and all(place.platform != platform for place in here)
    on_mac = facts.system == "macos"
    if elsewhere or on_mac:
        yield _candidate(
            scene,
            "accelerator-tag",
            82,
            "certain" if elsewhere or on_mac else "likely",
            cause=say_accelerator(known, version, accelerator, platform or facts.system),
            fix=_variant_fix(scene),
        )
        return
    if facts.python is not None and not any(facts.python in place.pythons for place in here):
        yield _python_candidate(scene, 81, "certain")
        return
    if _is_asked(scene, accelerator):
        yield from _present_variant(scene)
        return
    said = wish.offered is not None or bool(facts.indexes)
    poetry = _POETRY.find(scene.flow) is not None
    weight = 55 if poetry else 80
    yield _candidate(scene, "index-missing-torch", weight, "certain" if said else "likely")


def _is_asked(scene: _Scene, accelerator: str) -> bool:
    """Whether PyTorch's index for the variant was asked, or one that is not told apart."""
    return any(
        one.kind == "pytorch" and one.accelerator in (accelerator, None)
        for one in scene.facts.indexes
    ) or any(f"+{accelerator}" in one for one in scene.wish.offered or ())


def _present_variant(scene: _Scene) -> Iterator[Candidate]:
    """The index was asked and has it, but not for this machine."""
    version = scene.version or ""
    offered = tuple(
        one.partition("+")[0]
        for one in scene.wish.offered or ()
        if one.endswith(f"+{scene.wish.accelerator}")
    )
    found = explanations(scene.known, version, offered, scene.wish.accelerator)
    yield from _explained(scene, found)
    if not found:
        yield _candidate(scene, "python-version", 66, "likely")
        yield from _platform_guesses(scene, 50)


def _old_variant(scene: _Scene) -> Iterator[Candidate]:
    """A release that the compat data does not have."""
    version = Version(scene.version or "0")
    newest, oldest = Version(scene.known.versions[-1]), Version(scene.known.versions[0])
    if oldest <= version <= newest:
        yield _candidate(
            scene,
            "no-such-version",
            80,
            "certain",
            cause=say_unpublished(scene.known, str(version)),
        )
    elif version > newest:
        yield _candidate(
            scene, "no-such-version", 60, "likely", cause=say_unpublished(scene.known, str(version))
        )
    elif _is_asked(scene, scene.wish.accelerator or ""):
        python = scene.facts.python
        last = LAST_FOR.get(python or "")
        sure = python is not None and (
            _first_for(scene, python) > version or (last is not None and Version(last) < version)
        )
        yield _candidate(scene, "python-version", 72, "certain" if sure else "likely")
        yield from _platform_guesses(scene, 50)
    else:
        offered = [Version(one) for one in scene.wish.offered or ()]
        newer = bool(offered) and min(offered) > version
        yield _candidate(scene, "index-missing-torch", 74, "likely")
        yield _candidate(scene, "python-version", 77 if newer else 60, "likely")


def _first_for(scene: _Scene, python: str) -> Version:
    """Return the first release that has wheels for a Python."""
    if python in FIRST_FOR:
        return Version(FIRST_FOR[python])
    releases = scene.known.with_python(python)
    return Version(releases[0]) if releases else Version("99")


def _variant_fix(scene: _Scene) -> str | None:
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


# -- a version without a variant


def _version(scene: _Scene) -> Iterator[Candidate]:
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
    target = _satisfying(known, wish.operator, version)
    if (
        python is not None
        and target
        and not any(python in place.pythons for one in target for place in known.at(one))
    ):
        yield _python_candidate(scene, 80, "certain")
        return
    yield from _by_offer(scene, target)


def _satisfying(known: Published, operator: str, version: str) -> tuple[str, ...]:
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


def _unknown_version(scene: _Scene) -> Iterator[Candidate]:
    """Older or newer than the compat data, or never published."""
    known, version = scene.known, Version(scene.version or "0")
    if _satisfying(known, "==", scene.version or ""):
        yield from _by_offer(scene, _satisfying(known, "==", scene.version or ""))
        return
    oldest, newest = Version(known.versions[0]), Version(known.versions[-1])
    if version > oldest:
        weight, sure = (79, "certain") if version < newest else (62, "likely")
        yield _candidate(
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
        yield _candidate(
            scene,
            "python-version",
            76 if above else 66,
            "certain" if above and len(offered) > 1 else "likely",
        )
        return
    last = Version(LAST_FOR.get(python, "99"))
    if not _first_for(scene, python) <= version <= last:
        yield _candidate(scene, "python-version", 78, "certain")
    elif offered and min(offered) > version and len(offered) > 2:  # noqa: PLR2004  a list, no scrap
        yield _candidate(scene, "python-version", 74, "likely")
    else:
        yield from _platform_guesses(scene, 62)


def _on_one_index(scene: _Scene, accelerator: str) -> Iterator[Candidate]:
    """Only one of PyTorch's indexes was asked."""
    known, python = scene.known, scene.facts.python
    wish = scene.wish
    target = _satisfying(known, wish.operator, wish.version or "")
    here = [place for one in target for place in known.at(one, accelerator=accelerator)]
    if not here:
        yield _candidate(
            scene,
            "accelerator-tag",
            74,
            "likely",
            cause=say_accelerator(known, target[-1] if target else wish.version or "", accelerator),
            fix=_variant_fix(scene),
        )
        yield _candidate(scene, "index-missing-torch", 66, "possible")
        return
    if python is not None and not any(python in place.pythons for place in here):
        yield _python_candidate(scene, 80, "certain")
        return
    offered = tuple(one.partition("+")[0] for one in wish.offered or ())
    if not offered and _UV_PLATFORM.find(scene.flow) is None and wish.offered is None:
        yield _candidate(scene, "index-missing-torch", 72, "likely")
        return
    found = explanations(known, target[-1], offered, accelerator)
    yield from _explained(scene, found)
    if not found:
        yield _candidate(scene, "python-version", 62, "likely")
        yield from _platform_guesses(scene, 50)


def _by_offer(scene: _Scene, target: tuple[str, ...]) -> Iterator[Candidate]:
    wish = scene.wish
    if wish.offered is None:
        if _POETRY.find(scene.flow) is None and wish.operator == "==":
            yield _candidate(scene, "index-missing-torch", 60, "likely")
        return
    public = tuple(one for one in wish.offered if "+" not in one)
    if not public:
        yield from _nothing_offered(scene)
        return
    found = explanations(scene.known, target[0] if target else wish.version or "", public, None)
    yield from _explained(scene, found)
    if not found:
        yield from _by_ends(scene, public)


def _explained(scene: _Scene, found: tuple[Explanation, ...]) -> Iterator[Candidate]:
    """Turn machines on which the offer makes sense into causes."""
    facts = scene.facts
    if found and all(one.platform == "macos-x86_64" for one in found) and _is_apple_chip(scene):
        yield _candidate(scene, "platform-rosetta", 80, "certain")
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
    only = len(groups) == 1
    order = (
        "free-threaded-python",
        "python-version",
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
            yield _candidate(
                scene,
                category,
                weight,
                sure,
                cause=say_python(scene.known, version, python, guessed=facts.python is None),
            )
        else:
            yield _candidate(scene, category, weight, sure)
        weight -= 8


def _why(scene: _Scene, one: Explanation, version: str) -> str:
    """Return the cause that a machine would be."""
    pip = scene.facts.pip
    if one.glibc is not None:
        return (
            "pip-outdated" if pip is not None and Version(pip) < _MANYLINUX_X else "platform-glibc"
        )
    if one.python.endswith("t"):
        return "free-threaded-python"
    if one.platform == "macos-x86_64":
        target = _satisfying(scene.known, scene.wish.operator, version) or (version,)
        if all(_torch_of(scene, it) > _LAST_INTEL_MAC for it in target):
            return "platform-macos-intel"
    places = scene.known.at(version, platform=one.platform)
    return "python-version" if places or not scene.known.knows(version) else "platform-arch"


def _by_ends(scene: _Scene, offered: tuple[str, ...]) -> Iterator[Candidate]:
    """The offer fits no machine that is known; whether it lies above or below still says much."""
    facts, version = scene.facts, Version(scene.version or "0")
    versions = [Version(one) for one in offered]
    if max(versions) == _LAST_INTEL_MAC < version and facts.system in (None, "macos"):
        name = "platform-rosetta" if _is_apple_chip(scene) else "platform-macos-intel"
        yield _candidate(scene, name, 72, "likely")
    if facts.python is not None and len(versions) <= 2:  # noqa: PLR2004  a scrap, no list
        yield from _platform_guesses(scene, 62)
        return
    if facts.pip is not None and Version(facts.pip) < _MANYLINUX_X and max(versions) < version:
        yield _candidate(scene, "pip-outdated", 70, "likely")
    if min(versions) > version or max(versions) < version:
        yield _candidate(scene, "python-version", 68, "likely")
        yield from _platform_guesses(scene, 50)
    else:
        yield _candidate(scene, "python-version", 56, "possible")
        yield _candidate(scene, "index-missing-torch", 55, "possible")


def _nothing_offered(scene: _Scene) -> Iterator[Candidate]:
    """``from versions: none``: nothing of torch at all for this machine on what was asked."""
    facts, known, wish = scene.facts, scene.known, scene.wish
    if wish.offered is None and _NOT_FOUND.find(scene.flow) is None:
        return
    accelerator = scene.only_accelerator
    if facts.python is not None:
        builds = [
            place for one in known.versions for place in known.at(one, accelerator=accelerator)
        ]
        if not any(facts.python in place.pythons for place in builds):
            yield _python_candidate(scene, 79, "certain")
            return
    if accelerator is not None and not known.with_accelerator(accelerator):
        yield _candidate(
            scene,
            "accelerator-tag",
            70,
            "likely",
            cause=say_accelerator(known, "", accelerator),
        )


def _python_candidate(scene: _Scene, weight: int, confidence: Confidence) -> Candidate:
    free = bool(scene.facts.python and scene.facts.python.endswith("t"))
    if free:
        return _candidate(scene, "free-threaded-python", weight + 2, confidence)
    return _candidate(
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


def _platform_guesses(scene: _Scene, weight: int) -> Iterator[Candidate]:
    """The kinds of machine for which wheels are missing, the more frequent first."""
    linux = scene.facts.system in (None, "linux")
    names = ("platform-musl", "platform-arch") if linux else ("platform-arch",)
    if scene.facts.system == "macos":
        names = ("platform-macos-intel", "platform-rosetta")
    for number, name in enumerate(names):
        sure: Confidence = "likely" if weight > 60 and not number else "possible"  # noqa: PLR2004
        yield _candidate(scene, name, weight - 4 * number, sure)


def _guesses(scene: _Scene) -> Iterator[Candidate]:
    """What is left when nothing in the text decides: frequent causes, all of them only possible."""
    if _NOT_FOUND.find(scene.flow) is None and _NOT_SATISFIED.find(scene.flow) is None:
        return
    yield _candidate(scene, "python-version", 40, "possible")
    windows = scene.facts.system == "windows"
    yield _candidate(scene, "python-32bit" if windows else "platform-arch", 36, "possible")
    if scene.facts.system in (None, "linux"):
        yield _candidate(scene, "platform-musl", 35, "possible")


# -- other packages


def _other_package(flow: str, facts: Facts, wish: Wish) -> Iterator[Candidate]:
    at = _place(flow)
    if wish.name in _ARM_ONLY_X86:
        yield Candidate(category="platform-arch", weight=74, confidence="certain", at=at)
        return
    kinds = {one.kind for one in facts.indexes}
    family = wish.from_package in TRIO or wish.name.startswith("nvidia-")
    if kinds and "default" not in kinds and not wish.offered:
        sure: Confidence = "certain" if "pytorch" in kinds or wish.from_package else "likely"
        yield Candidate(category="index-no-fallback", weight=76, confidence=sure, at=at)
    elif family and not wish.offered:
        yield Candidate(category="index-no-fallback", weight=64, confidence="likely", at=at)
    elif wish.name.startswith(("nvidia-", "triton")):
        yield Candidate(category="platform-arch", weight=64, confidence="likely", at=at)
