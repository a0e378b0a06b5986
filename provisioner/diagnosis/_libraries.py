"""Shared libraries that cannot be loaded: whose library it is says what is wrong.

The loader's words are the same for a half install, for members of the trio that do not belong
together and for a missing CUDA; the difference is which file asked for which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._rules import Confidence

_MISSING: Final = pattern(r"([\w.+-]{3,80}\.so[.\d]{0,12}): cannot open shared object")
_MISSING_TRANSLATED: Final = pattern(
    r"importerror: ([\w.+-]{3,80}\.so[.\d]{0,12}): (?:kann die shared-object-datei nicht öffnen|"
    r"ne peut ouvrir le fichier d.objet partagé|"
    r"no se puede abrir el (?:archivo|fichero) del objeto|"
    r"无法打开共享(?:对象|目标)文件|共有オブジェクトファイルを開けません)"
)
"""The same in the languages that glibc speaks."""
_NOT_FOUND_MACOS: Final = pattern(r"library not loaded: (?:[^ ]{0,300}/)?([\w.+-]{3,80})")
_UNDEFINED: Final = pattern(r"([^ '\"]{3,400}\.so[.\d]{0,12}): undefined symbol: ([^ ]{1,300})")
_SYMBOL_MACOS: Final = pattern(r"symbol not found: (?:in flat namespace )?['(]?([^ ')]{1,300})")
_SYMBOL_NAME: Final = pattern(r"undefined symbol: ([^ ]{1,300})")
_UNMAPPED: Final = pattern(r"([\w.+-]{3,120}\.so[.\d]{0,12}): failed to map segment")
_PROCEDURE: Final = pattern(
    r"specified procedure could not be found.{0,20}error loading \"([^\"]{1,300})\""
)
_WINDOWS_MEMBER: Final = pattern(r"\[winerror 12[67]\].{0,400}")
_LIMITED: Final = pattern(r"ulimit -[vdm]")

_TORCHS_OWN: Final = re.compile(r"^lib(?:torch|c10|shm|caffe2|aten|gomp-)")
_TORCHS_SYMBOL: Final = re.compile(
    r"\d(?:c10|at|torch|caffe2)[\dein]|thp(?:variable|p|module)|thnn_|^_?thc?_"
)
"""A name in a namespace of torch's: only torch has it."""
_CUDA: Final = re.compile(
    r"^lib(?:cu(?:dart|blas|dnn|fft|rand|sparse|solver|pti|file|dss|tensor)|nv(?:rtc|toolsext|jitlink|jpeg|"
    r"shmem|infer|perf)|nccl|npp|amdhip|hip|roc|hsa|miopen|rccl)"
)
_LINEAR_ALGEBRA: Final = re.compile(
    r"^(?:cblas_\w+|lapacke?_\w+|[sdcz](?:ge|po|sy|he|tr|or|un|gb|gt|dot|axpy|nrm2)[a-z0-9]{1,5}_?)$"
)
_SYSTEM: Final = re.compile(
    r"^lib(?:python\d|mkl|sox|jpeg|png|av(?:util|codec|format)|openblas|openmpi|mpi|numa|elf|ffi|i?omp|gomp)"
)
_SYSTEM_PACKAGES: Final = {
    "libopenblas": ("libopenblas0", "openblas"),
    "libgomp": ("libgomp1", "gcc"),
    "libomp": ("libomp-dev", "libomp"),
    "libsox": ("libsox3", "sox"),
    "libav": ("ffmpeg", "ffmpeg"),
    "libnuma": ("libnuma1", "numactl"),
    "libmpi": ("libopenmpi3", "open-mpi"),
}
"""By the beginning of a library's name: the packages of Debian and of Homebrew that have it."""
_PACKAGE: Final = re.compile(
    r"(?:site|dist)-packages[\\/]+(?:nvidia[\\/]+)?([a-z_][\w.]{1,60}?)(?:[\\/.]|-\d)"
)
_START: Final = re.compile(r"torch[\\/]+__init__\.py")
_LOADERS: Final = frozenset({"torch", "ctypes", "pip", "setuptools", "torch._c"})
_MEMBERS: Final = frozenset({"torchvision", "torchaudio", "torchtext", "_torch_sox", "_torchaudio"})
_AROUND: Final = 1500


