"""Names of accelerators and platforms: what is one, what was meant instead, what goes together.

Which releases exist for which accelerator is the compat data's business; here it is only decided
whether a word can be one at all, so that a spec can be checked without any data.
"""

from __future__ import annotations

import re
from typing import Final

from provisioner.spec._problems import UnfitError, one_of

ACCELERATOR_PATTERN: Final = r"cpu|xpu|cu[1-9][0-9]{2}|rocm[1-9][0-9]*\.[0-9]+(?:\.[0-9]+)?"
"""The folders of PyTorch's index that hold torch, ``https://download.pytorch.org/whl/<name>/``."""
AUTO: Final = "auto"
"""Leaves the choice to the planner, which goes by the machines of the target."""

PLATFORMS: Final = (
    "linux-x86_64",
    "linux-aarch64",
    "macos-arm64",
    "macos-x86_64",
    "windows-x86_64",
    "windows-arm64",
    "linux-s390x",
)
"""Every platform that torch has been published for; the last two for few releases, `cpu` only."""

# Source: the builds in the compat data; a test of the planner compares the two. `cpu` is published
# for all platforms.
_PLATFORMS_OF: Final = {
    "cu": ("linux-x86_64", "linux-aarch64", "windows-x86_64"),
    "rocm": ("linux-x86_64",),
    "xpu": ("linux-x86_64", "windows-x86_64"),
}
_FAMILY_NAMES: Final = {"cu": "CUDA", "rocm": "ROCm", "xpu": "XPU"}

_SYSTEMS_OF: Final = {
    "driver": ("linux", "windows"),
    "gpus": ("linux", "windows"),
    "glibc": ("linux",),
    "macos": ("macos",),
}

_RULE: Final = (
    "An accelerator is `cpu`, `cu` with the CUDA version without its dot (`cu118` is CUDA 11.8), "
    "`rocm` with the ROCm version (`rocm6.4`), `xpu` for Intel's GPUs, or `auto`."
)
_NOT_ONE: Final = "which is not an accelerator"

_SEPARATORS: Final = re.compile(r"[\s_:=-]+")
_CUDA_VERSION: Final = re.compile(
    r"(?:nvidia|cuda|cudatoolkit|cu)*v?(?P<major>[1-9][0-9]?)\.(?P<minor>[0-9])(?:\.[0-9]+)*"
)
_CUDA_DIGITS: Final = re.compile(r"(?:nvidia|cuda|cu)*(?P<digits>[1-9][0-9]{2})")
_ROCM_VERSION: Final = re.compile(
    r"(?:amd|rocm|hip)+v?(?P<version>[1-9][0-9]*\.[0-9]+(?:\.[0-9]+)?)"
)
_CUDA_WORD: Final = re.compile(r"(?:nvidia|cuda|cu|gpu)+(?:[1-9][0-9]?)?|[1-9][0-9]?")
_ROCM_WORD: Final = re.compile(r"(?:amd|rocm|hip|radeon|gpu)+[0-9]*")
_APPLE_WORD: Final = re.compile(r"mps|metal|apple.*|m[1-9](?:pro|max|ultra)?")
_INTEL_WORD: Final = re.compile(r"intel.*|sycl|oneapi|arc|xpu.*")


def check_accelerator(text: str) -> str:
    """Return ``text`` if it can name an accelerator, or is ``auto``.

    Raises:
        UnfitError: It cannot; says which name was probably meant.
    """
    if text != AUTO and not re.fullmatch(ACCELERATOR_PATTERN, text):
        raise _unfit_accelerator(_SEPARATORS.sub("", text.lower()))
    return text


def _unfit_accelerator(word: str) -> UnfitError:
    if (meant := _meant(word)) is not None:
        return UnfitError(_NOT_ONE, why=_RULE, instead=meant)
    if _APPLE_WORD.fullmatch(word):
        return UnfitError(
            _NOT_ONE,
            why="PyTorch's macOS builds are published as `cpu`, and they carry MPS, the support "
            "for the GPU of Apple silicon.",
            instead="cpu",
        )
    if _INTEL_WORD.fullmatch(word):
        return UnfitError(_NOT_ONE, why=_RULE, instead="xpu")
    return UnfitError(_NOT_ONE, why=_RULE, do=_advice(word))


