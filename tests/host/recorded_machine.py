"""A machine that was recorded: what its files hold and its programs say, from a data file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.host._machine import Answer
from provisioner.host._types import Gpu, GpuStack
from provisioner.toml import loads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER: Final = Path(__file__).with_name("recorded")


@dataclass(frozen=True, kw_only=True)
class RecordedMachine:
    """Answers as the recorded machine did; a program that was not recorded must not be run."""

    system: str = "linux"
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, bool] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def read(self, path: str) -> str:
        """Return a recorded text."""
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the first parts of all paths below the folder."""
        paths = (*self.files, *self.devices, *self.links)
        below = (path[len(folder) + 1 :] for path in paths if path.startswith(f"{folder}/"))
        return tuple(sorted({path.partition("/")[0] for path in below}))

    def exists(self, path: str) -> bool:
        """Whether something was recorded there."""
        return path in self.files or path in self.devices or bool(self.names(path))

    def can_open(self, path: str) -> bool:
        """Whether the device was recorded as open to the user."""
        return self.devices.get(path, False)

    def target(self, link: str) -> str:
        """Return where a recorded link leads."""
        return self.links.get(link, "")

    def program(self, name: str) -> str | None:
        """Return where a recorded program lies."""
        return self.programs.get(name)

    def ask(self, argv: Sequence[str], *, more: Mapping[str, str]) -> Answer:  # noqa: ARG002
        """Return what the program said."""
        said = self.answers[_kind(" ".join(argv))]
        return Answer(
            exit_code=said.get("exit", 0),
            stdout=said.get("stdout", ""),
            stderr=said.get("stderr", ""),
            problem=said.get("problem", ""),
        )


def _kind(command: str) -> str:
    """Return the name that a recording gives to what a command says."""
    names = {"_nvml_child": "nvml", "compute_cap": "smi", "nvidia-smi": "smi_old"}
    names |= {"rocm_agent_enumerator": "rocm", "sysctl": "sysctl"}
    return next(name for part, name in names.items() if part in command)


def cases(file: str) -> list[dict[str, Any]]:
    """Return the cases of a file in ``recorded/``."""
    found: list[dict[str, Any]] = loads((FOLDER / file).read_text(encoding="utf-8"))["case"]
    return found


def machine_of(case: Mapping[str, Any]) -> RecordedMachine:
    """Return the machine of a case."""
    parts = ("system", "environ", "files", "devices", "links", "programs", "answers")
    return RecordedMachine(**{part: case[part] for part in parts if part in case})


def stack_of(expected: Mapping[str, Any]) -> GpuStack:
    """Return what a case expects; an empty name or architecture stands for "not known"."""
    gpus = tuple(
        Gpu(name=name or None, arch=arch or None) for name, arch in expected.get("gpus", ())
    )
    return GpuStack(
        state=expected["state"],
        driver=expected.get("driver"),
        gpus=gpus,
        evidence=expected["evidence"],
    )
