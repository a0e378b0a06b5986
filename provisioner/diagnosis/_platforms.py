"""Machines that no wheel exists for, and what uv and poetry say of the machine themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import Version

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._scene import (
    LAST_INTEL_MAC,
    MANYLINUX_X,
    POETRY,
    UV_CURRENT,
    UV_PLATFORM,
    candidate,
    is_apple_chip,
    platform_guesses,
    python_candidate,
    torch_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._facts import Facts
    from provisioner.diagnosis._scene import Scene


_FIRST_WINDOWS_ARM: Final = Version("2.7.0")
_BITS_32: Final = 32
_ARM_32: Final = frozenset({"armv7l", "armv6l"})
_DO_64_BIT: Final = (
    "Install the 64-bit edition of the system (Raspberry Pi OS 64-bit; `uname -m` must say "
    "`aarch64`) and run the command again; there is no torch for 32-bit ARM."
)
_NO_WHEELS: Final = frozenset({"armv7l", "armv6l", "i686", "ppc64le", "riscv64"})
_UV_HINT_PLATFORM: Final = pattern(r"you're on (?:linux|macos|windows) \(`([\w.]{3,40})`\), but")
_UV_LISTED: Final = pattern(
    r"only has wheels for the following platforms?: ((?:`[\w.]{3,40}`(?:, )?){1,40})"
)
_MACHINE_TAGS: Final = {
    "windows-x86_64": ("win", "_amd64"),
    "linux-x86_64": ("linux", "_x86_64"),
    "linux-aarch64": ("linux", "_aarch64"),
    "macos-arm64": ("macosx", "_arm64"),
}
"""How the platform tags of a machine's wheels go."""
_UV_SUBJECT: Final = pattern(
    r"distribution `?([a-z0-9][\w.-]{0,80})==[^`]{1,200}?`? can't be installed"
)
_NEW_TAG: Final = pattern(
    r"-manylinux_2_\d{1,2}_\w{3,10}\.whl is not a supported wheel on this platform"
)
_OLD_SOURCE: Final = pattern(r"pytorch does not currently provide packages for")
_OLD_FILE: Final = pattern(r"torch-0\.1\.2(?:\.post\d)?\.tar\.gz")
_POETRY_ABI: Final = pattern(
    r"skipped as your project's environment does not support the identified abi tags"
)
_POETRY_PLATFORM: Final = pattern(
    r"skipped as your project's environment does not support the identified platform tags"
)
_ROSETTA_MACOS: Final = 26
"""The last macOS that runs on Intel Macs, and there on few: newer ones are Apple silicon's."""


def candidates_by_machine(scene: Scene) -> Iterator[Candidate]:
    """A kind of machine that no wheel exists for, whatever the version."""
    facts, version = scene.facts, scene.version
    if facts.libc == "musl":
        yield candidate(scene, "platform-musl", 84, "certain")
    if facts.bits == _BITS_32 and facts.machine not in _NO_WHEELS - {"i686"}:
        yield candidate(scene, "python-32bit", 84, "certain")
    elif facts.machine in _NO_WHEELS:
        fix = _DO_64_BIT if facts.machine in _ARM_32 else None
        yield candidate(scene, "platform-arch", 83, "certain", fix=fix)
    if scene.platform == "windows-arm64" and (
        version is None or Version(version) < _FIRST_WINDOWS_ARM
    ):
        yield candidate(scene, "platform-arch", 80, "certain" if version else "likely")
    if scene.platform == "macos-x86_64":
        yield from _intel_mac(scene)


