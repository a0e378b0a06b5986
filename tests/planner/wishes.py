"""Specs and hosts for planner tests, made without any file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from hypothesis import settings
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from provisioner.host import Gpu, GpuStack, HostFacts
from provisioner.planner import Plan, Plans, Refusal
from provisioner.planner import plan as plan_all
from provisioner.spec import Dependency, Follow, LeaveOut, Sources, Spec, TargetWish, VersionWish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.compat import Compat
    from provisioner.findings import Combination, Finding
    from provisioner.host import FactState
    from provisioner.spec import CompanionWish

LAW: Final = settings(deadline=None)
"""For every law: no time limit per example, which a busy machine breaks for no reason."""
FILE: Final = Path("/project/torchenv.toml")
LINES: Final = (
    ("environment.python", 2),
    ("environment.accelerator", 3),
    ("environment.platform", 4),
    ("environment.driver", 14),
    ("environment.gpus", 15),
    ("environment.glibc", 16),
    ("environment.macos", 17),
    ("torch.torch", 6),
    ("torch.torchvision", 7),
    ("torch.torchaudio", 8),
    ("sources.trio", 10),
    ("dependencies.numpy", 13),
)
"""Where things would stand in the file; findings have to point there."""
_MACHINE_KEYS: Final = ("driver", "gpus", "glibc", "macos")
_TARGET_KEYS: Final = ("python", "accelerator", "platform", *_MACHINE_KEYS)


def a_wish(text: str) -> VersionWish:
    """Read a version wish as the spec does: ``2.2.0``, ``2.6``, ``>=2.4,<2.8``, ``latest``."""
    if text == "latest":
        return VersionWish(text=text, specifier=SpecifierSet())
    if text[0].isdigit():
        exact = text.count(".") > 1
        return VersionWish(text=text, specifier=SpecifierSet(f"=={text}{'' if exact else '.*'}"))
    return VersionWish(text=text, specifier=SpecifierSet(text))


def a_member(value: object) -> CompanionWish:
    """Read what is wished of torchvision or torchaudio: None follows, False leaves out."""
    if value is False:
        return LeaveOut()
    return a_wish(value) if isinstance(value, str) else Follow()


def a_spec(**wishes: Any) -> Spec:  # noqa: ANN401  # as the keys of a spec
    """Make a spec: python, accelerator, torch, torchvision, torchaudio, platform, and more.

    ``targets`` are tables of what each has for itself; ``dependencies`` are requirements by name;
    ``sources`` are fields of ``Sources``.
    """
    return Spec(
        file=FILE,
        stem="torchenv",
        targets=_targets(wishes),
        path=FILE.parent / ".venv",
        seed=True,
        torch=a_wish(wishes.get("torch", "latest")),
        torchvision=a_member(wishes.get("torchvision")),
        torchaudio=a_member(wishes.get("torchaudio")),
        dependencies=_dependencies(wishes.get("dependencies", {})),
        sources=Sources(**wishes.get("sources", {})),
        lines=wishes.get("lines", _lines(wishes)),
        shown=str(FILE),
    )


def _lines(wishes: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """Leave out what a spec says of machines only where it says it."""
    silent = {f"environment.{key}" for key in _MACHINE_KEYS if not wishes.get(key)}
    return tuple(line for line in LINES if line[0] not in silent)


def _targets(wishes: Mapping[str, Any]) -> tuple[TargetWish, ...]:
    shared: dict[str, Any] = {"python": "3.11", "accelerator": "cpu"}
    shared |= {key: wishes[key] for key in _TARGET_KEYS if wishes.get(key) is not None}
    named: Mapping[str, Mapping[str, Any]] = wishes.get("targets", {})
    said = [{"name": name, **shared, **own} for name, own in sorted(named.items())]
    return tuple(
        TargetWish(**{**one, "gpus": tuple(one.get("gpus", ()))})
        for one in said or [{"name": None, **shared}]
    )


def _dependencies(named: Mapping[str, str]) -> tuple[Dependency, ...]:
    return tuple(
        Dependency(
            name=canonicalize_name(name),
            specifier=SpecifierSet("" if specifier == "*" else specifier),
            line=20,
        )
        for name, specifier in named.items()
    )


def a_host(
    platform: str = "linux-x86_64",
    **facts: Any,  # noqa: ANN401  # as the fields of HostFacts
) -> HostFacts:
    """Make a machine: glibc 2.36 on Linux, macOS 14.5, unless the facts say otherwise.

    ``nvidia``, ``amd`` and ``intel`` are a state (``"absent"``), or a table with ``driver``,
    ``gpus`` (architectures, or ``"RTX 4090: sm_89"``), ``state`` and ``evidence``.
    """
    linux = platform.startswith("linux")
    return HostFacts(
        platform=platform,
        libc=facts.get("libc", "glibc" if linux else "none"),
        libc_version=facts.get("libc_version", "2.36" if linux else None),
        macos_version=facts.get("macos_version", "14.5" if platform[:5] == "macos" else None),
        pythons=tuple(facts.get("pythons", ())),
        nvidia=a_stack(facts.get("nvidia", "unknown")),
        amd=a_stack(facts.get("amd", "unknown")),
        intel=a_stack(facts.get("intel", "unknown")),
        container=facts.get("container"),
        wsl=facts.get("wsl"),
        rosetta=facts.get("rosetta"),
        bits=facts.get("bits"),
    )


def a_stack(facts: str | Mapping[str, Any]) -> GpuStack:
    """Make what is seen of one maker's GPUs."""
    if isinstance(facts, str):
        return GpuStack(state=cast("FactState", facts), evidence="what the test says")
    return GpuStack(
        state=facts.get("state", "present"),
        driver=facts.get("driver"),
        gpus=tuple(map(_gpu, facts.get("gpus", ()))),
        evidence=facts.get("evidence", "what the test says"),
    )


def _gpu(text: str) -> Gpu:
    name, _, arch = text.rpartition(": ")
    return Gpu(name=name or None, arch=None if arch == "?" else arch)


def plan_sole(spec: Spec, compat: Compat, host: HostFacts) -> Plan | Refusal:
    """Plan a spec with one target."""
    verdict = plan_all(spec, compat, host, explain=True)
    return verdict.sole if isinstance(verdict, Plans) else verdict


def but_machines(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out what is said of the machines and holds for every build for their GPUs."""
    of_machines = {"TE310", "TE311", "TE312", "TE313", "TE316", "TE317", "TE319", "TE321"}
    return tuple(one for one in findings if one.code not in of_machines)


def but_unknown_machines(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out the note that nothing is known of the machines, which most cases do not give."""
    return tuple(one for one in findings if one.code != "TE313")


def spec_of(
    combination: Combination,
    **others: Any,  # noqa: ANN401  # as the keys of a spec
) -> Spec:
    """Paste a combination into a spec."""
    return a_spec(
        python=combination.python,
        accelerator=combination.accelerator,
        torch=combination.torch,
        torchvision=combination.torchvision or False,
        torchaudio=combination.torchaudio or False,
        **others,
    )


def line_of(combination: Combination) -> str:
    """Write a combination on one short line: ``2.1.0 cu118 3.11 0.16.0 2.1.0``."""
    parts: Iterable[str | None] = (
        combination.torch,
        combination.accelerator,
        combination.python,
        combination.torchvision or "-",
        combination.torchaudio or "-",
    )
    return " ".join(str(part) for part in parts)
