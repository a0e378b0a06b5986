"""The values that a fix may show: facts of the text, and what the compat data makes of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from provisioner.diagnosis._facts import TRIO
from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._published import published

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.compat import Build, Compat
    from provisioner.diagnosis._facts import Facts
    from provisioner.diagnosis._normalise import Text
    from provisioner.diagnosis._published import Place

_MODULE: Final = re.compile(r"no module named ['\"]?([a-z_][\w]{0,40})")
_OUTGROWN: Final = (
    pattern(r"cannot import name '\w{1,40}' from 'typing_extensions' "),
    pattern(r"attribute '__default__' of 'typing\.\w{1,20}' objects is not writable"),
)
_BUILT: Final = re.compile(
    r"(?:failed to build `?|collecting |building wheel for )"
    r"([a-z0-9][\w.-]{0,60}?)(?:==[\w.]{1,20})?(?:[ `,]|$)"
)
_WHEEL: Final = pattern(
    r"-cp(\d)(\d{1,2})-[a-z0-9_.]{2,20}-([a-z0-9_.]{3,80})\.whl['\"`]? is not a supported"
)
_TAIL: Final = 200_000
_MAJORS: Final = ("12", "13", "11", "10")
"""Series of CUDA, the one to take first: most drivers in use run 12, and 13 is for new ones."""
_MINOR_COMPATIBLE: Final = 11
"""From this CUDA on a driver runs builds of its whole series, newer ones included."""


def read_slots(text: Text, facts: Facts, compat: Compat) -> dict[str, str]:
    """Return the values by name, each in the form of its kind; what is not known is left out."""
    module = _MODULE.search(text.flow)
    built = _BUILT.findall(text.flow[-_TAIL:])
    torch = facts.torch if facts.torch and compat.release(facts.torch) else None
    wheel = _WHEEL.find(text.flow)
    older = older_cuda(facts, compat)
    coded = build_for_gpu(facts, compat)
    found = {
        "torch": torch,
        "accelerator": facts.accelerator or _only_accelerator(facts),
        "python": facts.python,
        "gpu": facts.gpu,
        "cuda": facts.cuda,
        "older": older,
        "too_old": facts.cuda if older is None else None,
        "glibc": facts.glibc,
        "module": module[1] if module is not None else None,
        "outgrown": "typing-extensions" if any(one.find(text.flow) for one in _OUTGROWN) else None,
        "package": built[-1] if built else None,
        "pairs": _pairs(torch, compat),
        "suits": _suiting_python(facts, compat),
        "runs": _torch_for_glibc(facts, compat),
        "coded": _options(coded) if coded is not None else None,
        "tagged": f"{wheel[1]}.{wheel[2]}" if wheel is not None else None,
        "system": wheel[3] if wheel is not None else None,
        "mac": "mps" if facts.system == "macos" else None,
    }
    return {name: value for name, value in found.items() if value}


def _only_accelerator(facts: Facts) -> str | None:
    names = {one.accelerator for one in facts.indexes if one.accelerator}
    return next(iter(names)) if len(names) == 1 else None


def _pairs(torch: str | None, compat: Compat) -> str | None:
    if torch is None:
        return None
    members = [
        f"{name}=={pairs[0].version}" for name in TRIO[1:] if (pairs := compat.pairs(torch, name))
    ]
    return " ".join(members)


def older_cuda(facts: Facts, compat: Compat) -> str | None:
    """Return the newest CUDA accelerator that the driver's CUDA version covers."""
    if facts.cuda is None:
        return None
    try:
        limit = Version(facts.cuda)
    except InvalidVersion:
        return None
    fitting = [
        (newest, one.name)
        for one in compat.accelerators.values()
        if one.name.startswith("cu")
        and one.toolkits
        and _covers(limit, newest := max(map(Version, one.toolkits)))
    ]
    return max(fitting)[1] if fitting else None


def _covers(driver: Version, toolkit: Version) -> bool:
    return toolkit <= driver or (driver.major == toolkit.major >= _MINOR_COMPATIBLE)


def _suiting_python(facts: Facts, compat: Compat) -> str | None:
    """Return the newest Python that has a wheel of what was wanted, where that is known."""
    for wish in facts.wishes:
        known = published(compat, wish.name)
        if known is None or wish.version is None or not known.knows(wish.version):
            continue
        places = known.at(wish.version, accelerator=wish.accelerator) or known.at(wish.version)
        here = [one for one in places if _is_here(one, facts)]
        return _newest(py for one in here or places for py in one.pythons)
    return None


def _is_here(place: Place, facts: Facts) -> bool:
    return facts.system is None or place.platform.startswith(facts.system)


def _newest(pythons: Iterable[str]) -> str | None:
    plain = [one for one in pythons if not one.endswith("t")]
    return max(plain, key=lambda one: [int(part) for part in one.split(".")], default=None)


def _torch_for_glibc(facts: Facts, compat: Compat) -> str | None:
    """Return the newest torch on the default index that runs with the C library of the text."""
    known = published(compat, "torch") if facts.glibc is not None else None
    if known is None:
        return None
    machine = "aarch64" if facts.machine == "arm64" else "x86_64"
    fitting = [
        version
        for version in known.versions
        for place in known.at(version, platform=f"linux-{machine}", index="default")
        if place.glibc is not None
        and Version(place.glibc) <= Version(facts.glibc or "0")
        and facts.python in {None, *place.pythons}
    ]
    return fitting[-1] if fitting else None


def build_for_gpu(facts: Facts, compat: Compat) -> Build | None:
    """Return the build of the newest torch with code for the GPU of a text.

    Of several CUDAs the one that most drivers run: a build of CUDA 12, and of those the oldest.
    """
    gpu = facts.gpu
    if gpu is None:
        return None
    builds = [
        build
        for release in compat.releases
        for build in compat.builds(release.torch, platform="linux-x86_64")
        if build.index == "pytorch"
        and build.accelerator.startswith("cu")
        and (facts.python is None or build.known_for(facts.python) is not None)
        and _has_code(gpu, build.torch, build.accelerator, compat)
    ]
    return max(
        builds,
        key=lambda one: (
            -_MAJORS.index(one.accelerator[2:4]),
            Version(one.torch),
            -int(one.accelerator[2:]),
        ),
        default=None,
    )


def _options(build: Build) -> str:
    """Return what pip is told for a build."""
    return (
        f'"torch=={build.torch}" --index-url https://download.pytorch.org/whl/{build.accelerator}'
    )


def _has_code(gpu: str, torch: str, accelerator: str, compat: Compat) -> bool:
    """Whether a build was compiled for a GPU, or for an older one of the same generation."""
    code = compat.hardware.cuda_code(torch, "linux-x86_64", accelerator)
    wanted = _capability(gpu)
    if code is None or code.sm is None or wanted is None:
        return False
    having = [tuple(map(int, one.split("."))) for one in code.sm if one.replace(".", "").isdigit()]
    return any(one[0] == wanted[0] and one[1] <= wanted[1] for one in having)


def _capability(gpu: str) -> tuple[int, int] | None:
    digits = gpu.removeprefix("sm_").rstrip("a")
    return (int(digits[:-1]), int(digits[-1])) if digits.isdigit() and len(digits) > 1 else None