def candidates_by_libraries(flow: str) -> Iterator[Candidate]:
    """Yield the causes that libraries and symbols speak for."""
    for missing in (_MISSING, _MISSING_TRANSLATED):
        for found in missing.find_all(flow):
            yield from _missing(flow, found.start(), found[1])
    for found in _NOT_FOUND_MACOS.find_all(flow):
        yield from _missing(flow, found.start(), found[1])
    for found in _UNMAPPED.find_all(flow):
        yield _unmapped(flow, found.start(), found[1])
    yield from _undefined(flow)
    yield from _windows_members(flow)


def _missing(flow: str, at: int, library: str) -> Iterator[Candidate]:
    owner = owner_of(flow, at)
    if _TORCHS_OWN.match(library):
        yield from _own_missing(flow, at, library, owner)
    elif _CUDA.match(library):
        yield from _cuda_missing(at, owner)
    elif _SYSTEM.match(library):
        yield Candidate(
            category="missing-dependency",
            weight=74,
            confidence="likely",
            at=at,
            cause=f"`{library}`, a library of the system that this build needs, is not installed.",
            fix=_system_fix(library),
        )


def _system_fix(library: str) -> str:
    """Return how to install a library of the system."""
    for start, (debian, mac) in _SYSTEM_PACKAGES.items():
        if library.startswith(start):
            return f"Install it: `apt-get install {debian}`, on a Mac `brew install {mac}`."
    return "Install the package of your system that has it, or a wheel that brings its own."


def _own_missing(flow: str, at: int, library: str, owner: str | None) -> Iterator[Candidate]:
    """A library of torch itself: torch is incomplete, or somebody asks for another torch's."""
    if owner == "torch":
        yield _candidate("interrupted-install", 86, "certain", at)
    elif owner in _MEMBERS:
        yield _candidate("trio-mismatch", 86, "certain", at)
    elif owner is not None:
        yield _candidate("extension-abi", 85, "certain", at)
    elif library.startswith("libtorch_cuda"):
        # Members of the trio are loaded by torch, with an OSError; add-ons are imported by Python.
        imported = flow[max(at - 300, 0) : at].rstrip().endswith("importerror:")
        first, second = ("extension-abi", "trio-mismatch")[:: 1 if imported else -1]
        yield _candidate(first, 72, "likely", at)
        yield _candidate(second, 66, "possible", at)
    else:
        yield _candidate("extension-abi", 68, "likely", at)
        yield _candidate("interrupted-install", 66, "possible", at)


def _cuda_missing(at: int, owner: str | None) -> Iterator[Candidate]:
    if owner in _MEMBERS:
        yield _candidate("trio-mismatch", 84, "likely", at)
        yield _candidate("cuda-lib-missing", 70, "possible", at)
    elif owner in ("torch", None):
        yield _candidate("cuda-lib-missing", 82, "certain" if owner else "likely", at)
    else:
        yield _candidate("cuda-lib-missing", 80, "likely", at)
        yield _candidate("extension-abi", 66, "possible", at)


def _unmapped(flow: str, at: int, library: str) -> Candidate:
    """Without the reason in words, the first library that fails shows it.

    A file system mounted ``noexec`` refuses the first one that is loaded, which is small; memory
    runs out with the big ones only.
    """
    big = library.startswith(("libtorch_cpu", "libtorch_cuda", "libtorch_hip", "libtorch_python"))
    if big or _LIMITED.find(flow) is not None:
        return _candidate("out-of-memory", 80, "likely", at)
    return _candidate("noexec-filesystem", 80, "likely", at)


