"""Judging what was looked at: pure rules, one function each, facts in and findings out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from provisioner.diagnosis import diagnose
from provisioner.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from provisioner.compat import Compat
    from provisioner.doctor._facts import Dist, EnvironmentFacts, Facts

_MEMBERS: Final = ("torchvision", "torchaudio")
_TRIO: Final = ("torch", *_MEMBERS)
_PAIR: Final = 2
_LOW_BYTES: Final = 3_000_000_000
"""Unpacked, the CPU build of torch takes 1 GB, a CUDA build with its libraries up to 8 GB."""
_PYTORCH: Final = "https://download.pytorch.org/whl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A finding of doctor, with what speaks for it and what can be done about it at once."""

    finding: Finding
    evidence: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    """Folders that ``--fix`` removes: left-overs that no program uses."""


def judge(facts: Facts, compat: Compat) -> tuple[Observation, ...]:
    """Return everything that is or will go wrong, errors first; pure."""
    found = [*_machine_rules(facts)]
    if facts.environment is not None:
        found += _environment_rules(facts, facts.environment, compat)
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.finding.severity)))


def _environment_rules(
    facts: Facts, environment: EnvironmentFacts, compat: Compat
) -> Iterator[Observation]:
    yield from _unusable(environment)
    yield from _unfinished(environment)
    yield from _half_installed(environment)
    yield from _damaged(environment)
    yield from _duplicates(environment)
    yield from _mismatched(facts, environment, compat)
    yield from _ceilings(facts, environment, compat)
    yield from _missing_requirements(environment)
    yield from _mixed(environment)
    yield from _user_site(facts, environment)
    yield from _gpu(facts, environment, compat)
    yield from _import(facts, compat)


def _machine_rules(facts: Facts) -> Iterator[Observation]:
    yield from _shadows(facts)
    yield from _variables(facts)
    yield from _pip_settings(facts)
    yield from _network_settings(facts)
    yield from _disks(facts)
    yield from _toolkits(facts)
    yield from _store(facts)


