"""What is inside a test wheel: the tiny packages of ``stand_ins``, told which build they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support._toml import read_toml
from tests.support.wheels import Member, text_member

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCES = Path(__file__).parent / "stand_ins"
_IMPORT_NAMES = {"pillow": "PIL", "charset-normalizer": "charset_normalizer"}
_CONSOLE_SCRIPTS = {
    "torch": (("torchrun", "torch.distributed.run:main"),),
    "pip": (("pip", "pip:main"), ("pip3", "pip:main")),
}
_ARCHES = {
    "cu116": "37 50 60 70 75 80 86",
    "cu117": "37 50 60 70 75 80 86",
    "cu118": "37 50 60 70 75 80 86 90",
    "cu121": "50 60 70 75 80 86 90",
    "cu124": "50 60 70 75 80 86 90",
    "cu126": "50 60 70 75 80 86 90",
    "cu128": "70 75 80 86 90 100 120",
    "cu130": "75 80 86 90 100 120",
}
"""GPU architectures of the Linux builds, as PyTorch's build scripts set them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a stand-in must know about itself."""

    project: str
    """Normalised name."""
    version: str
    """Version in the file name."""
    accelerator: str = ""
    """What it was compiled for, also where the version does not say it; empty: not compiled for
    one."""
    platform: str = "any"
    """Platform part of the tag."""
    requires: tuple[str, ...] = ()

    @property
    def reported_version(self) -> str:
        """``__version__``: names the build on Linux and Windows even where the file does not."""
        silent = "+" in self.version or not self.accelerator or "macosx" in self.platform
        return self.version if silent else f"{self.version}+{self.accelerator}"

    @property
    def built_for(self) -> str | None:
        """``torch.__version__`` that this was compiled against; None where any torch will do."""
        pins = [line for line in self.requires if line.startswith("torch==")]
        _, plus, local = self.reported_version.partition("+")
        return pins[0].removeprefix("torch==") + plus + local if pins else None

    @property
    def cuda(self) -> str | None:
        """CUDA version (``11.8``), None for a build without CUDA."""
        found = re.fullmatch(r"cu(\d+)(\d)", self.accelerator)
        return f"{found[1]}.{found[2]}" if found else None


def stand_in(build: Build) -> tuple[Member, ...]:
    """Return the files of the tiny package."""
    match build.project:
        case "torch":
            return _torch(build)
        case "torchvision" | "torchaudio":
            return _companion_of_torch(build)
        case "pip":
            return _sources("pip")
        case "typing-extensions":
            return (text_member("typing_extensions.py", _module(build)),)
        case project if project in _libraries():
            return _companion(project)
        case project:
            name = _IMPORT_NAMES.get(project, project.replace("-", "_"))
            return (text_member(f"{name}/__init__.py", _module(build)),)


def console_scripts(project: str) -> tuple[tuple[str, str], ...]:
    """Return the commands that the package installs."""
    return _CONSOLE_SCRIPTS.get(project, ())


def _torch(build: Build) -> tuple[Member, ...]:
    hip = build.accelerator.removeprefix("rocm") if "rocm" in build.accelerator else None
    version = {
        "__version__": build.reported_version,
        "debug": False,
        "cuda": build.cuda,
        "git_version": "0" * 40,
        "hip": hip,
        "xpu": "20250000" if build.accelerator == "xpu" else None,
    }
    arches = tuple(f"sm_{arch}" for arch in _ARCHES.get(build.accelerator, "").split())
    facts = {"ARCHES": arches, "LIBRARIES": _needed_libraries(build)}
    return (
        *_sources("torch", leave_out=("version.py", "_build.py")),
        text_member("torch/version.py", _assignments(version)),
        text_member("torch/_build.py", _assignments(facts)),
        text_member("torch/lib/libtorch.so", f"stand-in of {build.reported_version}\n"),
    )


def _companion_of_torch(build: Build) -> tuple[Member, ...]:
    facts = {
        "__version__": build.reported_version,
        "git_version": "0" * 40,
        "cuda": build.cuda,
        "built_for": build.built_for,
    }
    version = text_member(f"{build.project}/version.py", _assignments(facts))
    return (*_sources(build.project, leave_out=("version.py",)), version)


def _module(build: Build) -> str:
    return f'"""A stand-in for tests."""\n\n__version__ = {build.version!r}\n'


def _assignments(values: Mapping[str, object]) -> str:
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


@cache
def _sources(package: str, leave_out: tuple[str, ...] = ()) -> tuple[Member, ...]:
    """Return the files of ``stand_ins/<package>``."""
    files = sorted((_SOURCES / package).rglob("*.py"))
    return tuple(
        Member(path=file.relative_to(_SOURCES).as_posix(), content=file.read_bytes())
        for file in files
        if file.name not in leave_out
    )


def _needed_libraries(build: Build) -> tuple[str, ...]:
    """Return what torch loads: the libraries of the companions that it requires."""
    if not build.platform.endswith("x86_64") or "linux" not in build.platform:
        return ()
    names = [re.split(r"[^a-z0-9-]", line, maxsplit=1)[0] for line in build.requires]
    return tuple(path for name in names for path in _libraries().get(name, ()))


def _companion(project: str) -> tuple[Member, ...]:
    """Return the library; up to CUDA 12 every real one also has the same ``nvidia/__init__.py``."""
    if project == "cuda-toolkit":
        return ()
    libraries = tuple(Member(path=path, content=b"\x7fELF") for path in _libraries()[project])
    shared = (text_member("nvidia/__init__.py", ""),) if re.search("-cu1[12]$", project) else ()
    return (*shared, *libraries)


@cache
def _libraries() -> dict[str, tuple[str, ...]]:
    table = read_toml(_SOURCES / "libraries.toml")
    return {name: tuple(paths) for name, paths in table.items()}
