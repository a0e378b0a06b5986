"""What is asked of the planner for one target: the spec's wishes without their wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packaging.specifiers import SpecifierSet

from provisioner.planner._dependents import torch_askers
from provisioner.planner._machine import machine_of
from provisioner.spec import Follow, LeaveOut, VersionWish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.compat import Compat, Kind, MemberName
    from provisioner.host import HostFacts
    from provisioner.planner._dependents import TorchAsker
    from provisioner.planner._machine import Machine
    from provisioner.spec import CompanionWish, Dependency, Spec, TargetWish, TrioMode

AUTO: Final = "auto"
"""The accelerator of a target whose accelerator the planner chooses."""
MEMBERS: Final[tuple[MemberName, ...]] = ("torchvision", "torchaudio")
"""The trio members that follow torch, in the order in which plans list them."""


class Request(NamedTuple):
    """One target and everything that is wanted for it."""

    platform: str
    python: str
    """Minor version, ``t`` appended for a free-threaded build."""
    patch: str | None
    """Full version where the spec names one: ``3.11.7``."""
    accelerator: str
    torch: SpecifierSet
    torchvision: CompanionWish
    torchaudio: CompanionWish
    mode: TrioMode
    dependencies: tuple[Dependency, ...]
    machine: Machine
    """What is known of the machines of the target."""
    askers: tuple[TorchAsker, ...] = ()
    """Dependencies that have a say in the release of torch."""
    kind: Kind | None = None
    """Whose builds ``auto`` looks at; None before that is decided, and without ``auto``."""

    def wish(self, name: MemberName) -> CompanionWish:
        """Return what is wanted of torchvision or torchaudio."""
        return self.torchvision if name == "torchvision" else self.torchaudio

    @property
    def wanted(self) -> tuple[MemberName, ...]:
        """The members that are wanted beside torch."""
        return tuple(name for name in MEMBERS if not isinstance(self.wish(name), LeaveOut))

    def without_pins(self) -> Request:
        """Return the same with members that follow torch, and with any patch release of Python."""
        torchvision, torchaudio = (
            Follow() if isinstance(wish, VersionWish) else wish
            for wish in (self.torchvision, self.torchaudio)
        )
        return self._replace(torchvision=torchvision, torchaudio=torchaudio, patch=None)

    def with_members(self, versions: Mapping[MemberName, str]) -> Request:
        """Return the same with exactly these members, and without the others."""
        torchvision, torchaudio = (
            VersionWish(text=versions[name], specifier=SpecifierSet(f"=={versions[name]}"))
            if name in versions
            else LeaveOut()
            for name in MEMBERS
        )
        return self._replace(torchvision=torchvision, torchaudio=torchaudio)

    def without(self, *names: MemberName) -> Request:
        """Return the same with some members left out."""
        return self._replace(
            torchvision=LeaveOut() if "torchvision" in names else self.torchvision,
            torchaudio=LeaveOut() if "torchaudio" in names else self.torchaudio,
        )


def request_from(spec: Spec, target: TargetWish, host: HostFacts, compat: Compat) -> Request:
    """Return what a spec asks for; the host counts only where it is itself the target."""
    python, patch = _python(target.python)
    return Request(
        platform=target.platform or host.platform,
        python=python,
        patch=patch,
        accelerator=target.accelerator,
        torch=spec.torch.specifier,
        torchvision=spec.torchvision,
        torchaudio=spec.torchaudio,
        mode="pytorch" if spec.sources.isolated else spec.sources.trio,
        dependencies=spec.dependencies,
        machine=machine_of(target, host, compat),
        askers=torch_askers(spec.dependencies, compat),
    )


def _python(text: str) -> tuple[str, str | None]:
    """Split ``3.11.7`` into ``("3.11", "3.11.7")``; ``3.13t`` has no patch release."""
    free_threaded = "t" if text.endswith("t") else ""
    parts = text.removesuffix("t").split(".")
    patch = ".".join(parts) if len(parts) > 2 else None  # noqa: PLR2004  major, minor, patch
    return ".".join(parts[:2]) + free_threaded, patch
