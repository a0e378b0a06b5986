"""What a text says about versions, machine, command and sources, as validated values.

Everything comes out of foreign text, so a fact is kept only in the form that its kind has:
versions that :mod:`packaging` can read, names of projects, known accelerators, plain file names.
Nothing else may enter a command that a fix shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._normalise import Text
    from provisioner.diagnosis._pattern import Pattern

System = Literal["linux", "macos", "windows"]
Libc = Literal["glibc", "musl"]
IndexKind = Literal["default", "pytorch", "other"]

TRIO: Final = ("torch", "torchvision", "torchaudio")
_NEAR: Final = 400
"""Characters after a requirement in which pip says who asked and what there is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that a command asked."""

    kind: IndexKind
    """``other`` may be a mirror of the default index, or anything else."""
    accelerator: str | None = None
    """Of an index that is laid out as PyTorch's is: the last part of its path."""
    nightly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A requirement that could not be met."""

    name: str
    """Normalised project name."""
    version: str | None
    """Public version, where the requirement pins one or gives a lowest one."""
    operator: str
    """``==``, ``>=``, ``<`` and so on; empty without a version."""
    accelerator: str | None
    """Local part of the version: ``cu118``."""
    offered: tuple[str, ...] | None
    """What pip saw instead (``from versions: …``); None where the text does not say."""
    from_package: str | None = None
    """Who asked for it: ``(from torch)``."""


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

_NAME: Final = r"([a-z0-9][a-z0-9._-]{0,80})"
_VERSION: Final = r"(\d[\w.+!-]{0,40})"
_UNSATISFIED: Final = tuple(
    map(
        pattern,
        (
            r"could not find a version that satisfies the requirement ([^()]{1,300})",
            (
                r"no matching distribution found for ([^()]{1,300}?)"
                r"(?: \(from| error:| warning:| you |$)"
            ),
        ),
    )
)
_UV_WISHES: Final = tuple(
    map(
        pattern,
        (
            (
                r"there is no version of "
                r"([a-z0-9][\w.-]{0,80}(?:\[[^\]]{0,80}\])?(?:\{[^}]{0,120}\})?"
                r"(?:[<>=!~]=?[^ ]{1,60})?)"
            ),
            r"([a-z0-9][\w.-]{0,80}(?:[<>=!~]=?[^ ]{1,60})?) has no (?:usable )?wheels",
            r"because ([a-z0-9][\w.-]{0,80}[<>=!~]=?[^ ]{1,60}) is unusable because",
            r"is available and you require ([a-z0-9][\w.-]{0,80}[<>=!~]=?[^ ,]{1,60})",
            r"because ([a-z0-9][\w.-]{0,80}(?:[<>=!~]=?[^ ]{1,60})?) was not found in the",
            r"distribution `([a-z0-9][\w.-]{0,80}==[^ ]{1,60}) @ ",
            r"unable to find installation candidates for ([a-z0-9][\w.-]{0,80} \([^)]{1,60}\))",
        ),
    )
)
_OFFERED: Final = re.compile(r"\(from versions: ?([^)]{0,20000})")
_FROM: Final = re.compile(r"\(from ([a-z0-9][\w.-]{0,80})[^)]{0,200}\)")
_REQUIREMENT: Final = re.compile(
    r"^([a-z0-9](?:[\w.-]{0,80}[a-z0-9])?)(?:\[[^\]]*\])?(?:\{[^}]*\})? ?"
    r"(?:(===|==|~=|>=|<=|!=|<|>)? ?v?(\d[\w.+!*-]*))?"
)
_PYTHONS: Final = tuple(
    map(
        pattern,
        (
            r"\busing (?:cpython|python) ([23]\.\d{1,2})(?:\.\d{1,2})?(t|\+freethreaded)?\b",
            r"\byou require cpython ([23]\.\d{1,2})(t)?",
            r"\byou're using cpython ([23]\.\d{1,2})(t)?",
            r"current python version \(([23]\.\d{1,2})(?:\.\d{1,2})?(t)?\)",
            r"\bpython ?(?:version)?[:=]? ?([23]\.\d{1,2})\.\d{1,2}(t)?\b",
            r"\(python ([23]\.\d{1,2})(t)?\)",
            r"--python-version[ =]([23]\.\d{1,2})(t)?\b",
            r"\bpython([23]\.\d{1,2})(t)? -m pip",
            r"\bpip([23]\.\d{1,2})(t)? install",
            r"/python([23]\.\d{1,2})(t)?/(?:site|dist)-packages/(?:torch|pip|numpy)",
            r"/python([23]\.\d{1,2})(t)?/(?:site|dist)-packages",
            r"\bpython([23]\.\d{1,2})(t)?/",
            r"\bpython[:=@ ]([23]\.\d{1,2})(t)?\b",
        ),
    )
)
_TAGS: Final = tuple(
    map(
        pattern,
        (
            r"matching python abi tag \(e\.g\., `cp(\d)(\d{1,2})(t?)`\)",
            r"matching python implementation tag \(e\.g\., `cp(\d)(\d{1,2})(t?)`\)",
            r"python(\d)(\d\d?)(t?)\\lib",
            r"\.cpython-(\d)(\d{1,2})(t?)-",
            r"\.cp(\d)(\d{1,2})(t?)-win",
        ),
    )
)
_PYTHON_PATH_POETRY: Final = "poetry/"
_MACHINES: Final = (
    (r"\bwin_arm64\b(?=`\))", "windows", "arm64"),
    (r"windows[^ ]{0,12} (?:on )?arm", "windows", "arm64"),
    (r"--(?:platform|python-platform)[ =]win32\b", "windows", "i686"),
    (r"aarch64-pc-windows", "windows", "arm64"),
    (r"you're on macos \(`macosx_\d{1,2}_\d{1,2}_(x86_64|arm64)`", "macos", None),
    (
        (
            r"you're on linux \(`(?:many|musl)?linux_?\d?_?\d{0,2}_"
            r"(x86_64|aarch64|armv7l|i686|riscv64)`"
        ),
        "linux",
        None,
    ),
    (r"you're on windows \(`win_(amd64|arm64|32)`", "windows", None),
    (r"e\.g\., `macosx_\d{1,2}_\d{1,2}_(x86_64|arm64)`", "macos", None),
    (
        (
            r"e\.g\., `(?:manylinux_\d_\d{1,2}|linux)_"
            r"(x86_64|aarch64|armv7l|i686|s390x|ppc64le|riscv64)`"
        ),
        "linux",
        None,
    ),
    (r"e\.g\., `musllinux_\d_\d_(x86_64|aarch64|armv7l|i686)`", "linux", None),
    (r"cpython-\d\.\d{1,2}\.\d{1,2}-macos-(x86_64|aarch64)", "macos", None),
    (
        r"\blinux (?:[\w.-]{1,60} ){1,3}[^/]{0,90}?\b(x86_64|aarch64|armv7l|armv6l|i686) gnu/linux",
        "linux",
        None,
    ),
    (r"\bdarwin (?:[\w.-]{1,60} ).{0,200}?\b(x86_64|arm64)\b", "macos", None),
    (r"\bapple m\d\b", "macos", "arm64"),
    (r"\bapple silicon\b", "macos", "arm64"),
    (r"/opt/homebrew/", "macos", "arm64"),
    (r"/usr/local/cellar/", "macos", "x86_64"),
    (r"\braspberry ?pi\b", "linux", None),
    (r"\barmv([67]l)\b", "linux", None),
    (r"\bpiwheels", "linux", "armv7l"),
    (r"\bcpython-\d{2,3}-(x86_64|aarch64)-linux-(?:gnu|musl)", "linux", None),
    (r"\bcpython-\d{2,3}m?-darwin\b", "macos", None),
    (r"\bmacosx_", "macos", None),
    (r"/users/[^/ ]{1,60}/", "macos", None),
    (r"/library/frameworks/python\.framework", "macos", None),
    (r"/opt/anaconda3/bin/python\b", "macos", None),
    (r"\bwin_amd64\.whl", "windows", "x86_64"),
    (r"\bwinerror \d", "windows", None),
    (r":\\\\?users\\", "windows", None),
    (r":\\\\?program", "windows", None),
    (r"\\\\?lib\\\\?site-packages", "windows", None),
    (r"\\\\?appdata\\", "windows", None),
    (r"\] on win32\b", "windows", None),
    (r"\bmanylinux[\w.]{1,60}_(x86_64|aarch64)[\w.]{0,60}\.whl", "linux", None),
    (r"-linux_(x86_64|aarch64)\.whl", "linux", None),
    (r"/usr/lib/", "linux", None),
    (r"/home/[^/ ]{1,60}/", "linux", None),
)
_MUSL: Final = tuple(
    map(
        pattern,
        (
            r"\balpine\b",
            r"e\.g\., `musllinux_",
            r"\bmusllinux_\d",
            r"\bld-musl-",
            r"\blinux-musl\b",
            r"\bapk add\b",
            r"error relocating ",
            r"\bmusl libc\b",
        ),
    )
)
# The prompt of Alpine's shell: the folder, a blank, and the sign of root.
_BUSYBOX_PROMPT: Final = re.compile(r"^(?:/|~|/[\w.-]+(?:/[\w.-]+){0,6}) # ")
_GLIBC: Final = (
    r"matching platform tag \(e\.g\., `manylinux_(2_\d{1,2})_",
    r"--python-platform[ =]\w{1,12}-manylinux_(2_\d{1,2})\b",
    r"\bldd \((?:gnu libc|ubuntu glibc|debian glibc)[^)]{0,60}\) (2\.\d{1,2})",
)
_OLD_SYSTEMS: Final = (
    (r"\bubuntu[ :/-]?14\.04", "2.19"),
    (r"\bubuntu[ :/-]?16\.04", "2.23"),
    (r"\bubuntu[ :/-]?18\.04", "2.27"),
    (r"\bdebian[ :/-]?(?:8|jessie)\b", "2.19"),
    (r"\bdebian[ :/-]?(?:9|stretch)\b", "2.24"),
    (r"\bcentos[ :/-]?(?:linux )?(?:release )?7\b", "2.17"),
    (r"\bcentos[ :/-]?(?:linux )?(?:release )?6\b", "2.12"),
    (r"\bamazon linux 2\b(?!0)", "2.26"),
    (r"\brhel[ :/-]?7\b", "2.17"),
    (r"\.el7\.x86_64", "2.17"),
    (r"\bmanylinux2014\b image", "2.17"),
)
_PIPS: Final = (
    r"\byou are using pip version (\d[\d.]{0,10})",
    r"\bpip version (\d{1,2}\.[\d.]{1,8})",
    r"\bnotice\] a new release of pip(?: available)?(?: is available)?:? (\d[\d.]{0,10}) ->",
    r"\bpip (\d{1,2}\.\d[\d.]{0,6}) from ",
    r"\bpip-(\d{1,2}\.\d[\d.]{0,6})-py",
    r"\bpip[ =:](\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)\b",
)
_INDEX_LISTS: Final = (
    r"looking in (?:indexes|links): ((?:https?://[^ ,]{1,300},? ?){1,8})",
    r"--index-url[ =](https?://[^ ]{1,300})",
    r"--extra-index-url[ =](https?://[^ ]{1,300})",
    r"--default-index[ =](https?://[^ ]{1,300})",
    r"--index[ =](?:[\w-]{1,40}=)?(https?://[^ ]{1,300})",
    r"--find-links[ =](https?://[^ ]{1,300})",
    r" -f (https?://[^ ]{1,300})",
    r" -i (https?://[^ ]{1,300})",
    r"was found on (https?://[^ ,]{1,300})",
    r"fetch: `?(https?://[^ `]{1,300}/whl/[^ `]{1,60}/)",
    r" from (https?://[^ `]{1,300}/whl/[^ `]{1,60}/)",
    r"@ registry\+(https?://[^ `]{1,300})",
    r"\burl = \"(https?://[^\" ]{1,300})",
    r"\burl = \'(https?://[^\' ]{1,300})",
)
_INDEX_URL: Final = re.compile(r"https?://[^ ,`\"']{1,300}")
_ACCELERATOR_PATH: Final = re.compile(
    r"/(cu\d{2,3}|cpu|cpu_pypi_pkg|rocm\d[\d.]*|xpu)(?:/|$|\.html)"
)
_ACCELERATOR: Final = re.compile(r"^(?:cu\d{2,3}|cpu|rocm\d[\d.]*|xpu)$")
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
    wishes = tuple(_wishes(flow))
    full = _torch_version(flow, wishes)
    system, machine, bits = _machine(flow)
    return Facts(
        wishes=wishes,
        torch=full[0],
        accelerator=full[1],
        installed=tuple(_installed(flow)),
        python=_python(flow),
        bits=bits,
        system=system,
        machine=machine,
        libc=_libc(text),
        glibc=_glibc(flow),
        pip=_version(_first(flow, _PIPS)),
        indexes=tuple(dict.fromkeys(_indexes(flow))),
        status=_first(flow, _STATUSES),
        library=_first(flow, _LIBRARIES),
        symbol=_first(flow, _SYMBOLS),
        driver=_first(flow, _DRIVERS),
        cuda=_cuda(flow),
        gpu=_first(flow, _GPUS),
        numpy=_version(_first(flow, _NUMPYS)),
    )


_READ: dict[str, Pattern] = {}


def _first(flow: str, sources: tuple[str, ...]) -> str | None:
    """Return the first group of the first expression that matches."""
    for source in sources:
        if source not in _READ:
            _READ[source] = pattern(source)
        found = _READ[source].find(flow)
        if found is not None:
            return found[1]
    return None


def _version(text: str | None) -> str | None:
    """Return a version that is one, without a full stop that ended a sentence."""
    try:
        return None if text is None else str(Version(text.rstrip(".-+_")))
    except InvalidVersion:
        return None


# -- what was asked for


def _wishes(flow: str) -> Iterator[Wish]:
    seen: dict[str, Wish] = {}
    for each in _UNSATISFIED:
        for found in each.find_all(flow):
            wish = _wish(found[1], flow[found.end(1) : found.end(1) + 20400])
            if wish is not None and (wish.name not in seen or seen[wish.name].offered is None):
                seen[wish.name] = wish
    for each in _UV_WISHES:
        for found in each.find_all(flow):
            wish = _wish(found[1], "")
            if wish is not None:
                seen.setdefault(wish.name, wish)
    yield from seen.values()


def _wish(requirement: str, after: str) -> Wish | None:
    """Read a requirement; ``after`` is what follows it in pip's words."""
    found = _REQUIREMENT.match(requirement.strip(" `'\"").replace("(", ""))
    if found is None:
        return None
    version, accelerator = _split_local(found[3])
    offered = _OFFERED.search(after[:20400])
    asked_by = _FROM.search(after[:_NEAR])
    return Wish(
        name=canonicalize_name(found[1].rstrip(".-_")),
        version=version,
        operator=(found[2] or "==") if version else "",
        accelerator=accelerator,
        offered=None if offered is None or offered.start() > _NEAR else _offered(offered[1]),
        from_package=None
        if asked_by is None or asked_by[1].startswith("versions")
        else canonicalize_name(asked_by[1].partition("==")[0]),
    )


