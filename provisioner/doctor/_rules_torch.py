"""Rules about torch: what belongs to it, what it needs, and whether it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.version import Version

from provisioner.diagnosis import diagnose
from provisioner.doctor._observation import TRIO, is_met, say
from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat
    from provisioner.doctor._facts import Dist, EnvironmentFacts, Facts
    from provisioner.doctor._observation import Observation

_MEMBERS: Final = ("torchvision", "torchaudio")
_PYTORCH: Final = "https://download.pytorch.org/whl"


def rules_of_torch(
    facts: Facts, environment: EnvironmentFacts, compat: Compat
) -> Iterator[Observation]:
    """Yield what is wrong with torch and what goes with it."""
    yield from _mismatched(facts, environment, compat)
    yield from _ceilings(facts, environment, compat)
    yield from _gpu(facts, environment, compat)
    yield from _import(facts, environment, compat)


def _mismatched(
    facts: Facts, environment: EnvironmentFacts, compat: Compat
) -> Iterator[Observation]:
    torch = environment.first("torch")
    if torch is None or compat.release(torch.public) is None:
        return
    own = _build_of(torch, facts.host.platform, torch.public, compat)
    for name in _MEMBERS:
        member = environment.first(name)
        if member is None:
            continue
        pairs = [one.version for one in compat.pairs(torch.public, name)]
        if member.public not in pairs:
            yield _wrong_release(torch, member, own, pairs)
            continue
        build = _build_of(member, facts.host.platform, torch.public, compat)
        if build is not None and own is not None and build != own:
            yield _wrong_build(torch, member, own, build)


def _build_of(dist: Dist, platform: str, torch: str, compat: Compat) -> str | None:
    """Return what a member was compiled for: its local part, else what the default index has."""
    if dist.local is not None:
        return dist.local
    builds = [one for one in compat.builds(torch, platform=platform) if one.index == "default"]
    return builds[0].accelerator if builds else None


def _wrong_release(torch: Dist, member: Dist, build: str | None, pairs: list[str]) -> Observation:
    belongs = f"{member.name} {' or '.join(pairs)}" if pairs else f"no {member.name}"
    index = f" --index-url {_PYTORCH}/{build}" if build is not None else ""
    fix = f' "{member.name}=={pairs[0]}"' if pairs else ""
    return say(
        "TE871", Severity.ERROR,
        f"{member.name} {member.version} does not belong to torch {torch.version}.",
        f"Its compiled code was built for another torch, and fails when it is imported or first "
        f"used (`operator torchvision::nms does not exist`); {belongs} belongs to this torch.",
        f'Install them together: `python -m pip install --force-reinstall "torch=={torch.version}"'
        f"{fix}{index}`.",
        [torch.folder, member.folder],
    )  # fmt: skip


def _wrong_build(torch: Dist, member: Dist, own: str, other: str) -> Observation:
    return say(
        "TE871", Severity.ERROR,
        f"{member.name} {member.version} is a build for `{other}`, torch {torch.version} one for "
        f"`{own}`.",
        "The release is right and the build is not: it came from another index than torch, and its "
        "compiled code looks for libraries that this torch does not have "
        "(`operator torchvision::nms does not exist`).",
        f"Take it from torch's index: `python -m pip install --force-reinstall --no-deps "
        f'"{member.name}=={member.public}" --index-url {_PYTORCH}/{own}`.',
        [torch.folder, member.folder],
    )  # fmt: skip


def _ceilings(facts: Facts, environment: EnvironmentFacts, compat: Compat) -> Iterator[Observation]:
    torch = environment.first("torch")
    if torch is None or compat.release(torch.public) is None:
        return
    python = environment.python or ""
    for ceiling in compat.ceilings_for(torch.public, facts.host.platform, python):
        found = environment.first(ceiling.package)
        requirement = Requirement(ceiling.requirement)
        if found is None or is_met(requirement, found.version):
            continue
        yield say(
            "TE872", Severity.ERROR,
            f"{found.name} {found.version} cannot be used with torch {torch.version}.",
            ceiling.why,
            f'Take another one: `python -m pip install "{ceiling.requirement}"`.',
            [f"known from {compat.cite(ceiling.sources)}"],
        )  # fmt: skip


def _gpu(facts: Facts, environment: EnvironmentFacts, compat: Compat) -> Iterator[Observation]:
    torch, nvidia = environment.torch_file, facts.host.nvidia
    if torch is None:
        return
    has_gpu = nvidia.state == "present" and bool(nvidia.gpus)
    if torch.cuda is None and torch.hip is None and has_gpu:
        yield say(
            "TE880", Severity.WARNING,
            f"torch {torch.version} is a CPU build, and this machine has an NVIDIA GPU.",
            "`torch.cuda.is_available()` is false with it, whatever the driver.",
            "Take a CUDA build if the GPU should be used: the accelerators that this driver runs "
            "are shown by `torchenv host` and `torchenv matrix`.",
            [gpu.name or gpu.arch or "a GPU" for gpu in nvidia.gpus],
        )  # fmt: skip
    if torch.cuda is not None and nvidia.state in ("absent", "unreadable"):
        yield say(
            "TE880", Severity.WARNING,
            f"torch {torch.version} is built for CUDA {torch.cuda}, and no NVIDIA driver answers.",
            "It works on the CPU only, and is several gigabytes larger than the CPU build.",
            "Install the driver, start the container with its GPUs, or take the CPU build: "
            f"`--index-url {_PYTORCH}/cpu`.",
            [nvidia.evidence] if nvidia.evidence else [],
        )  # fmt: skip
    if torch.cuda is not None and nvidia.driver is not None:
        yield from _old_driver(facts, torch.cuda, nvidia.driver, compat)


def _old_driver(facts: Facts, cuda: str, driver: str, compat: Compat) -> Iterator[Observation]:
    minimum = compat.hardware.driver_minimum(cuda)
    lowest = None
    if minimum is not None:
        lowest = minimum.windows if facts.host.platform.startswith("windows") else minimum.linux
    if lowest is None or Version(driver) >= Version(lowest):
        return
    yield say(
        "TE880", Severity.ERROR,
        f"The NVIDIA driver {driver} is older than torch's CUDA {cuda} needs.",
        f"Builds for CUDA {cuda} need driver {lowest} or newer.",
        "Update the driver, or take a build for an older CUDA.",
        [facts.host.nvidia.evidence] if facts.host.nvidia.evidence else [],
    )  # fmt: skip


def _import(facts: Facts, environment: EnvironmentFacts, compat: Compat) -> Iterator[Observation]:
    if facts.import_error is None:
        return
    # As `pip freeze` says it: from this the rules know which trio their fix is for.
    trio = [f"{one.name}=={one.version}" for one in environment.dists if one.name in TRIO]
    best = diagnose("\n".join([*trio, facts.import_error]), compat).best
    lines = [line for line in facts.import_error.splitlines() if line.strip()]
    if best is None:
        yield say(
            "TE899", Severity.ERROR,
            "`import torch` fails in this environment.",
            "What Python says is shown here; no rule knows it.",
            "Make the environment again with `torchenv apply`.",
            lines[-3:],
        )  # fmt: skip
        return
    yield say(
        "TE899", Severity.ERROR,
        f"`import torch` fails in this environment: {best.title.lower()} ({best.code}).",
        best.cause,
        best.fix,
        best.evidence or lines[-1:],
    )  # fmt: skip
