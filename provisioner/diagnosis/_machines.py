"""What a text says about the machine: system, processor, C library and the Python in use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from provisioner.diagnosis._pattern import find, first_group, pattern

if TYPE_CHECKING:
    from provisioner.diagnosis._normalise import Text

System = Literal["linux", "macos", "windows"]
Libc = Literal["glibc", "musl"]

_PYTHONS: Final = tuple(
    map(
        pattern,
        (
            r"\busing (?:cpython|python) ([23]\.\d{1,2})(?:\.\d{1,2})?(t|\+freethreaded)?\b",
            r"\byou require cpython ([23]\.\d{1,2})(t)?",
            r"\byou're using cpython ([23]\.\d{1,2})(t)?",
            r"\bpoetry env use (?:python)?([23]\.\d{1,2})(t)?\b",
            r"virtualenvs[\\/][\w.-]{1,80}-py([23]\.\d{1,2})(t)?\b",
            r"\"python_full_version\": \"([23]\.\d{1,2})\.\d{1,2}(t)?\"",
            r"current python version \(([23]\.\d{1,2})(?:\.\d{1,2})?(t)?\)",
            r"\bpython ?(?:version)?[:=]? ?([23]\.\d{1,2})\.\d{1,2}(t)?\b",
            r"\(python ([23]\.\d{1,2})(t)?\)",
            r"--python-version[ =]([23]\.\d{1,2})(t)?\b",
            r"\bpython([23]\.\d{1,2})(t)? -m pip",
            r"\bpython(3\.\d{1,2})(t) [^ ]",
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
_OTHER_VERSIONS: Final = "require a different "
"""Before pip's list of releases that it ignored, which are no versions of Python."""
_MACHINES: Final = (
    (r"\bwin_arm64\b(?=`\))", "windows", "arm64"),
    (r"windows[^ ]{0,12} (?:on )?arm", "windows", "arm64"),
    (r"--(?:platform|python-platform)[ =]win32\b", "windows", "i686"),
    (r"aarch64-pc-windows", "windows", "arm64"),
    (r"python3\d{1,2}-arm64\\", "windows", "arm64"),
    (r"\b64 bit \(arm64\)\] on win32", "windows", "arm64"),
    (r"windows-[\w.]{1,30}-arm64\b", "windows", "arm64"),
    (
        r"\"platform_machine\": \"arm64\".{0,120}\"platform_system\": \"windows\"",
        "windows",
        "arm64",
    ),
    (
        r"\"platform_machine\": \"(x86_64|arm64)\".{0,120}\"platform_system\": \"darwin\"",
        "macos",
        None,
    ),
    (r"\"platform_machine\": \"(\w{4,10})\".{0,160}\"platform_system\": \"linux\"", "linux", None),
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
            r"cpython-\d\.\d{1,2}\.\d{1,2}-linux-\w{3,8}-musl\b",
            r"\bapk add\b",
            r"error relocating ",
            r"\bmusl libc\b",
        ),
    )
)
# The prompt of Alpine's shell: the folder, a blank, and the sign of root.
_BUSYBOX_PROMPT: Final = re.compile(r"^(?:/|~|/[\w.-]+(?:/[\w.-]+){0,6}) # ")
_GLIBC: Final = (
    r"you're on linux \(`manylinux_(2_\d{1,2})_",
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


def read_python(flow: str) -> str | None:
    """Return the minor version of the Python in use, ``t`` appended for a free-threaded one."""
    for each in _PYTHONS:
        for found in each.find_all(flow):
            path = flow[found.end() : found.end() + 40].partition(" ")[0]
            if _PYTHON_PATH_POETRY in path or flow.endswith(_OTHER_VERSIONS, 0, found.start()):
                continue
            return found[1] + ("t" if found[2] else "")
    for each in _TAGS:
        match = each.find(flow)
        if match is not None:
            return f"{match[1]}.{match[2]}{match[3]}"
    return None


def read_machine(flow: str) -> tuple[System | None, str | None, Literal[32, 64] | None]:
    """Return system, processor and width, each as far as the text tells it."""
    system: str | None = None
    machine: str | None = None
    for source, its_system, its_machine in _MACHINES:
        if system is not None and (system != its_system or machine is not None):
            continue
        found = find(flow, source)
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
    if first_group(
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
    if first_group(flow, (r"\b64 bit \((amd64)\)", r"\b64 bit \((arm64)\)")):
        return 64
    return None


def read_libc(text: Text) -> Libc | None:
    """Return which C library the system has."""
    if any(each.find(text.flow) for each in _MUSL):
        return "musl"
    if any(_BUSYBOX_PROMPT.match(line) for line in text.lines[:400]):
        return "musl"
    return "glibc" if "glibc" in text.flow else None


def read_glibc(flow: str) -> str | None:
    """Return the version of glibc, said or known of the system that is named."""
    said = first_group(flow, _GLIBC)
    if said is not None:
        return said.replace("_", ".")
    for source, version in _OLD_SYSTEMS:
        if find(flow, source) is not None:
            return version
    return None