def _offered(listed: str) -> tuple[str, ...]:
    return tuple(one for one in (_version(part.strip()) for part in listed.split(",")) if one)


def _split_local(text: str | None) -> tuple[str | None, str | None]:
    """Return public version and accelerator of ``2.1.0+cu118``; both may be missing."""
    if text is None:
        return None, None
    public, _, local = text.replace("%2b", "+").partition("+")
    version = _version(public.removesuffix(".*").rstrip(".,"))
    return version, local if _ACCELERATOR.match(local) else None


def _torch_version(flow: str, wishes: tuple[Wish, ...]) -> tuple[str | None, str | None]:
    for wish in wishes:
        if wish.name == "torch" and wish.version is not None:
            return wish.version, wish.accelerator
    for source in _TORCH:
        version, accelerator = _split_local(_first(flow, (source,)))
        if version is not None:
            return version, accelerator
    return None, None


def _installed(flow: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for each in _INSTALLED:
        found = each.find(flow)
        name = next(name for name in reversed(TRIO) if name in each.source)
        version = None if found is None else _version(found[1])
        if version is not None and name not in seen:
            seen.add(name)
            yield name, version


# -- the machine


def _python(flow: str) -> str | None:
    for each in _PYTHONS:
        for found in each.find_all(flow):
            if _PYTHON_PATH_POETRY in flow[found.end() : found.end() + 40]:
                continue
            return found[1] + ("t" if found[2] else "")
    for each in _TAGS:
        match = each.find(flow)
        if match is not None:
            return f"{match[1]}.{match[2]}{match[3]}"
    return None


def _machine(flow: str) -> tuple[System | None, str | None, Literal[32, 64] | None]:
    system: str | None = None
    machine: str | None = None
    for source, its_system, its_machine in _MACHINES:
        if system is not None and (system != its_system or machine is not None):
            continue
        if source not in _READ:
            _READ[source] = pattern(source)
        found = _READ[source].find(flow)
        if found is None:
            continue
        system = its_system
        said = found[1] if found.re.groups else None
        machine = its_machine or {
            "aarch64": "arm64",
            "7l": "armv7l",
            "6l": "armv6l",
            "amd64": "x86_64",
        }.get(said or "", said)
    bits = _bits(flow) or (32 if machine in {"i686", "armv7l", "armv6l"} else None)
    return system, machine, bits  # type: ignore[return-value]  # the table has systems only


def _bits(flow: str) -> Literal[32, 64] | None:
    """Return the width of the interpreter, where its banner or its tags are shown."""
    if _first(
        flow,
        (
            r"\b(32 bit) \(intel\)",
            r"\[msc v\.\d{4} (32 bit)",
            r"e\.g\., `(win32)`",
            r"--platform[ =](win32)\b",
            r"\\python(\d{2,3}-32)\\",
        ),
    ):
        return 32
    if _first(flow, (r"\b64 bit \((amd64)\)", r"\b64 bit \((arm64)\)")):
        return 64
    return None


def _libc(text: Text) -> Libc | None:
    if any(each.find(text.flow) for each in _MUSL):
        return "musl"
    if any(_BUSYBOX_PROMPT.match(line) for line in text.lines[:400]):
        return "musl"
    return "glibc" if "glibc" in text.flow else None


def _glibc(flow: str) -> str | None:
    said = _first(flow, _GLIBC)
    if said is not None:
        return said.replace("_", ".")
    for source, version in _OLD_SYSTEMS:
        if source not in _READ:
            _READ[source] = pattern(source)
        if _READ[source].find(flow) is not None:
            return version
    return None


def _cuda(flow: str) -> str | None:
    """Return what the driver supports: said by ``nvidia-smi``, or by torch as 1000 times it."""
    said = _first(flow, _CUDAS)
    found = _FOUND_DRIVER.find(flow)
    if said is not None or found is None:
        return said
    number = int(found[1])
    return f"{number // 1000}.{number % 1000 // 10}"


# -- sources


def _indexes(flow: str) -> Iterator[Index]:
    for source in _INDEX_LISTS:
        if source not in _READ:
            _READ[source] = pattern(source)
        for found in _READ[source].find_all(flow):
            for url in _INDEX_URL.findall(found[1]):
                yield _index(url)


def _index(url: str) -> Index:
    path = url.partition("://")[2]
    accelerator = _ACCELERATOR_PATH.search(path)
    if accelerator is not None and ("/whl" in path or "pytorch" in path):
        name = accelerator[1].removesuffix("_pypi_pkg")
        return Index(kind="pytorch", accelerator=name, nightly="/nightly" in path)
    if path.startswith("download.pytorch.org"):
        return Index(kind="pytorch", nightly="/nightly" in path)
    if path.rstrip("/").endswith("/simple"):
        return Index(kind="default")
    return Index(kind="other")
