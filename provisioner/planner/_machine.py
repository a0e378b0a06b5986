"""What is known of the machines of a target: the spec's word first, else the facts of this host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.compat import Compat
    from provisioner.host import FactState, Gpu, GpuStack, HostFacts
    from provisioner.spec import TargetWish

Maker = Literal["nvidia", "amd", "intel"]


class TargetGpu(NamedTuple):
    """A GPU that the target has."""

    name: str
    """For messages: ``sm_61``, ``NVIDIA GeForce GTX 1080``."""
    maker: Maker | None
    """None where it is not known."""
    arch: str | None
    """``sm_61``, ``gfx90a``; None where it is not known."""

    def __str__(self) -> str:
        """The name, with the architecture where the name does not say it."""
        if self.arch is None or self.arch == self.name:
            return f"`{self.name}`"
        return f"{self.name} (`{self.arch}`)"

    @property
    def capability(self) -> str | None:
        """Compute capability, ``6.1`` for ``sm_61``; None for what is not NVIDIA's."""
        if self.arch is None or not self.arch.startswith("sm_"):
            return None
        digits = self.arch.removeprefix("sm_").rstrip("af")
        return f"{digits[:-1]}.{digits[-1]}"


class Machine(NamedTuple):
    """What is known of the machines of one target; None always means "not known"."""

    here: bool
    """Whether this host is the target, so that its facts count where the spec is silent."""
    said: frozenset[str] = frozenset()
    """What the spec says itself: ``driver``, ``gpus``, ``glibc``, ``macos``."""
    nvidia: FactState = "unknown"
    amd: FactState = "unknown"
    intel: FactState = "unknown"
    driver: str | None = None
    """NVIDIA's driver."""
    gpus: tuple[TargetGpu, ...] = ()
    evidence: tuple[tuple[Maker, str], ...] = ()
    """Where it was seen that a driver is there or is not."""
    glibc: str | None = None
    macos: str | None = None
    container: bool | None = None
    wsl: bool | None = None
    rosetta: bool | None = None
    bits: int | None = None
    strict: bool = False
    """Whether a build has to serve all GPUs, also where the spec does not name them."""

    def state(self, maker: Maker) -> FactState:
        """Return how the driver of a maker is."""
        match maker:
            case "nvidia":
                return self.nvidia
            case "amd":
                return self.amd
            case "intel":
                return self.intel

    def evidence_of(self, maker: Maker) -> str:
        """Return where that was seen, empty where nothing is recorded."""
        return dict(self.evidence).get(maker, "")

    def gpus_of(self, maker: Maker) -> tuple[TargetGpu, ...]:
        """Return the GPUs of a maker."""
        return tuple(gpu for gpu in self.gpus if gpu.maker == maker)

    @property
    def has_windows_driver(self) -> bool:
        """Whether the NVIDIA driver that was seen is Windows' own, which WSL hands in."""
        return bool(self.wsl) and not self.said & {"driver", "gpus"}

    @property
    def must_serve_all(self) -> bool:
        """Whether a build has to run on every GPU of its maker."""
        return self.strict or "gpus" in self.said


def targets_host(target: TargetWish, host: HostFacts) -> bool:
    """Whether the machine that plans is also the one that the environment is for."""
    return target.platform in (None, host.platform)


def machine_of(target: TargetWish, host: HostFacts, compat: Compat) -> Machine:
    """Return what is known of the target.

    Of GPUs the spec's word replaces all that the host says of them: a driver or GPUs that are named
    there belong to other machines.
    """
    here = targets_host(target, host)
    platform = target.platform or host.platform
    named = {"driver": target.driver, "gpus": target.gpus, "glibc": target.glibc}
    said = frozenset(key for key, value in named.items() if value)
    said |= {"macos"} if target.macos and platform.startswith("macos") else set()
    glibc, macos = target.glibc, target.macos
    if here:
        glibc = glibc or (host.libc_version if host.libc == "glibc" else None)
        macos = macos or host.macos_version
    plain = Machine(
        here=here,
        said=said,
        glibc=glibc if platform.startswith("linux") else None,
        macos=macos if platform.startswith("macos") else None,
        container=host.container if here else None,
        wsl=host.wsl if here else None,
        rosetta=host.rosetta if here else None,
        bits=host.bits if here else None,
    )
    if said & {"driver", "gpus"}:
        return _with_named(plain, target, compat)
    return _with_seen(plain, host) if here else plain


def _with_named(machine: Machine, target: TargetWish, compat: Compat) -> Machine:
    gpus = tuple(named_gpu(text, compat) for text in target.gpus)
    makers = {gpu.maker for gpu in gpus}
    return machine._replace(
        nvidia="present" if target.driver or "nvidia" in makers else "unknown",
        amd="present" if "amd" in makers else "unknown",
        intel="present" if "intel" in makers else "unknown",
        driver=target.driver,
        gpus=gpus,
    )


def _with_seen(machine: Machine, host: HostFacts) -> Machine:
    stacks: tuple[tuple[Maker, GpuStack], ...] = (
        ("nvidia", host.nvidia),
        ("amd", host.amd),
        ("intel", host.intel),
    )
    return machine._replace(
        nvidia=host.nvidia.state,
        amd=host.amd.state,
        intel=host.intel.state,
        driver=host.nvidia.driver,
        gpus=tuple(gpu for maker, stack in stacks for gpu in _seen(stack.gpus, maker)),
        evidence=tuple((maker, stack.evidence) for maker, stack in stacks),
    )


def _seen(gpus: Iterable[Gpu], maker: Maker) -> Iterable[TargetGpu]:
    for gpu in gpus:
        yield TargetGpu(name=gpu.name or gpu.arch or "an unnamed GPU", maker=maker, arch=gpu.arch)


def named_gpu(text: str, compat: Compat) -> TargetGpu:
    """Return the GPU that the spec names by its architecture or model."""
    arch = text if text.startswith(("sm_", "gfx")) else compat.hardware.arch_of(text)
    return TargetGpu(name=text, maker=_maker_of(arch), arch=arch)


def _maker_of(arch: str | None) -> Maker | None:
    if arch is None:
        return None
    if arch.startswith("sm_"):
        return "nvidia"
    return "amd" if arch.startswith("gfx") else "intel"