def _intel_mac(scene: Scene) -> Iterator[Candidate]:
    version = scene.version
    if version is not None and torch_of(scene, version) <= LAST_INTEL_MAC:
        return
    if is_apple_chip(scene):
        yield candidate(scene, "platform-rosetta", 85, "certain")
        yield candidate(scene, "platform-macos-intel", 70, "possible")
        return
    macos = _macos_of(scene.flow)
    if macos is not None and macos >= _ROSETTA_MACOS:
        yield candidate(
            scene, "platform-rosetta", 82, "certain" if macos > _ROSETTA_MACOS else "likely"
        )
        yield candidate(scene, "platform-macos-intel", 78, "possible")
        return
    yield candidate(scene, "platform-macos-intel", 82, "certain" if version else "likely")


def _macos_of(flow: str) -> int | None:
    for each in (UV_PLATFORM, _UV_HINT_PLATFORM):
        found = each.find(flow)
        if found is not None and found[1].startswith("macosx_"):
            return int(found[1].split("_")[1])
    return None


def candidates_by_tag(scene: Scene) -> Iterator[Candidate]:
    """Yield what the platform tag means that uv looked for."""
    found = UV_PLATFORM.find(scene.flow) or _UV_HINT_PLATFORM.find(scene.flow)
    if found is None:
        return
    tag = found[1]
    if tag.startswith("musllinux"):
        yield candidate(scene, "platform-musl", 90, "certain")
    elif tag == "win32":
        yield candidate(scene, "python-32bit", 90, "certain")
    elif (local := _not_locked(scene)) is not None:
        yield local
    elif tag.startswith("manylinux_2_") and tag.endswith(("_x86_64", "_aarch64")):
        yield from _uv_glibc(scene, tag)
    elif not tag.endswith("_x86_64") or not tag.startswith("macosx"):
        variant = scene.wish.accelerator is not None and not tag.startswith("linux_")
        yield candidate(
            scene,
            "accelerator-tag" if variant else "platform-arch",
            80,
            "certain" if variant else "likely",
        )


def _not_locked(scene: Scene) -> Candidate | None:
    """The release has wheels for this machine, but the lock lists those of other machines only."""
    platform, version = scene.platform or "", scene.version
    mine, listed = _MACHINE_TAGS.get(platform), _UV_LISTED.find(scene.flow)
    if version is None or mine is None or listed is None or scene.wish.accelerator is not None:
        return None
    tags = listed[1].replace("`", "").split(", ")
    python = scene.facts.python
    if any(mine[0] in tag and tag.strip().endswith(mine[1]) for tag in tags):
        return None
    accelerator, name = scene.only_accelerator, scene.wish.name
    here = [
        one for one in scene.known.at(version, platform=platform) if python in (None, *one.pythons)
    ]
    anew = f"make the lock anew: `uv lock --upgrade-package {name}`."
    if any((one.accelerator, one.index) == (accelerator, "pytorch") for one in here) and (
        platform.endswith("x86_64")
    ):
        full = f"{name}=={version}+{accelerator}"
        category = "index-missing-torch"
        cause = (
            f"For this machine the index has `{full}`; the wheels under the version without "
            f"`+{accelerator}` are for other machines, and that version is the one that was locked."
        )
        fix = (
            f'Ask for `"{full}"` on this machine (with a marker for the system if the project is '
            f"for several), and {anew}"
        )
    elif here:
        category = "lock-other-machines"
        cause = (
            f"The wheels that were locked are for other machines only. {name} {version} itself "
            "has some for this one, but the index of the lock does not, or not under this version."
        )
        fix = (
            "Give that index only for the systems that need it (a `marker` in `tool.uv.sources`), "
            f"name this machine in `tool.uv.required-environments`, and {anew}"
        )
    else:
        return None
    return candidate(scene, category, 82, "likely", cause=cause, fix=fix)