def _meant(word: str) -> str | None:
    """Return the accelerator that differs from ``word`` only in the way of writing, if any."""
    if word == AUTO or re.fullmatch(ACCELERATOR_PATTERN, word):
        return word
    if found := _CUDA_VERSION.fullmatch(word):
        return f"cu{found['major']}{found['minor']}" if len(found["major"]) > 1 else None
    if found := _CUDA_DIGITS.fullmatch(word):
        return f"cu{found['digits']}"
    if found := _ROCM_VERSION.fullmatch(word):
        return f"rocm{found['version']}"
    return None


def _advice(word: str) -> str:
    if _CUDA_WORD.fullmatch(word):
        return (
            'Name the CUDA version of the build, for instance `accelerator = "cu118"` for '
            "CUDA 11.8; `nvidia-smi` shows the newest CUDA that the driver runs."
        )
    if _ROCM_WORD.fullmatch(word):
        return 'Name the ROCm version of the build, for instance `accelerator = "rocm6.4"`.'
    return 'Write one of these, for instance `accelerator = "cpu"`.'


def contradiction(accelerator: str, platform: str) -> str | None:
    """Return why no build for ``accelerator`` can exist on ``platform``, or None where one may.

    Both must be names that the checks of this module accept.
    """
    family = next((one for one in _PLATFORMS_OF if accelerator.startswith(one)), None)
    if family is None or platform in _PLATFORMS_OF[family]:
        return None
    platforms = one_of(_PLATFORMS_OF[family], "and")
    why = f"PyTorch publishes {_FAMILY_NAMES[family]} builds for {platforms} only."
    if platform.startswith("macos"):
        why += " Its macOS builds are `cpu`; on Apple silicon they carry MPS."
    return why


def lacks(platform: str, key: str) -> bool:
    """Whether machines of a platform never have what a key of a target is about."""
    system = platform.partition("-")[0]
    return system not in _SYSTEMS_OF.get(key, (system,))


def check_platform(text: str) -> str:
    """Return ``text`` if it names a platform.

    Raises:
        UnfitError: It does not; says which one was probably meant.
    """
    if text in PLATFORMS:
        return text
    meant = _meant_platforms(text.lower())
    choices = one_of(f'platform = "{one}"' for one in meant)
    raise UnfitError(
        "which is not a platform that torchenv knows",
        why=f"A platform is {one_of(PLATFORMS)}.",
        do="" if len(meant) == 1 else f"Write {choices if meant else 'one of them'}.",
        instead=meant[0] if len(meant) == 1 else None,
    )


# The words of conda (`osx-64`), Docker (`linux/amd64`), wheel tags (`win_amd64`) and `uname`.
_SYSTEMS: Final = (
    ("linux", re.compile(r"linux|manylinux|gnu|ubuntu|debian|wsl")),
    ("macos", re.compile(r"mac|osx|darwin|apple")),
    ("windows", re.compile(r"win")),
)
_ARM: Final = re.compile(r"arm|aarch")
_INTEL: Final = re.compile(r"x86|amd64|x64|64$|intel")


def _meant_platforms(word: str) -> tuple[str, ...]:
    """Return the platforms that ``word`` can mean; none where it says nothing."""
    # "darwin" contains "win": the first system whose word is found counts.
    system = next((name for name, words in _SYSTEMS if words.search(word)), "")
    candidates = [one for one in PLATFORMS if system and one.startswith(system)]
    if _ARM.search(word):
        candidates = [one for one in candidates if one.endswith(("arm64", "aarch64"))]
    elif _INTEL.search(word):
        candidates = [one for one in candidates if one.endswith("x86_64")]
    return tuple(candidates or _similar_platforms(word))


def _similar_platforms(word: str) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only for words that are no platform

    return get_close_matches(word, PLATFORMS, n=1, cutoff=0.8)
