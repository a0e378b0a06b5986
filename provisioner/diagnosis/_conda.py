"""Packages that conda does not find: another name, another system, or another channel.

conda, mamba and micromamba list what they lack and where they looked; the platform stands in the
addresses of the channels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._wishes import read_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._rules import Confidence

_LISTS: Final = tuple(
    pattern(source)
    for source in (
        (
            r"packages? (?:are |is )?(?:not available from|missing in) current [^:]{0,20}channels:"
            r"((?: {1,3}- [^ ]{1,120}){1,60})"
        ),
        r"resolvepackagenotfound:((?: {1,3}- [^ ]{1,120}){1,60})",
    )
)
_MISSING: Final = tuple(
    pattern(source)
    for source in (
        r"[└├]?[─ ]{0,4}([a-z][\w.-]{1,40} [^ ]{1,40}) {0,2}does not exist \(perhaps a typo",
        r"nothing provides (?:requested )?([a-z][\w.-]{1,40}(?: [^ ,]{1,40})?)",
    )
)
_BARE: Final = pattern(
    r"not available from current channels:"
    r"((?: {1,3}(?!current\b)[a-z][\w.=*-]{1,60}){1,20}) {1,3}current channels"
)
"""The list where the dashes before its entries were lost on the way."""
_ENTRY: Final = re.compile(r"- ([a-z][\w.-]{0,60})([^ ]{0,60})")
_NAMED: Final = re.compile(r"^([a-z][\w.-]{0,60}?)(?:[ =\[<>!~](.{0,60}))?$")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+){0,3}")
_PLATFORM: Final = re.compile(
    r"(?:/|platform: |current )"
    r"(linux-64|linux-32|linux-aarch64|linux-ppc64le|osx-64|osx-arm64|win-64|win-32|win-arm64)\b"
)
_CHANNEL: Final = pattern(r"conda\.anaconda\.org/([\w-]{2,40})")

_AROUND: Final = 1500
"""Characters before a list in which conda names the platform; three times as many after it."""
_TRIO: Final = frozenset({"pytorch", "torchvision", "torchaudio"})
_PIP_NAMES: Final = frozenset({"torch", "torch-cuda", "pytorch-gpu-cuda", "torch-vision"})
_CUDA: Final = re.compile(r"^(?:pytorch-cuda|cudatoolkit|cuda(?:-[\w-]+)?|cudnn|nccl)$")
_HOSTS: Final = frozenset({"pytorch", "conda-forge"})
"""Channels that have PyTorch beside the default ones."""
_LAST_OWN: Final = Version("2.5.1")
"""The last release on the channel ``pytorch``."""
_LAST_INTEL_MAC: Final = Version("2.2.2")
_CUDA_OF_CHANNEL: Final = frozenset({"11.6", "11.7", "11.8", "12.1", "12.4"})
"""What ``pytorch-cuda`` exists for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    name: str
    version: str | None


def candidates_by_conda(flow: str) -> Iterator[Candidate]:
    """Yield why conda does not find a package of PyTorch's."""
    at, missing = _missing(flow)
    if at is None:
        return
    said = _PLATFORM.search(flow, max(at - _AROUND, 0), at + 3 * _AROUND)
    platform = said[1] if said is not None else ""
    channels = {found[1] for found in _CHANNEL.find_all(flow)}
    for each in missing:
        yield from _why(each, platform, channels, at)


def _missing(flow: str) -> tuple[int | None, tuple[_Missing, ...]]:
    """Return where the list stands, and what is on it."""
    for each in _LISTS:
        found = each.find(flow)
        if found is not None:
            entries = [(one[1], one[2]) for one in _ENTRY.finditer(found[1])]
            return found.start(), tuple(_read(name, rest) for name, rest in entries)
    bare = _BARE.find(flow)
    if bare is not None:
        names = [_NAMED.match(one) for one in bare[1].split()]
        return bare.start(), tuple(_read(one[1], one[2] or "") for one in names if one)
    at: int | None = None
    listed = []
    for each in _MISSING:
        for found in each.find_all(flow):
            named = _NAMED.match(found[1])
            if named is not None:
                at = found.start() if at is None else at
                listed.append(_read(named[1], named[2] or ""))
    return at, tuple(listed)


