"""What a text says about versions, machine, command and sources, as validated values.

Everything comes out of foreign text, so a fact is kept only in the form that its kind has:
versions that :mod:`packaging` can read, names of projects, known accelerators, plain file names.
Nothing else may enter a command that a fix shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.diagnosis._machines import read_glibc, read_libc, read_machine, read_python
from provisioner.diagnosis._pattern import first_group, pattern
from provisioner.diagnosis._sources import read_indexes
from provisioner.diagnosis._wishes import read_version, read_wishes, split_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from provisioner.diagnosis._machines import Libc, System
    from provisioner.diagnosis._normalise import Text
    from provisioner.diagnosis._sources import Index
    from provisioner.diagnosis._wishes import Wish

TRIO: Final = ("torch", "torchvision", "torchaudio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What could be read; None and empty mean that the text does not say."""

    wishes: tuple[Wish, ...]
    torch: str | None
    """Public version of torch that the text is about."""
    accelerator: str | None
    """Of the wanted or installed torch: ``cu118``, ``cpu``."""
    installed: tuple[tuple[str, str], ...]
    """Versions of the trio that are said to be installed, local parts included."""
    python: str | None
    """Minor version of the Python in use, ``t`` appended for a free-threaded one."""
    bits: Literal[32, 64] | None
    system: System | None
    machine: str | None
    """``x86_64``, ``arm64``, ``armv7l``, ``i686``."""
    libc: Libc | None
    glibc: str | None
    pip: str | None
    indexes: tuple[Index, ...]
    """Empty where the text does not name any."""
    status: str | None
    """HTTP status code."""
    library: str | None
    """File name of a shared library that could not be loaded."""
    symbol: str | None
    driver: str | None
    """Version of the NVIDIA driver, ``470.86``."""
    cuda: str | None
    """CUDA version that the driver supports, ``11.4``."""
    gpu: str | None
    """Compute capability, ``sm_86``."""
    numpy: str | None


# -- expressions; all in lower case, over the flow

_PIPS: Final = (
    r"\byou are using pip version (\d[\d.]{0,10})",
    r"\bpip version (\d{1,2}\.[\d.]{1,8})",
    r"\bnotice\] a new release of pip(?: available)?(?: is available)?:? (\d[\d.]{0,10}) ->",
    r"\bpip (\d{1,2}\.\d[\d.]{0,6}) from ",
    r"\bpip-(\d{1,2}\.\d[\d.]{0,6})-py",
    r"\bpip[ =:](\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)\b",
)
_STATUSES: Final = (
    r"http error (\d{3})",
    r"\b(\d{3}) (?:client|server) error",
    r"http status (?:client|server) error \((\d{3})",
    r"too many (\d{3}) error responses",
    r"http (\d{3}) [a-z ]{2,40} for url",
    r"\bstatus code:? (\d{3})\b",
    r"httperror: (\d{3})\b",
    r"server returned (?:http )?(?:status )?(\d{3})\b",
    r"error code: (\d{3})\b",
)
_LIBRARIES: Final = (
    r"error: (?:[^ ]{0,300}/)?(lib[\w.+-]{1,80}?\.so[.\d]{0,12}): (?:cannot|failed|undefined)",
    r"([\w.+-]{1,80}\.so[.\d]{0,12}): cannot (?:open|enable|allocate|apply)",
    r"([\w.+-]{1,80}\.so[.\d]{0,12}): failed to map",
    r"([\w.+-]{1,120}\.so[.\d]{0,12}): undefined symbol",
    r"library not loaded: (?:[^ ]{0,300}/)?([\w.+-]{1,80})",
    r"error loading [\"'][^\"']{0,300}[\\/]([\w.+-]{1,80}\.dll)",
    r"([\w.+-]{1,120}\.so[.\d]{0,12}): file too short",
    r"([\w.+-]{1,120}\.so[.\d]{0,12}): invalid elf header",
)
_SYMBOLS: Final = (r"undefined symbol: ([\w@.]{1,300})", r"symbol not found: ([\w@.]{1,300})")
_DRIVERS: Final = (r"driver version: (\d{3}\.\d{1,3}(?:\.\d{1,3})?)",)
_CUDAS: Final = (r"cuda version: (\d{1,2}\.\d)",)
_FOUND_DRIVER: Final = pattern(r"found version (\d{4,5})")
_GPUS: Final = (r"with cuda capability (sm_\d{2,3}a?) is not", r"\bcuda capability (sm_\d{2,3})\b")
_NUMPYS: Final = (
    r"cannot be run in numpy (\d[\w.]{1,10})",
    r"\bnumpy[- =]{1,2}(\d\.\d{1,2}(?:\.\d{1,2})?)\b",
)
_INSTALLED: Final = tuple(
    pattern(source)
    for name in TRIO
    for source in (
        rf"\bname: {name} version: (\d[\w.+]{{0,30}})",
        rf"\b{name} (\d+\.\d+\.\d[\w.+]{{0,24}}) (?:requires|has requirement) torch",
        rf"you have {name} (\d[\w.+]{{0,30}})",
        rf"found existing installation: {name} (\d[\w.+]{{0,30}})",
        rf"\b{name}[ :=]{{1,20}}v?(\d+\.\d+\.\d[\w.+]{{0,24}})\b",
        rf"\b{name}-(\d+\.\d+\.\d[\w.+]{{0,24}})(?=[ -]|$|\.dist-info)",
    )
)
_TORCH: Final = (
    r"\btorch-(\d+\.\d+\.\d(?:\.post\d)?(?:(?:\+|%2b)[a-z0-9.]{2,12})?)",
    r"\btorch(?:==|===)(\d+\.\d+(?:\.\d)?(?:\.post\d)?(?:\+[a-z0-9.]{2,12})?)",
    r"\bname: torch version: (\d[\w.+]{0,30})",
    r"\btorch (\d+\.\d+\.\d[\w.+]{0,24})\b",
    r"\bpytorch version: (\d[\w.+]{0,30})",
    r"__version__ '(\d[\w.+]{0,30})'",
)


