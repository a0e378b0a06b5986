"""What this machine runs inside of: a container, the Windows Subsystem for Linux, Rosetta."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.host._machine import read_or_none

if TYPE_CHECKING:
    from provisioner.host._machine import Machine

_MARKERS: Final = ("/.dockerenv", "/run/.containerenv", "/.singularity.d")
"""Files that Docker, Podman (and CRI-O), Apptainer put into every container."""
_VARIABLES: Final = ("KUBERNETES_SERVICE_HOST", "APPTAINER_CONTAINER", "SINGULARITY_CONTAINER")
_GROUPS: Final = "/proc/1/cgroup"
_ENGINES: Final = re.compile(r"docker|containerd|kubepods|libpod|crio|/lxc|garden|buildkit")
_KERNEL: Final = "/proc/sys/kernel/osrelease"
_SYSCTL: Final = "/usr/sbin/sysctl"

Told = tuple[bool | None, str]
"""A fact and where it was read."""


def probe_container(machine: Machine) -> Told:
    """Whether this is inside a container.

    Not found is no only where the first process's control groups could be read; with version 2 of
    them a container may look like a machine, if no engine left a file or variable behind.
    """
    if machine.system != "linux":
        return False, "only Linux has containers that see its GPUs"
    for marker in _MARKERS:
        if machine.exists(marker):
            return True, f"`{marker}`"
    for variable in _VARIABLES:
        if machine.environ.get(variable):
            return True, f"`{variable}`"
    groups = read_or_none(machine, _GROUPS)
    if groups is None:
        return None, f"`{_GROUPS}` cannot be read"
    found = _ENGINES.search(groups)
    return found is not None, f"`{_GROUPS}`"


def probe_wsl(machine: Machine) -> Told:
    """Whether the kernel is Microsoft's own, ``5.15.153.1-microsoft-standard-WSL2``."""
    if machine.system != "linux":
        return False, "only Linux can be it"
    release = read_or_none(machine, _KERNEL)
    if release is None:
        return None, f"`{_KERNEL}` cannot be read"
    return "microsoft" in release.lower(), f"`{_KERNEL}`"


def probe_rosetta(machine: Machine, processor: str) -> Told:
    """Whether macOS translates this process.

    The variable tells of the process that asks; a translated process starts translated ones.

    Args:
        machine: Where to look.
        processor: ``platform.machine()``; a process that says ``arm64`` is not translated.
    """
    if machine.system != "darwin" or processor != "x86_64":
        return False, f"the process is {processor}"
    answer = machine.ask([_SYSCTL, "-n", "sysctl.proc_translated"], more={})
    said = answer.stdout.strip()
    if said in {"0", "1"}:
        return said == "1", "`sysctl.proc_translated`"
    if "unknown oid" in answer.stderr:
        # A macOS for Intel alone, from before there was Rosetta 2.
        return False, "this macOS has no `sysctl.proc_translated`"
    return None, f"`sysctl` says `{answer.last_words or 'nothing'}`"
