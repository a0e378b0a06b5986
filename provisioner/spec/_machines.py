"""What a spec says of the machines of a target: driver, GPUs, C library, macOS.

Only the form is checked here. Which GPUs there are, and what runs on them, is the compat data's
business.
"""

from __future__ import annotations

import re
from typing import Final

from provisioner.spec._problems import UnfitError

SM_PATTERN: Final = r"sm_[1-9][0-9]{1,2}[af]?"
GFX_PATTERN: Final = r"gfx[0-9]{1,2}[0-9a-f]{2}"
DRIVER_PATTERN: Final = r"[1-9][0-9]{2,3}(?:\.[0-9]{1,3}){0,2}"
GLIBC_PATTERN: Final = r"2\.[0-9]{1,2}"
MACOS_PATTERN: Final = r"[1-9][0-9](?:\.[0-9]{1,2}){0,2}"

_GPU_RULE: Final = (
    "A GPU is an NVIDIA architecture (`sm_86`), an AMD architecture (`gfx90a`), or the name of a "
    "model (`RTX 4090`)."
)
_GPU_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ./+()-]{1,59}")
_CAPABILITY: Final = re.compile(
    r"(?:sm|compute|cc|cuda)*[ _-]*(?P<major>[1-9][0-9]?)\.?(?P<minor>[0-9])(?P<kind>[af]?)",
    re.IGNORECASE,
)
_GFX: Final = re.compile(r"gfx[ _-]?(?P<digits>[0-9]{1,2}[0-9a-f]{2})(?::.*)?", re.IGNORECASE)


def check_gpu(text: str) -> str:
    """Return ``text`` if it can name a GPU or its architecture.

    Raises:
        UnfitError: It cannot; says which form was probably meant.
    """
    if re.fullmatch(f"{SM_PATTERN}|{GFX_PATTERN}", text):
        return text
    stripped = text.strip()
    meant = None
    if found := _CAPABILITY.fullmatch(stripped):
        meant = f"sm_{found['major']}{found['minor']}{found['kind'].lower()}"
    elif found := _GFX.fullmatch(stripped):
        meant = f"gfx{found['digits'].lower()}"
    elif _GPU_NAME.fullmatch(text) and text == stripped:
        return text
    raise UnfitError(
        "which is not a GPU",
        why=_GPU_RULE,
        do="" if meant else 'Write for instance `"sm_86"`; `nvidia-smi -L` shows the names.',
        instead=meant,
    )


def check_driver(text: str) -> str:
    """Return ``text`` if it is a version of NVIDIA's driver.

    Raises:
        UnfitError: It is not.
    """
    if re.fullmatch(DRIVER_PATTERN, text):
        return text
    found = re.search(rf"(?<![0-9.]){DRIVER_PATTERN}(?![0-9.])", text)
    raise UnfitError(
        "which is not a version of NVIDIA's driver",
        why="`nvidia-smi` shows it as `Driver Version`, for instance `535.129.03`; its `CUDA "
        "Version` is something else.",
        do="" if found else 'Write the driver\'s version, for instance `"535.129.03"` or `"535"`.',
        instead=found.group() if found else None,
    )


def check_glibc(text: str) -> str:
    """Return ``text`` if it is a version of glibc.

    Raises:
        UnfitError: It is not.
    """
    if re.fullmatch(GLIBC_PATTERN, text):
        return text
    found = re.search(r"(?<![0-9])2[._](?P<minor>[0-9]{1,2})(?![0-9])", text)
    raise UnfitError(
        "which is not a version of glibc",
        why="`ldd --version` shows it on the machine, for instance `2.28`.",
        do="" if found else 'Write for instance `"2.28"`.',
        instead=f"2.{int(found['minor'])}" if found else None,
    )


def check_macos(text: str) -> str:
    """Return ``text`` if it is a version of macOS.

    Raises:
        UnfitError: It is not.
    """
    if re.fullmatch(MACOS_PATTERN, text):
        return text
    found = re.search(r"(?<![0-9])[1-9][0-9](?:[._][0-9]{1,2})?(?![0-9])", text)
    raise UnfitError(
        "which is not a version of macOS",
        why="It is a number, such as `14.5` or `13`; `sw_vers` shows it.",
        do="" if found else 'Write for instance `"13.0"`.',
        instead=found.group().replace("_", ".") if found else None,
    )