def read_facts(text: Text) -> Facts:
    """Return what a text says."""
    flow = text.flow
    wishes = tuple(read_wishes(flow))
    full = _torch_version(flow, wishes)
    system, machine, bits = read_machine(flow)
    return Facts(
        wishes=wishes,
        torch=full[0],
        accelerator=full[1],
        installed=tuple(_installed(flow)),
        python=read_python(flow),
        bits=bits,
        system=system,
        machine=machine,
        libc=read_libc(text),
        glibc=read_glibc(flow),
        pip=read_version(first_group(flow, _PIPS)),
        indexes=tuple(dict.fromkeys(read_indexes(flow))),
        status=first_group(flow, _STATUSES),
        library=first_group(flow, _LIBRARIES),
        symbol=first_group(flow, _SYMBOLS),
        driver=first_group(flow, _DRIVERS),
        cuda=_cuda(flow),
        gpu=first_group(flow, _GPUS),
        numpy=read_version(first_group(flow, _NUMPYS)),
    )


def _torch_version(flow: str, wishes: tuple[Wish, ...]) -> tuple[str | None, str | None]:
    for wish in wishes:
        if wish.name == "torch" and wish.version is not None:
            return wish.version, wish.accelerator
    for source in _TORCH:
        version, accelerator = split_local(first_group(flow, (source,)))
        if version is not None:
            return version, accelerator
    return None, None


def _installed(flow: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for each in _INSTALLED:
        found = each.find(flow)
        name = next(name for name in reversed(TRIO) if name in each.source)
        version = None if found is None else read_version(found[1])
        if version is not None and name not in seen:
            seen.add(name)
            yield name, version


def _cuda(flow: str) -> str | None:
    """Return what the driver supports: said by ``nvidia-smi``, or by torch as 1000 times it."""
    said = first_group(flow, _CUDAS)
    found = _FOUND_DRIVER.find(flow)
    if said is not None or found is None:
        return said
    number = int(found[1])
    return f"{number // 1000}.{number % 1000 // 10}"