def _undefined(flow: str) -> Iterator[Candidate]:
    seen = False
    for found in _UNDEFINED.find_all(flow):
        seen = True
        yield from _undefined_in(flow, found.start(), found[1], found[2])
    for found in () if seen else _SYMBOL_NAME.find_all(flow):
        yield from _undefined_in(flow, found.start(), "", found[1])
    for found in _SYMBOL_MACOS.find_all(flow):
        yield from _undefined_in(flow, found.start(), "", found[1])


def _undefined_in(flow: str, at: int, path: str, symbol: str) -> Iterator[Candidate]:
    """A symbol that a library does not find: whose library it is, and whose symbol."""
    name = re.split(r"[\\/]", path)[-1]
    inside = _PACKAGE.search(path)
    owner = inside[1] if inside is not None else owner_of(flow, at)
    if "nvidia/" in path or _CUDA.match(name) or name.startswith("libnv"):
        yield _candidate("library-path-conflict", 86, "likely", at)
    elif owner in _MEMBERS or name.startswith(("libtorchtext", "libtorchaudio", "_torch_sox")):
        yield _candidate("trio-mismatch", 87, "certain", at)
    elif _LINEAR_ALGEBRA.match(symbol):
        yield Candidate(
            category="missing-dependency",
            weight=74,
            confidence="likely",
            at=at,
            cause=f"`{symbol}` is a routine of BLAS or LAPACK, which this build takes from the "
            "system, and the library that is found there lacks it.",
            fix=_system_fix("libopenblas"),
        )
    elif _TORCHS_OWN.match(name) or owner == "torch":
        # Its own symbol: files of two releases lie in one folder. Another's: another library.
        mixed = _TORCHS_SYMBOL.search(symbol) is not None
        yield _candidate("interrupted-install", 72 if mixed else 62, "likely", at)
        yield _candidate("library-path-conflict", 64 if mixed else 70, "likely", at)
    elif owner is not None or ".cpython-" in name or symbol.startswith(("_zn", "__zn", "_zt")):
        certain = (owner is not None or ".cpython-" in name) and _TORCHS_SYMBOL.search(symbol)
        yield _candidate("extension-abi", 86, "certain" if certain else "likely", at)


def _windows_members(flow: str) -> Iterator[Candidate]:
    """A library of torchvision or torchaudio that Windows finds, but not what it needs in torch."""
    for found in _WINDOWS_MEMBER.find_all(flow):
        said = found[0]
        if re.search(r"(?:torchvision|torchaudio|torchtext)[\\/]", said):
            yield _candidate("trio-mismatch", 92, "likely", found.start())
    for found in _PROCEDURE.find_all(flow):
        if re.search(r"(?:torchvision|torchaudio|torchtext)[\\/]", found[1]):
            yield _candidate("trio-mismatch", 92, "likely", found.start())


def owner_of(flow: str, at: int) -> str | None:
    """Return the package whose import failed at a place of a text, as far as frames show it.

    The last frame before the place counts, but for those of torch that only load a library for
    somebody else (``torch/_ops.py``); where there is none, the first frame after it.
    """
    before = flow[max(at - _AROUND, 0) : at + 200]
    names = [found[1] for found in _PACKAGE.finditer(before)]
    others = [name for name in names if name not in _LOADERS]
    started = [found.start() for found in _START.finditer(before)]
    last_other = max((before.rfind(name) for name in others), default=-1)
    if started and started[-1] > last_other:
        return "torch"
    if others:
        return others[-1]
    after = [found[1] for found in _PACKAGE.finditer(flow[at : at + _AROUND])]
    return next((name for name in after if name not in _LOADERS), None)


def _candidate(category: str, weight: int, confidence: Confidence, at: int) -> Candidate:
    return Candidate(category=category, weight=weight, confidence=confidence, at=at)
