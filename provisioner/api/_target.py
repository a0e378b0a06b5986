"""Which target of a spec this machine gets, and why.

A target fits where the planner accepts it with this machine in the place of the machines that the
target names: its platform, C library, driver and GPUs. So what is chosen here is what runs here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provisioner.api.host import host_for
from provisioner.compat import kind_of, load_compat
from provisioner.findings import Finding, PlanError, Severity, WorldError
from provisioner.planner import Refusal
from provisioner.planner import plan as make_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.compat import Compat
    from provisioner.host import GpuStack, HostFacts
    from provisioner.spec import Spec, TargetWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The target that is worked with."""

    spec: Spec
    """The spec with this target alone."""
    why: str
    """One line; empty where there was nothing to choose."""

    @property
    def name(self) -> str | None:
        """The target's name, None for the one of a spec without named targets."""
        return self.spec.sole.name


def settle_target(spec: Spec, name: str | None = None) -> Choice:
    """Return the target that is named, else the one that fits this machine best.

    Args:
        spec: One with any number of targets.
        name: What a person asked for; None leaves the choice to :func:`choose_target`.

    Raises:
        PlanError: The spec has no such target (``TE463``), or none fits (``TE462``).
    """
    if name is not None:
        try:
            chosen = spec.narrowed(name)
        except LookupError:
            raise PlanError(_unknown(spec, name)) from None
        return Choice(spec=replace(chosen, asked_for=name), why="")
    if len(spec.targets) == 1:
        return Choice(spec=spec, why="")
    return choose_target(spec, host_for(spec), load_compat(), _has_python)


def choose_target(
    spec: Spec, host: HostFacts, compat: Compat, has_python: Callable[[str], bool]
) -> Choice:
    """Choose the target that fits a machine best; the same facts give the same choice.

    Of those that fit, one whose GPUs are there comes before ``cpu``, and that before one whose GPUs
    are not; then one that the planner has no doubts about, one that names this machine's GPUs and a
    driver that it has, the newer accelerator, and the first by name.

    Args:
        spec: What is wanted.
        host: The machine.
        compat: What exists.
        has_python: Whether the machine has an interpreter for a target's ``python``.

    Raises:
        PlanError: ``TE462``, none fits; says of each target what is missing.
    """
    fits: list[tuple[tuple[object, ...], TargetWish]] = []
    misfits: dict[str, str] = {}
    for target in spec.targets:
        misfit, doubts = _judge(spec, target, host, compat)
        if misfit is None and not has_python(target.python):
            misfit = f"needs Python {target.python}, which this machine does not have"
        if misfit is None:
            fits.append((_rank(target, host, doubts), target))
        else:
            misfits[str(target.name)] = misfit
    if not fits:
        raise PlanError(_none_fits(spec, misfits))
    best = max(fits, key=lambda pair: pair[0])[1]
    others = [f"`{target.name}`" for _, target in fits if target != best]
    why = f"Target `{best.name}` ({_told(best, host)}): {_reason(best, host, others)}."
    return Choice(spec=spec.narrowed(best.name), why=why)


def _judge(
    spec: Spec, target: TargetWish, host: HostFacts, compat: Compat
) -> tuple[str | None, int]:
    """Return what keeps a target from running on a machine, and how many doubts there are."""
    if target.platform not in (None, host.platform):
        return f"is for {target.platform}", 0
    here = replace(target, platform=host.platform, driver=None, gpus=(), glibc=None, macos=None)
    verdict = make_plan(replace(spec, targets=(here,), siblings=()), compat, host)
    if isinstance(verdict, Refusal):
        return f"cannot run here: {verdict.findings[0].message.rstrip('.')}", 0
    return None, sum(one.severity is Severity.WARNING for one in verdict.findings)


def _rank(target: TargetWish, host: HostFacts, doubts: int) -> tuple[object, ...]:
    """Return what the best target has the most of."""
    stack = _stack(target, host)
    hardware = 1 if stack is None else 2 * _is_usable(stack)
    version = tuple(int(number) for number in re.findall(r"\d+", target.accelerator))
    return (hardware, -doubts, _names_this(target, host), version)


def _stack(target: TargetWish, host: HostFacts) -> GpuStack | None:
    """Return the machine's GPUs of the maker that a target is for, None for ``cpu``."""
    makers = {"cuda": host.nvidia, "rocm": host.amd, "xpu": host.intel}
    return makers.get(kind_of(target.accelerator))


def _is_usable(stack: GpuStack) -> bool:
    return stack.state == "present" and bool(stack.gpus)


def _names_this(target: TargetWish, host: HostFacts) -> int:
    """Return how much of what a target says of its machines this one has: GPUs and driver."""
    stack = _stack(target, host)
    if stack is None:
        return 0
    here = {word.lower() for gpu in stack.gpus for word in (gpu.name, gpu.arch) if word}
    gpus = any(wish.lower() in name for wish in target.gpus for name in here)
    has_driver = target.driver is not None and stack.driver is not None
    driver = has_driver and _release(stack.driver or "") >= _release(target.driver or "")
    return int(gpus) + int(driver)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _has_python(python: str) -> bool:
    from provisioner.host import find_interpreter

    try:
        find_interpreter(python, os.environ)
    except WorldError:
        return False
    return True


# -- in words


def _told(target: TargetWish, host: HostFacts) -> str:
    return f"{target.platform or host.platform}, Python {target.python}, {target.accelerator}"


def _reason(target: TargetWish, host: HostFacts, others: list[str]) -> str:
    """Return why it is the best, as the end of a sentence."""
    if not others:
        return "the only one that fits this machine"
    stack = _stack(target, host)
    if stack is None:
        cause = "no GPU that another of them is for answers here"
    elif _is_usable(stack):
        gpu = stack.gpus[0].name or stack.gpus[0].arch or "a GPU"
        cause = f"it is for this machine's {gpu}"
    else:
        cause = "its accelerator is the newest"
    return f"{cause}; {', '.join(others)} would run here too"


def _none_fits(spec: Spec, misfits: dict[str, str]) -> Finding:
    return Finding(
        code="TE462",
        message="No target of the spec fits this machine.",
        why="\n".join(f"`{name}` {misfit}." for name, misfit in misfits.items()),
        do="Add a target for this machine, or work on one of the others. `torchenv host` shows "
        "what is known of this machine, and `--target NAME` takes a target all the same.",
        where=spec.where("targets"),
    )


def _unknown(spec: Spec, name: str) -> Finding:
    names = ", ".join(f"`{one.name}`" for one in spec.targets if one.name is not None)
    return Finding(
        code="TE463",
        message=f"The spec has no target `{name}`.",
        why=f"Its targets are {names}." if names else "It names no targets, so it has just one.",
        do="Name one of them, or leave `--target` out." if names else "Leave `--target` out.",
        where=spec.where("targets"),
    )
