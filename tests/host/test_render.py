"""`torchenv host` for people: each fact, its value, and where it was read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from provisioner.api.host import host_facts
from provisioner.cli.render.host import print_host
from provisioner.host import GpuStack, HostFacts, Interpreter

MACHINES: Final = Path(__file__).with_name("machines")

RTX = """\
  platform   linux-x86_64                     Python says `linux` on `x86_64`
  Python     64-bit                           the size of Python's pointers
  C library  glibc 2.35                       the C library says `glibc 2.35`
  container  no                               `/proc/1/cgroup`
  WSL        no                               `/proc/sys/kernel/osrelease`
  NVIDIA     driver 550.54.15 present         NVML
    GPU 0    NVIDIA GeForce RTX 4090 (sm_89)
  AMD        driver absent                    no `/dev/kfd`, no `/sys/module/amdgpu`, no `rocm_agent_enumerator`
  Intel      driver absent                    no Intel GPU in `/sys/class/drm`
"""  # noqa: E501  as it is printed
MAC = """\
  platform  macos-x86_64   Python says `darwin` on `x86_64`
  Python    64-bit         the size of Python's pointers
  macOS     13.6           the system's own version
  Rosetta   yes            `sysctl.proc_translated`
  NVIDIA    driver absent  macOS has no NVIDIA driver
  AMD       driver absent  ROCm is not for macOS
  Intel     driver absent  XPU builds are not for macOS
"""


def shown(facts: HostFacts, pythons: tuple[Interpreter, ...] = ()) -> str:
    """Return what a terminal without colours shows."""
    console = Console(width=300, color_system=None, force_terminal=False)
    with console.capture() as captured:
        print_host(console, facts, pythons)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


@pytest.mark.parametrize(
    ("machine", "expected"), [("desktop-rtx-4090", RTX), ("macbook-m1-rosetta", MAC)]
)
def test_each_fact_has_a_line(machine: str, expected: str) -> None:
    """Every fact that the kind of machine has stands there with its source."""
    assert shown(host_facts(facts=MACHINES / f"{machine}.json")) == expected


def test_interpreters_follow() -> None:
    """The Pythons that an environment can have stand below, with what is unusual of them."""
    facts = host_facts(facts=MACHINES / "macbook-m3.json")
    plain = Interpreter(
        path=Path("/usr/bin/python3.12"),
        version="3.12.4",
        implementation="CPython",
        free_threaded=False,
        is_64bit=True,
    )
    odd = replace(plain, path=Path("/opt/t"), free_threaded=True, is_64bit=False)
    assert shown(facts, (plain, odd)).splitlines()[-2:] == [
        "  interpreter  CPython 3.12.4                       `/usr/bin/python3.12`",
        "  interpreter  CPython free-threaded 3.12.4 32-bit  `/opt/t`",
    ]


def test_what_is_not_known_is_said() -> None:
    """Unknown is a word of its own, and never looks like absent."""
    facts = HostFacts(
        platform="linux-x86_64",
        libc="musl",
        libc_version=None,
        macos_version=None,
        nvidia=GpuStack(state="unreadable", driver="550.54.14", evidence="it does not answer"),
    )
    lines = [line.split(maxsplit=1) for line in shown(facts).splitlines()]
    found = {label: rest.strip() for label, rest in lines if label != "C"}
    assert found["Python"] == "not known"
    assert found["container"] == "not known"
    assert found["NVIDIA"] == "driver 550.54.14 unreadable  it does not answer"
    assert found["AMD"] == "driver not known"
    assert "musl not known" in shown(facts)