def _read(name: str, rest: str) -> _Missing:
    number = _NUMBER.search(rest)
    return _Missing(name=name, version=read_version(number[0]) if number is not None else None)


def _why(one: _Missing, platform: str, channels: set[str], at: int) -> Iterator[Candidate]:
    if one.name in _PIP_NAMES:
        yield _candidate("wrong-package-name", 86, "certain", at, _SAY_NAME, _DO_NAME)
    elif _CUDA.match(one.name):
        yield from _cuda(one, platform, at)
    elif one.name in _TRIO:
        yield from _trio(one, platform, channels, at)


def _cuda(one: _Missing, platform: str, at: int) -> Iterator[Candidate]:
    if platform.startswith("osx-"):
        yield _candidate(
            "accelerator-tag",
            85,
            "certain",
            at,
            "There is no CUDA for macOS, so no package of it and no build of PyTorch with it.",
            "Leave the CUDA packages out of the command or the environment file: "
            "`conda install -c conda-forge pytorch`, or `pip install torch`.",
        )
    elif one.name == "pytorch-cuda" and one.version not in {None, *_CUDA_OF_CHANNEL}:
        yield _candidate(
            "accelerator-tag",
            80,
            "certain",
            at,
            "`pytorch-cuda` exists for CUDA 11.6, 11.7, 11.8, 12.1 and 12.4 only: PyTorch's own "
            "conda channel ended with torch 2.5.1.",
            "Newer builds are on PyTorch's index: `pip install torch --index-url "
            "https://download.pytorch.org/whl/cu128`.",
        )
    else:
        yield _candidate("index-missing-torch", 70, "likely", at, _SAY_CHANNEL, _DO_CHANNEL)


def _trio(one: _Missing, platform: str, channels: set[str], at: int) -> Iterator[Candidate]:
    version = Version(one.version) if one.version and one.name == "pytorch" else None
    if platform == "osx-64" and version is not None and version > _LAST_INTEL_MAC:
        yield _candidate("platform-macos-intel", 82, "certain", at)
    elif platform in {"win-32", "linux-32"}:
        yield _candidate("python-32bit", 86, "certain", at)
    elif platform in {"linux-aarch64", "linux-ppc64le", "win-arm64"}:
        yield _candidate("platform-arch", 80, "likely", at)
        yield _candidate("index-missing-torch", 66, "possible", at, _SAY_CHANNEL, _DO_CHANNEL)
    elif platform == "osx-arm64" and version is not None and version < Version("1.11"):
        yield _candidate("platform-arch", 78, "likely", at)
    elif version is not None and version > _LAST_OWN and "conda-forge" not in channels:
        yield _candidate(
            "index-missing-torch",
            82,
            "certain",
            at,
            "PyTorch's own conda channel ended with torch 2.5.1; newer releases are not on it.",
            _DO_CHANNEL,
        )
    else:
        sure: Confidence = "likely" if channels & _HOSTS else "certain"
        known = bool(channels)
        yield _candidate(
            "index-missing-torch",
            76 if known else 72,
            sure if known else "likely",
            at,
            _SAY_CHANNEL,
            _DO_CHANNEL,
        )


_SAY_NAME: Final = "conda's package of PyTorch is `pytorch`; `torch` is its name for pip and uv."
_DO_NAME: Final = (
    "`conda install -c conda-forge pytorch` (with torchvision and torchaudio), or `torch` below "
    "`pip:` in an environment file."
)
_SAY_CHANNEL: Final = "The conda channels that were asked do not have this package or release."
_DO_CHANNEL: Final = (
    "Take it from conda-forge, which has current releases: `conda install -c conda-forge pytorch "
    "torchvision`; or from PyTorch's index with pip: `pip install torch torchvision --index-url "
    "https://download.pytorch.org/whl/cu128` (`cpu` in its place without a GPU)."
)


def _candidate(  # noqa: PLR0913, PLR0917  texts are optional
    category: str,
    weight: int,
    confidence: Confidence,
    at: int,
    cause: str | None = None,
    fix: str | None = None,
) -> Candidate:
    return Candidate(
        category=category, weight=weight, confidence=confidence, at=at, cause=cause, fix=fix
    )
