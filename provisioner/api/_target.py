"""Which target of a spec this machine gets, and why.

A target fits where the planner accepts it with this machine in the place of the machines that the
target names: its platform, C library, driver and GPUs. So what is chosen here is what runs here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from provisioner.findings import Finding, PlanError, Severity, WorldError
from provisioner.planner import Refusal
from provisioner.spec import VersionWish

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.compat import Compat
    from provisioner.host import GpuStack, HostFacts
    from provisioner.planner import Plan, Plans
    from provisioner.spec import Spec, TargetWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The target that is worked with."""

    spec: Spec
    """The spec with this target alone."""
    why: str = ""
    """One line; empty where there was nothing to choose."""
    findings: tuple[Finding, ...] = ()
    """What the planner says of this target on this machine."""

    @property
    def name(self) -> str | None:
        """The target's name, None for the one of a spec without named targets."""
        return self.spec.sole.name


def settle_target(spec: Spec, name: str | None = None, *, offline: bool = False) -> Choice:
    """Return the target that is named, else the one that fits this machine best.

    Args:
        spec: One with any number of targets.
        name: What a person asked for; None leaves the choice to :func:`choose_target`.
        offline: Whether no index is asked, as for planning.

    Raises:
        PlanError: The spec has no such target (``TE463``), none fits (``TE462``), or the one that
            is named cannot run on this machine.
    """
    if name is not None:
        return _named(spec, name, offline=offline)
    if len(spec.targets) == 1:
        return Choice(spec=spec)
    host = _this_machine(spec)
    return choose_target(spec, host, _compat(spec, offline=offline), _has_python)


def _this_machine(spec: Spec) -> HostFacts:
    from provisioner.api.host import host_facts

    return host_facts(gpus=any(target.accelerator != "cpu" for target in spec.targets))


def _compat(spec: Spec, *, offline: bool) -> Compat:
    from provisioner.api._beyond import known_for

    return known_for(spec, offline=offline).compat


def _named(spec: Spec, name: str, *, offline: bool) -> Choice:
    try:
        chosen = spec.narrowed(name)
    except LookupError:
        raise PlanError(_unknown(spec, name)) from None
    host = _this_machine(chosen)
    # One of another platform can be looked at, and who applies it is told there.
    verdict = None
    if len(spec.targets) > 1 and chosen.sole.platform in (None, host.platform):
        compat = _compat(spec, offline=offline)
        plans = _plans(spec, host, compat)
        verdict = _on_host(spec, plans.of(name), chosen.sole, host, compat)
        if isinstance(verdict, Refusal):
            raise PlanError(verdict.findings)
    return Choice(
        spec=replace(chosen, asked_for=name), findings=verdict.findings if verdict else ()
    )


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
    plans = _plans(spec, host, compat)
    fits: list[_Fit] = []
    misfits: dict[str, str] = {}
    for target in spec.targets:
        found = _judge(spec, plans.of(target.name), target, host, compat)
        if isinstance(found, _Fit) and not has_python(
            python := target.python_given(plans.of(target.name).target.python)
        ):
            found = f"needs Python {python}, which this machine does not have"
        if isinstance(found, _Fit):
            fits.append(found)
        else:
            misfits[str(target.name)] = found
    if not fits:
        raise PlanError(_none_fits(spec, misfits))
    best = max(fits, key=lambda fit: fit.rank)
    others = [f"`{fit.target.name}`" for fit in fits if fit is not best]
    why = f"Target `{best.target.name}` ({_told(best)}): {_reason(best, host, others)}."
    return Choice(spec=spec.narrowed(best.target.name), why=why, findings=best.here.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """A target that runs on the machine."""

    target: TargetWish
    here: Plan
    """Its build, planned for this very machine."""
    rank: tuple[object, ...]
    """What the best one has the most of."""


def _plans(spec: Spec, host: HostFacts, compat: Compat) -> Plans:
    """Return what is locked for each target, whatever machine this is.

    Raises:
        PlanError: The spec cannot be.
    """
    from provisioner.api._pythons import plan_pythons
    from provisioner.api.host import any_machine

    verdict = plan_pythons(spec, compat, any_machine(host.platform))
    if isinstance(verdict, Refusal):
        raise PlanError(verdict.findings)
    return verdict


def _judge(
    spec: Spec, planned: Plan, target: TargetWish, host: HostFacts, compat: Compat
) -> _Fit | str:
    """Return how a target fits a machine, or what keeps it from running there."""
    if planned.target.platform != host.platform:
        return f"is for {planned.target.platform}"
    verdict = _on_host(spec, planned, target, host, compat)
    if isinstance(verdict, Refusal):
        return f"cannot run here: {verdict.findings[0].message.rstrip('.')}"
    doubts = sum(one.severity is Severity.WARNING for one in verdict.sole.findings)
    return _Fit(target=target, here=verdict.sole, rank=_rank(planned, target, host, doubts))


def _on_host(
    spec: Spec, planned: Plan, target: TargetWish, host: HostFacts, compat: Compat
) -> Plans | Refusal:
    """Plan the build that a target has, with this machine in the place of those that it names."""
    from provisioner.planner import plan as make_plan

    here = replace(
        target,
        platform=host.platform,
        python=target.python_given(planned.target.python),
        accelerator=planned.target.accelerator,
        driver=None,
        gpus=(),
        glibc=None,
        macos=None,
    )
    version = planned.torch.public
    torch = VersionWish(text=version, specifier=SpecifierSet(f"=={version}"))
    return make_plan(replace(spec, targets=(here,), siblings=(), torch=torch), compat, host)


def _rank(planned: Plan, target: TargetWish, host: HostFacts, doubts: int) -> tuple[object, ...]:
    """Return what the best target has the most of."""
    accelerator = planned.target.accelerator
    stack = _stack(accelerator, host)
    hardware = 1 if stack is None else 2 * _is_usable(stack)
    version = tuple(int(number) for number in re.findall(r"\d+", accelerator))
    return (hardware, -doubts, _names_this(target, stack), version)


def _stack(accelerator: str, host: HostFacts) -> GpuStack | None:
    """Return the machine's GPUs of the maker that a build is for, None for ``cpu``."""
    from provisioner.compat import kind_of

    makers = {"cuda": host.nvidia, "rocm": host.amd, "xpu": host.intel}
    return makers.get(kind_of(accelerator))


def _is_usable(stack: GpuStack) -> bool:
    return stack.state == "present" and bool(stack.gpus)


def _names_this(target: TargetWish, stack: GpuStack | None) -> int:
    """Return how much of what a target says of its machines this one has: GPUs and driver."""
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


def _told(fit: _Fit) -> str:
    target = fit.here.target
    return f"{target.platform}, Python {target.python}, {target.accelerator}"


def _reason(fit: _Fit, host: HostFacts, others: list[str]) -> str:
    """Return why it is the best, as the end of a sentence."""
    if not others:
        return "the only one that fits this machine"
    stack = _stack(fit.here.target.accelerator, host)
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