def _uv_glibc(scene: Scene, tag: str) -> Iterator[Candidate]:
    """A wheel for newer glibcs, or none at all for this processor."""
    glibc = Version("2." + tag.split("_")[2])
    machine = "linux-x86_64" if tag.endswith("x86_64") else "linux-aarch64"
    places = scene.known.at(scene.version or "", platform=machine)
    if scene.wish.accelerator is not None:
        places = tuple(one for one in places if one.accelerator == scene.wish.accelerator)
    needed = [Version(place.glibc) for place in places if place.glibc is not None]
    if (needed and min(needed) > glibc) or (not needed and glibc < Version("2.28")):
        yield candidate(scene, "platform-glibc", 88, "certain")
    elif not places and scene.wish.accelerator is not None:
        yield candidate(scene, "accelerator-tag", 80, "likely")
    elif machine == "linux-aarch64":
        yield candidate(scene, "platform-arch", 80, "likely")
    else:
        yield candidate(scene, "platform-glibc", 70, "possible")


def candidates_by_poetry(scene: Scene) -> Iterator[Candidate]:
    """Yield why poetry found no candidate for an installation."""
    if POETRY.find(scene.flow) is None:
        return
    if _POETRY_ABI.find(scene.flow) is not None:
        yield from _poetry_abi(scene)
    elif _POETRY_PLATFORM.find(scene.flow) is not None:
        yield from platform_guesses(scene, 70)
    else:
        yield from _poetry_silent(scene)


def _poetry_silent(scene: Scene) -> Iterator[Candidate]:
    """Older poetries say nothing but that: a Python that has wheels leaves the machine."""
    facts, version = scene.facts, scene.version
    newer = version is not None and torch_of(scene, version) > LAST_INTEL_MAC
    pythons = {py for place in scene.known.at(version or "") for py in place.pythons}
    suits = facts.python is not None and facts.python in pythons
    on_mac = suits and newer and facts.system == "macos"
    yield python_candidate(scene, 50 if on_mac else 60, "likely")
    yield candidate(
        scene, "platform-macos-intel", 60 if on_mac else 50, "likely" if on_mac else "possible"
    )


def _poetry_abi(scene: Scene) -> Iterator[Candidate]:
    """No wheel has the interpreter's tags: its Python, or the last ones of an Intel Mac are gone.

    poetry counts a wheel by the first tag that does not fit, and says ABI for both.
    """
    facts, version = scene.facts, scene.version
    pythons = {py for place in scene.known.at(version or "") for py in place.pythons}
    newer = version is not None and torch_of(scene, version) > LAST_INTEL_MAC
    if facts.python is not None and pythons and facts.python in pythons:
        if newer and facts.system in (None, "macos"):
            yield from (
                _intel_mac(scene)
                if facts.machine == "x86_64"
                else (candidate(scene, "platform-macos-intel", 76, "likely"),)
            )
        yield from platform_guesses(scene, 60)
        return
    sure = facts.python is not None or not newer or facts.system in ("linux", "windows")
    yield python_candidate(scene, 78, "certain" if sure else "likely")
    if not sure:
        yield candidate(scene, "platform-macos-intel", 66, "possible")


def candidates_by_platform(flow: str, facts: Facts) -> Iterator[Candidate]:
    """``can't be installed because it doesn't have a … wheel for the current platform``."""
    if UV_CURRENT.find(flow) is None:
        return
    subject = _UV_SUBJECT.find(flow)
    at = UV_CURRENT.find(flow).start()  # type: ignore[union-attr]  # seen above
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
    elif facts.system not in (None, "macos"):
        yield Candidate(category="python-version", weight=62, confidence="likely", at=at)
    else:
        yield Candidate(category="platform-macos-intel", weight=64, confidence="likely", at=at)
        yield Candidate(category="python-version", weight=58, confidence="possible", at=at)


def candidates_by_source(flow: str, facts: Facts) -> Iterator[Candidate]:
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


def candidates_by_pip(flow: str, facts: Facts) -> Iterator[Candidate]:
    """A pip that does not know the tag of the wheel that it is given."""
    found = _NEW_TAG.find(flow)
    if found is not None and facts.pip is not None and Version(facts.pip) < MANYLINUX_X:
        yield Candidate(category="pip-outdated", weight=91, confidence="certain", at=found.start())