def _say(  # noqa: PLR0913, PLR0917  the parts of a finding, in their order
    code: str,
    severity: Severity,
    message: str,
    why: str,
    do: str,
    evidence: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Observation:
    return Observation(
        finding=Finding(code=code, severity=severity, message=message, why=why, do=do),
        evidence=tuple(evidence),
        remove=tuple(remove),
    )


# -- the environment


def _unusable(environment: EnvironmentFacts) -> Iterator[Observation]:
    path = environment.path
    if environment.kind == "none":
        yield _say(
            "TE898", Severity.ERROR,
            f"`{path}` is no Python environment.",
            "It has neither a `pyvenv.cfg` nor `conda-meta` nor a folder of packages.",
            "Name the folder of an environment: `torchenv doctor --env .venv`.",
        )  # fmt: skip
    if environment.base_is_missing:
        yield _say(
            "TE898", Severity.ERROR,
            f"The Python that `{path}` was made from is gone.",
            "A virtual environment uses the interpreter that it was made from, and that was "
            "removed or replaced.",
            "Make the environment again: `torchenv apply` for one of torchenv's, else "
            "`python3 -m venv`.",
        )  # fmt: skip
    if environment.own_problem is not None:
        yield _say(
            "TE898", Severity.ERROR,
            f"`{path}` was made by torchenv and cannot be used as it is.",
            environment.own_problem,
            "Run `torchenv apply`: it makes a whole one.",
        )  # fmt: skip


def _unfinished(environment: EnvironmentFacts) -> Iterator[Observation]:
    if environment.journal is not None:
        yield _say(
            "TE837", Severity.ERROR,
            f"A change in place of `{environment.path}` was begun and is not finished.",
            "Its journal is still there: an `apply --in-place` works right now, or one was killed, "
            "and then some files are new and others old.",
            "Run `torchenv apply --in-place` again: it undoes or finishes the other one first.",
            [environment.journal],
        )  # fmt: skip
    if environment.unfinished:
        yield _say(
            "TE837", Severity.NOTE,
            f"Generations of `{environment.path}` are incomplete.",
            "An apply works right now, or one was killed; the environment itself does not use "
            "them.",
            "Nothing: the next `torchenv apply` removes what a killed one left.",
            environment.unfinished,
        )  # fmt: skip


def _half_installed(environment: EnvironmentFacts) -> Iterator[Observation]:
    broken = [one for one in environment.dists if one.missing or not one.has_record]
    for one in broken:
        seen = [f"{name} is missing" for name in one.missing]
        if one.missing_count > len(one.missing):
            seen.append(f"… and {one.missing_count - len(one.missing)} more")
        if not one.has_record:
            seen.append(f"{one.folder} has no RECORD")
        yield _say(
            "TE873", Severity.ERROR,
            f"{one.name} {one.version} is only half installed.",
            "Files that its RECORD names are not there, or the RECORD itself: an install or a "
            "removal was stopped half-way.",
            f"Install it again: `python -m pip install --force-reinstall --no-deps "
            f'"{one.name}=={one.version}"` with the index that it came from, or make the '
            "environment anew.",
            seen,
        )  # fmt: skip
    if environment.leftovers:
        yield _say(
            "TE873", Severity.WARNING,
            "There are left-overs of a removal that was stopped.",
            "pip puts a package aside under a name that begins with `~`, and removes that when it "
            "is done; here it never was.",
            "Remove these folders: `torchenv doctor --fix` does it.",
            environment.leftovers,
            environment.leftovers,
        )  # fmt: skip


def _damaged(environment: EnvironmentFacts) -> Iterator[Observation]:
    for one in environment.dists:
        seen = [f"{name} has another size than recorded" for name in one.resized]
        seen += [f"{name} has another hash than recorded" for name in one.damaged]
        if seen:
            yield _say(
                "TE874", Severity.ERROR,
                f"Files of {one.name} {one.version} are not those that were installed.",
                "They differ from what RECORD says: cut off, changed by hand, or overwritten by "
                "another package.",
                f"Install it again: `python -m pip install --force-reinstall --no-deps "
                f'"{one.name}=={one.version}"` with the index that it came from.',
                seen,
            )  # fmt: skip


def _duplicates(environment: EnvironmentFacts) -> Iterator[Observation]:
    for name in dict.fromkeys(one.name for one in environment.dists):
        found = environment.find(name)
        if len(found) >= _PAIR:
            yield _say(
                "TE875", Severity.ERROR,
                f"{name} is installed {len(found)} times: "
                f"{', '.join(one.version for one in found)}.",
                "Their files lie over each other, and nobody can say which of them is loaded.",
                f"Remove all and install one: `python -m pip uninstall -y {name}`, as often as it "
                "finds one.",
                [one.folder for one in found],
            )  # fmt: skip
    conda = {canonicalize_name(name): version for name, version in environment.conda_packages}
    pip = [one for one in environment.dists if one.installer in ("pip", "uv") and one.name in _TRIO]
    for one in pip:
        conda_name = "pytorch" if one.name == "torch" else one.name
        other = conda.get(canonicalize_name(conda_name))
        if other is not None:
            yield _say(
                "TE875", Severity.ERROR,
                f"{one.name} is installed by conda ({other}) and by {one.installer} "
                f"({one.version}).",
                "Both wrote into the same folder, and each thinks that it owns the files.",
                f"Keep one: `conda remove --force {conda_name}`, "
                "then install it again with pip.",
                [one.folder],
            )  # fmt: skip


def _mismatched(
    facts: Facts, environment: EnvironmentFacts, compat: Compat
) -> Iterator[Observation]:
    torch = environment.first("torch")
    if torch is None or compat.release(torch.public) is None:
        return
    for name in _MEMBERS:
        member = environment.first(name)
        if member is None:
            continue
        pairs = [one.version for one in compat.pairs(torch.public, name)]
        if member.public not in pairs:
            yield _wrong_release(torch, member, pairs)
            continue
        build = _build_of(member, facts.host.platform, torch.public, compat)
        own = _build_of(torch, facts.host.platform, torch.public, compat)
        if build is not None and own is not None and build != own:
            yield _wrong_build(torch, member, own, build)


def _build_of(dist: Dist, platform: str, torch: str, compat: Compat) -> str | None:
    """Return what a member was compiled for: its local part, else what the default index has."""
    if dist.local is not None:
        return dist.local
    builds = [one for one in compat.builds(torch, platform=platform) if one.index == "default"]
    return builds[0].accelerator if builds else None


def _wrong_release(torch: Dist, member: Dist, pairs: list[str]) -> Observation:
    belongs = f"{member.name} {' or '.join(pairs)}" if pairs else f"no {member.name}"
    fix = f' "{member.name}=={pairs[0]}"' if pairs else ""
    return _say(
        "TE871", Severity.ERROR,
        f"{member.name} {member.version} does not belong to torch {torch.version}.",
        f"Its compiled code was built for another torch, and fails when it is imported or first "
        f"used (`operator torchvision::nms does not exist`); {belongs} belongs to this torch.",
        f'Install them together: `python -m pip install --force-reinstall "torch=={torch.version}"'
        f"{fix} --index-url {_PYTORCH}/{torch.local or 'cu128'}`.",
        [torch.folder, member.folder],
    )  # fmt: skip


def _wrong_build(torch: Dist, member: Dist, own: str, other: str) -> Observation:
    return _say(
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
        if found is None or _is_met(requirement, found.version):
            continue
        yield _say(
            "TE872", Severity.ERROR,
            f"{found.name} {found.version} cannot be used with torch {torch.version}.",
            ceiling.why,
            f'Take another one: `python -m pip install "{ceiling.requirement}"`.',
            [f"known from {compat.cite(ceiling.sources)}"],
        )  # fmt: skip


def _is_met(requirement: Requirement, version: str) -> bool:
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _missing_requirements(environment: EnvironmentFacts) -> Iterator[Observation]:
    names = {one.name for one in environment.dists}
    names |= {canonicalize_name(name) for name, _ in environment.conda_packages}
    for dist in (one for one in environment.dists if one.name in _TRIO):
        missing = [one for one in _required(dist, environment.python) if one not in names]
        if missing:
            yield _say(
                "TE895", Severity.ERROR,
                f"{dist.name} {dist.version} needs packages that are not installed: "
                f"{', '.join(missing)}.",
                "It was installed without its dependencies (`--no-deps`), or they were removed.",
                f"Install them: `python -m pip install {' '.join(missing)}`.",
                [dist.folder],
            )  # fmt: skip


def _required(dist: Dist, python: str | None) -> Iterator[str]:
    marker_values: dict[str, str | AbstractSet[str]] = {
        **{name: str(value) for name, value in default_environment().items()},
        "extra": "",
    }
    if python is not None:
        marker_values |= {
            "python_version": python.rstrip("t"),
            "python_full_version": f"{python.rstrip('t')}.0",
        }
    for line in dist.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate(marker_values):
            yield canonicalize_name(requirement.name)


def _user_site(facts: Facts, environment: EnvironmentFacts) -> Iterator[Observation]:
    user = facts.user_site
    if user is None:
        return
    for name, version in user.dists:
        own = environment.first(name)
        if own is not None and user.is_after_own:
            continue
        instead = f"{own.name} {own.version}" if own is not None else "what is installed below it"
        order = (
            "before the packages of the Python that this environment was made from"
            if user.is_after_own
            else "before the packages of this Python"
        )
        yield _say(
            "TE877", Severity.WARNING,
            f"{name} {version} of the user site is imported instead of {instead}.",
            f"The user site comes {order}, and its packages were installed without those here "
            "(`pip install --user`, or a pip that could not write elsewhere).",
            f"Start with `PYTHONNOUSERSITE=1`, or remove it there: "
            f"`python -m pip uninstall {name}` of the same Python, outside of an environment.",
            [f"{user.path} has {name} {version}"],
        )  # fmt: skip


def _mixed(environment: EnvironmentFacts) -> Iterator[Observation]:
    conda = {canonicalize_name(name) for name, _ in environment.conda_packages}
    torch = environment.first("torch")
    families = {_family(one) for one in environment.openmp}
    by_pip = torch is not None and torch.installer in ("pip", "uv")
    if (
        by_pip
        and conda & {"mkl", "numpy", "intel-openmp", "llvm-openmp"}
        and len(environment.openmp) > 1
    ):
        yield _say(
            "TE876", Severity.WARNING,
            "torch comes from pip, numpy or MKL from conda, and each brings an OpenMP runtime.",
            "Two of them in one process end it (`OMP: Error #15`) or give wrong results.",
            "Install everything with one tool, in a new environment.",
            environment.openmp,
        )  # fmt: skip
    elif "intel" in families and "llvm" in families:
        yield _say(
            "TE876", Severity.WARNING,
            "There are OpenMP runtimes of Intel and of LLVM.",
            "Both in one process end it (`OMP: Error #15`) or give wrong results.",
            "Find which packages bring them, and take those from one tool.",
            environment.openmp,
        )  # fmt: skip


def _family(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    if "iomp" in name:
        return "intel"
    return "gnu" if "gomp" in name else "llvm"


def _gpu(facts: Facts, environment: EnvironmentFacts, compat: Compat) -> Iterator[Observation]:
    torch, nvidia = environment.torch_file, facts.host.nvidia
    if torch is None:
        return
    has_gpu = nvidia.state == "present" and bool(nvidia.gpus)
    if torch.cuda is None and torch.hip is None and has_gpu:
        yield _say(
            "TE880", Severity.WARNING,
            f"torch {torch.version} is a CPU build, and this machine has an NVIDIA GPU.",
            "`torch.cuda.is_available()` is false with it, whatever the driver.",
            "Take a CUDA build if the GPU should be used: the accelerators that this driver runs "
            "are shown by `torchenv host` and `torchenv matrix`.",
            [gpu.name or gpu.arch or "a GPU" for gpu in nvidia.gpus],
        )  # fmt: skip
    if torch.cuda is not None and nvidia.state in ("absent", "unreadable"):
        yield _say(
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
    yield _say(
        "TE880", Severity.ERROR,
        f"The NVIDIA driver {driver} is older than torch's CUDA {cuda} needs.",
        f"Builds for CUDA {cuda} need driver {lowest} or newer.",
        "Update the driver, or take a build for an older CUDA.",
        [facts.host.nvidia.evidence] if facts.host.nvidia.evidence else [],
    )  # fmt: skip


def _import(facts: Facts, compat: Compat) -> Iterator[Observation]:
    if facts.import_error is None:
        return
    best = diagnose(facts.import_error, compat).best
    lines = [line for line in facts.import_error.splitlines() if line.strip()]
    if best is None:
        yield _say(
            "TE899", Severity.ERROR,
            "`import torch` fails in this environment.",
            "What Python says is shown here; no rule knows it.",
            "Make the environment again with `torchenv apply`.",
            lines[-3:],
        )  # fmt: skip
        return
    yield _say(
        "TE899", Severity.ERROR,
        f"`import torch` fails in this environment: {best.title.lower()} ({best.code}).",
        best.cause,
        best.fix,
        best.evidence or lines[-1:],
    )  # fmt: skip


# -- the machine


def _shadows(facts: Facts) -> Iterator[Observation]:
    for one in facts.shadows:
        yield _say(
            "TE877", Severity.ERROR if one.module in _TRIO else Severity.WARNING,
            f"`{one.path}` hides the module `{one.module}`.",
            f"It lies in the {one.where}, where Python looks first, so `import` takes it.",
            "Rename it, or run Python from another folder.",
            [one.path],
        )  # fmt: skip


def _variables(facts: Facts) -> Iterator[Observation]:
    settings = facts.settings
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH"):
        value = settings.variable(name)
        if value is None:
            continue
        risky = any(word in value.lower() for word in ("cuda", "cudnn", "conda", "nccl", "torch"))
        yield _say(
            "TE878", Severity.WARNING if risky else Severity.NOTE,
            f"`{name}` is set.",
            "Libraries that it names are loaded before those that torch brings; CUDA libraries of "
            "another version make `import torch` fail with undefined symbols.",
            f"Start without it: `env -u {name} python …`; wheels do not need it.",
            [f"{name}={value}"],
        )  # fmt: skip
    for name in ("PYTHONPATH", "PYTHONHOME"):
        value = settings.variable(name)
        if value is not None:
            yield _say(
                "TE877", Severity.WARNING if name == "PYTHONHOME" else Severity.NOTE,
                f"`{name}` is set.",
                "Packages found through it come before those of the environment.",
                f"Start without it: `env -u {name} python …`.",
                [f"{name}={value}"],
            )  # fmt: skip


def _pip_settings(facts: Facts) -> Iterator[Observation]:
    settings = facts.settings
    if settings.unreadable is not None:
        yield _say(
            "TE879", Severity.ERROR,
            "pip's configuration cannot be read.",
            settings.unreadable,
            "Correct the file that it names.",
        )  # fmt: skip
    if settings.extra_indexes:
        yield _say(
            "TE879", Severity.WARNING,
            "pip is configured with extra indexes.",
            "It takes the highest version from any of them, so a package of the same name there "
            "shadows torch, and the build of torch depends on which index is newer.",
            "Name the index in the command where it is needed instead: "
            "`pip config unset global.extra-index-url`.",
            settings.extra_indexes,
        )  # fmt: skip
    if settings.no_index:
        yield _say(
            "TE879", Severity.WARNING,
            "pip is configured to use no index.",
            '`no-index` lets it install from `find-links` alone; everything else is "not found".',
            "`pip config unset global.no-index`, or unset `PIP_NO_INDEX`, if that is not meant.",
        )  # fmt: skip
    if settings.pip_targets:
        shown = [f"{key} = {value}" for key, value in settings.pip_targets]
        yield _say(
            "TE879", Severity.WARNING,
            "pip is configured to install elsewhere than into the environment.",
            "With `target`, `prefix`, `root` or `user` the packages go to another folder, and the "
            "environment does not have them.",
            "Unset these settings.",
            shown,
        )  # fmt: skip
    if settings.constraints:
        yield _say(
            "TE879", Severity.ERROR if settings.missing_constraints else Severity.NOTE,
            "pip is configured with constraint files.",
            "They limit versions in every install, also where nobody thinks of them."
            + (" Some of them do not exist." if settings.missing_constraints else ""),
            "Check that they do not pin torch or numpy; `pip config unset global.constraint` drops "
            "them.",
            settings.constraints,
        )  # fmt: skip


def _network_settings(facts: Facts) -> Iterator[Observation]:
    settings = facts.settings
    if settings.missing_certificates:
        yield _say(
            "TE897", Severity.ERROR,
            "A file of certificates is configured that is not there.",
            "Every download over HTTPS fails with it.",
            "Correct or unset the setting (`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, `pip config get "
            "global.cert`).",
            settings.missing_certificates,
        )  # fmt: skip
    proxies = [
        (name, value) for name, value in settings.variables if name.lower().endswith("_proxy")
    ]
    odd = [f"{name}={value}" for name, value in proxies if "://" not in value]
    if odd:
        yield _say(
            "TE897", Severity.WARNING,
            "A proxy is configured without a scheme.",
            "Some tools refuse such an address, others guess.",
            "Write it whole: `HTTPS_PROXY=http://proxy.example:3128`.",
            odd,
        )  # fmt: skip


def _disks(facts: Facts) -> Iterator[Observation]:
    for disk in facts.disks:
        if disk.free_bytes < _LOW_BYTES:
            yield _say(
                "TE894", Severity.WARNING,
                f"There are only {disk.free_bytes / 1e9:.1f} GB free {disk.label}.",
                "A CUDA build of torch needs several gigabytes there while it is installed.",
                "Free some space, or point to another disk (`TMPDIR`, `TORCHENV_STORE`, "
                "`environment.path`).",
                [disk.path],
            )  # fmt: skip


def _toolkits(facts: Facts) -> Iterator[Observation]:
    if facts.toolkits:
        yield _say(
            "TE896", Severity.NOTE,
            "A CUDA toolkit is installed.",
            "Wheels of torch bring their own CUDA and do not use it; only building an extension "
            "does, and then its version must be torch's.",
            "Nothing, unless extensions are built: then set `CUDA_HOME` to the one that fits.",
            facts.toolkits,
        )  # fmt: skip


def _store(facts: Facts) -> Iterator[Observation]:
    store = facts.store
    if store is None:
        return
    if store.refused:
        yield _say(
            "TE836", Severity.ERROR,
            "Folders of torchenv's store cannot be used.",
            "Wheels are fetched into them; they may belong to another user, as after `sudo`.",
            "Correct their owner and mode, or name another store with `TORCHENV_STORE`.",
            store.refused,
        )  # fmt: skip
    if store.damaged_count:
        seen = list(store.damaged)
        if store.damaged_count > len(seen):
            seen.append(f"… and {store.damaged_count - len(seen)} more")
        yield _say(
            "TE836", Severity.WARNING,
            "Wheels in torchenv's store are damaged.",
            "They were cut off or changed after they had been fetched: a full or failing disk, or "
            "another program.",
            "Remove these files; `torchenv apply` fetches them again. `torchenv store verify` "
            "hashes all of them.",
            seen,
        )  # fmt: skip
    if store.part_count:
        yield _say(
            "TE836", Severity.NOTE,
            f"Downloads that did not complete take {store.part_bytes / 1e9:.1f} GB of the store.",
            "The next apply that wants these wheels goes on from there.",
            "Nothing, or remove them with `torchenv store prune`.",
            store.parts,
        )  # fmt: skip
