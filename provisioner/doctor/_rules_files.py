"""Rules about an environment's files: whole, once, and those that Python loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from provisioner.doctor._observation import TRIO, is_met, say
from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from provisioner.doctor._facts import Dist, EnvironmentFacts, Facts
    from provisioner.doctor._observation import Observation

_PAIR: Final = 2


def rules_of_files(facts: Facts, environment: EnvironmentFacts) -> Iterator[Observation]:
    """Yield what is wrong with the files of an environment."""
    yield from _unusable(environment)
    yield from _unfinished(environment)
    yield from _half_installed(environment)
    yield from _damaged(environment)
    yield from _duplicates(environment)
    yield from _unmet_requirements(environment)
    yield from _mixed(environment)
    yield from _user_site(facts, environment)


def _unusable(environment: EnvironmentFacts) -> Iterator[Observation]:
    path = environment.path
    if environment.kind == "none":
        yield say(
            "TE898", Severity.ERROR,
            f"`{path}` is no Python environment.",
            "It does not exist, or has neither a `pyvenv.cfg` nor `conda-meta` nor a folder of "
            "packages.",
            "Name the folder of an environment: `torchenv doctor --env .venv`.",
        )  # fmt: skip
    if environment.base_is_missing:
        yield say(
            "TE898", Severity.ERROR,
            f"The Python that `{path}` was made from is gone.",
            "A virtual environment uses the interpreter that it was made from, and that was "
            "removed or replaced.",
            "Make the environment again: `torchenv apply` for one of torchenv's, else "
            "`python3 -m venv`.",
        )  # fmt: skip
    if environment.own_problem is not None:
        yield say(
            "TE898", Severity.ERROR,
            f"`{path}` was made by torchenv and cannot be used as it is.",
            environment.own_problem,
            "Run `torchenv apply`: it makes a whole one.",
            repair=True,
        )  # fmt: skip


def _unfinished(environment: EnvironmentFacts) -> Iterator[Observation]:
    if environment.journal is not None:
        yield say(
            "TE837", Severity.ERROR,
            f"A change in place of `{environment.path}` was begun and is not finished.",
            "Its journal is still there: an `apply --in-place` works right now, or one was killed, "
            "and then some files are new and others old.",
            "Run `torchenv apply --in-place` again: it undoes or finishes the other one first.",
            [environment.journal],
        )  # fmt: skip
    if environment.unfinished:
        yield say(
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
        yield say(
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
        yield say(
            "TE873", Severity.WARNING,
            "There are left-overs of a removal that was stopped.",
            "pip puts a package aside under a name that begins with `~`, and removes that when it "
            "is done; here it never was.",
            "Remove these folders: `torchenv doctor --fix` does it.",
            environment.leftovers,
            remove=environment.leftovers,
        )  # fmt: skip


def _damaged(environment: EnvironmentFacts) -> Iterator[Observation]:
    for one in environment.dists:
        seen = [f"{name} has another size than recorded" for name in one.resized]
        seen += [f"{name} has another hash than recorded" for name in one.damaged]
        if seen:
            yield say(
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
            yield say(
                "TE875", Severity.ERROR,
                f"{name} is installed {len(found)} times: "
                f"{', '.join(one.version for one in found)}.",
                "Their files lie over each other, and nobody can say which of them is loaded.",
                f"Remove all and install one: `python -m pip uninstall -y {name}`, as often as it "
                "finds one.",
                [one.folder for one in found],
            )  # fmt: skip
    conda = {canonicalize_name(name): version for name, version in environment.conda_packages}
    pip = [one for one in environment.dists if one.installer in ("pip", "uv") and one.name in TRIO]
    for one in pip:
        conda_name = "pytorch" if one.name == "torch" else one.name
        other = conda.get(canonicalize_name(conda_name))
        if other is not None:
            yield say(
                "TE875", Severity.ERROR,
                f"{one.name} is installed by conda ({other}) and by {one.installer} "
                f"({one.version}).",
                "Both wrote into the same folder, and each thinks that it owns the files.",
                f"Keep one: `conda remove --force {conda_name}`, "
                "then install it again with pip.",
                [one.folder],
            )  # fmt: skip


def _unmet_requirements(environment: EnvironmentFacts) -> Iterator[Observation]:
    by_conda = {canonicalize_name(name) for name, _ in environment.conda_packages}
    for dist in (one for one in environment.dists if one.name in TRIO):
        required = {canonicalize_name(one.name): one for one in _required(dist, environment.python)}
        there = {name: environment.first(name) for name in required if name not in by_conda}
        missing = [name for name, found in there.items() if found is None]
        if missing:
            yield say(
                "TE895", Severity.ERROR,
                f"{dist.name} {dist.version} needs packages that are not installed: "
                f"{', '.join(missing)}.",
                "It was installed without its dependencies (`--no-deps`), or they were removed.",
                f"Install them: `python -m pip install {' '.join(missing)}`.",
                [dist.folder],
            )  # fmt: skip
        for name, found in there.items():
            # Of the trio itself the compat data says more than `Requires-Dist`.
            if found is None or name in TRIO or is_met(required[name], found.version):
                continue
            wanted = f"{name}{required[name].specifier}"
            yield say(
                "TE895", Severity.WARNING,
                f"{dist.name} {dist.version} needs `{wanted}`, and {found.version} is installed.",
                "It was installed without its dependencies, or another install changed them.",
                f'Install what it needs: `python -m pip install "{wanted}"`.',
                [dist.folder, found.folder],
            )  # fmt: skip


def _required(dist: Dist, python: str | None) -> Iterator[Requirement]:
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
            yield requirement


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
        yield say(
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
        yield say(
            "TE876", Severity.WARNING,
            "torch comes from pip, numpy or MKL from conda, and each brings an OpenMP runtime.",
            "Two of them in one process end it (`OMP: Error #15`) or give wrong results.",
            "Install everything with one tool, in a new environment.",
            environment.openmp,
        )  # fmt: skip
    elif "intel" in families and "llvm" in families:
        yield say(
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
