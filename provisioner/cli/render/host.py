"""What the probes read on a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.cli.render._text import print_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from provisioner.host import Gpu, GpuStack, HostFacts, Interpreter

_UNKNOWN: Final = "not known"


def print_host(console: Console, facts: HostFacts, pythons: Sequence[Interpreter] = ()) -> None:
    """Print a fact a line, with where it was read, and the Pythons that environments can have."""
    print_rows(console, [*_rows(facts), *map(_python_row, pythons)])


def _python_row(one: Interpreter) -> tuple[str, str, str]:
    """Return an interpreter as a row, with what makes it unusual."""
    kind = one.implementation + (" free-threaded" if one.free_threaded else "")
    bits = "" if one.is_64bit else " 32-bit"
    return ("interpreter", f"{kind} {one.version}{bits}", f"`{one.path}`")


def _rows(facts: HostFacts) -> Iterator[tuple[str, str, str]]:
    """Yield (fact, value, where it was read)."""
    yield ("platform", facts.platform, facts.evidence_of("platform"))
    bits = f"{facts.bits}-bit" if facts.bits is not None else _UNKNOWN
    yield ("Python", bits, facts.evidence_of("bits"))
    if facts.libc != "none":
        version = facts.libc_version or _UNKNOWN
        yield ("C library", f"{facts.libc} {version}", facts.evidence_of("libc"))
    if facts.platform.startswith("macos-"):
        yield ("macOS", facts.macos_version or _UNKNOWN, facts.evidence_of("macos_version"))
        yield ("Rosetta", _answer(is_so=facts.rosetta), facts.evidence_of("rosetta"))
    else:
        yield ("container", _answer(is_so=facts.container), facts.evidence_of("container"))
        yield ("WSL", _answer(is_so=facts.wsl), facts.evidence_of("wsl"))
    yield from _stack_rows("NVIDIA", facts.nvidia)
    yield from _stack_rows("AMD", facts.amd)
    yield from _stack_rows("Intel", facts.intel)


def _stack_rows(maker: str, stack: GpuStack) -> Iterator[tuple[str, str, str]]:
    """Yield the driver, then its GPUs."""
    driver = f"driver {stack.driver}" if stack.driver is not None else "driver"
    state = _UNKNOWN if stack.state == "unknown" else stack.state
    yield (maker, f"{driver} {state}", stack.evidence)
    for number, gpu in enumerate(stack.gpus):
        yield (f"  GPU {number}", _gpu(gpu), "")


def _gpu(gpu: Gpu) -> str:
    return f"{gpu.name or 'a GPU'} ({gpu.arch or 'architecture not known'})"


def _answer(*, is_so: bool | None) -> str:
    return _UNKNOWN if is_so is None else "yes" if is_so else "no"
