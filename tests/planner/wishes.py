"""Specs and hosts for planner tests, made without any file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from provisioner.host import HostFacts
from provisioner.planner import Plan, Plans, Refusal
from provisioner.planner import plan as plan_all
from provisioner.spec import Dependency, Follow, LeaveOut, Sources, Spec, TargetWish, VersionWish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.compat import Compat
    from provisioner.findings import Combination
    from provisioner.spec import CompanionWish

FILE: Final = Path("/project/torchenv.toml")
LINES: Final = (
    ("environment.python", 2),
    ("environment.accelerator", 3),
    ("environment.platform", 4),
    ("torch.torch", 6),
    ("torch.torchvision", 7),
    ("torch.torchaudio", 8),
    ("sources.trio", 10),
    ("dependencies.numpy", 13),
)
"""Where things would stand in the file; findings have to point there."""
_TARGET_KEYS: Final = ("python", "accelerator", "platform", "driver", "gpus", "glibc", "macos")


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
        lines=wishes.get("lines", LINES),
        shown=str(FILE),
    )


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
    """Make a machine: glibc 2.36 on Linux, macOS 14.5, unless the facts say otherwise."""
    linux = platform.startswith("linux")
    return HostFacts(
        platform=platform,
        libc=facts.get("libc", "glibc" if linux else "none"),
        libc_version=facts.get("libc_version", "2.36" if linux else None),
        macos_version=facts.get("macos_version", "14.5" if platform[:5] == "macos" else None),
    )


def plan_sole(spec: Spec, compat: Compat, host: HostFacts) -> Plan | Refusal:
    """Plan a spec with one target."""
    verdict = plan_all(spec, compat, host)
    return verdict.sole if isinstance(verdict, Plans) else verdict


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
