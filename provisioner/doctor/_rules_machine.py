"""Rules about the machine around an environment: settings, variables, caches, disks, toolkits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.doctor._observation import TRIO, say
from provisioner.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.doctor._facts import CacheFacts, Facts
    from provisioner.doctor._observation import Observation

_LOW_BYTES: Final = 3_000_000_000
"""Unpacked, the CPU build of torch takes 1 GB, a CUDA build with its libraries up to 8 GB."""


def rules_of_the_machine(facts: Facts) -> Iterator[Observation]:
    """Yield what is wrong with the machine, whatever the environment."""
    yield from _shadows(facts)
    yield from _variables(facts)
    yield from _pip_settings(facts)
    yield from _network_settings(facts)
    yield from _disks(facts)
    yield from _toolkits(facts)
    yield from _store(facts)
    for cache in facts.caches:
        yield from _cache(cache)


def _shadows(facts: Facts) -> Iterator[Observation]:
    for one in facts.shadows:
        yield say(
            "TE877", Severity.ERROR if one.module in TRIO else Severity.WARNING,
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
        yield say(
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
            yield say(
                "TE877", Severity.WARNING if name == "PYTHONHOME" else Severity.NOTE,
                f"`{name}` is set.",
                "Packages found through it come before those of the environment.",
                f"Start without it: `env -u {name} python …`.",
                [f"{name}={value}"],
            )  # fmt: skip


def _pip_settings(facts: Facts) -> Iterator[Observation]:
    settings = facts.settings
    if settings.unreadable is not None:
        yield say(
            "TE879", Severity.ERROR,
            "pip's configuration cannot be read.",
            settings.unreadable,
            "Correct the file that it names.",
        )  # fmt: skip
    if settings.extra_indexes:
        yield say(
            "TE879", Severity.WARNING,
            "pip is configured with extra indexes.",
            "It takes the highest version from any of them, so a package of the same name there "
            "shadows torch, and the build of torch depends on which index is newer.",
            "Name the index in the command where it is needed instead: "
            "`pip config unset global.extra-index-url`.",
            settings.extra_indexes,
        )  # fmt: skip
    if settings.no_index:
        yield say(
            "TE879", Severity.WARNING,
            "pip is configured to use no index.",
            '`no-index` lets it install from `find-links` alone; everything else is "not found".',
            "`pip config unset global.no-index`, or unset `PIP_NO_INDEX`, if that is not meant.",
        )  # fmt: skip
    if settings.pip_targets:
        shown = [f"{key} = {value}" for key, value in settings.pip_targets]
        yield say(
            "TE879", Severity.WARNING,
            "pip is configured to install elsewhere than into the environment.",
            "With `target`, `prefix`, `root` or `user` the packages go to another folder, and the "
            "environment does not have them.",
            "Unset these settings.",
            shown,
        )  # fmt: skip
    if settings.constraints:
        yield say(
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
        yield say(
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
        yield say(
            "TE897", Severity.WARNING,
            "A proxy is configured without a scheme.",
            "Some tools refuse such an address, others guess.",
            "Write it whole: `HTTPS_PROXY=http://proxy.example:3128`.",
            odd,
        )  # fmt: skip


def _disks(facts: Facts) -> Iterator[Observation]:
    for disk in facts.disks:
        if disk.free_bytes < _LOW_BYTES:
            yield say(
                "TE894", Severity.WARNING,
                f"There are only {disk.free_bytes / 1e9:.1f} GB free {disk.label}.",
                "A CUDA build of torch needs several gigabytes there while it is installed.",
                "Free some space, or point to another disk (`TMPDIR`, `TORCHENV_STORE`, "
                "`environment.path`).",
                [disk.path],
            )  # fmt: skip


def _toolkits(facts: Facts) -> Iterator[Observation]:
    if facts.toolkits:
        yield say(
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
        yield say(
            "TE836", Severity.ERROR,
            "Folders of torchenv's store cannot be used.",
            "Wheels are fetched into them; they may belong to another user, as after `sudo`.",
            "Correct their owner and mode, or name another store with `TORCHENV_STORE`.",
            store.refused,
        )  # fmt: skip
    if store.damaged_count:
        yield say(
            "TE836", Severity.WARNING,
            "Wheels in torchenv's store are damaged.",
            "They were cut off or changed after they had been fetched: a full or failing disk, or "
            "another program.",
            "Remove these files; `torchenv apply` fetches them again. `torchenv store verify` "
            "hashes all of them.",
            _some(store.damaged, store.damaged_count),
        )  # fmt: skip
    if store.part_count:
        yield say(
            "TE836", Severity.NOTE,
            f"Downloads that did not complete take {store.part_bytes / 1e9:.1f} GB of the store.",
            "The next apply that wants these wheels goes on from there.",
            "Nothing, or remove them with `torchenv store prune`.",
            store.parts,
        )  # fmt: skip


def _cache(cache: CacheFacts) -> Iterator[Observation]:
    clean = "python -m pip cache purge" if cache.tool == "pip" else "uv cache clean"
    if cache.damaged_count:
        yield say(
            "TE859", Severity.WARNING,
            f"Packages in {cache.tool}'s cache are damaged.",
            "They were cut off or changed after they had been fetched. "
            + (
                "pip takes them again for the next install."
                if cache.tool == "pip"
                else "uv links environments to its cache, so every one that is made next is "
                "damaged too, also with `--reinstall`."
            ),
            f"Empty the cache (`{clean}`), then install again; torchenv does not use it.",
            _some(cache.damaged, cache.damaged_count),
        )  # fmt: skip
    if cache.refused is not None:
        yield say(
            "TE859", Severity.WARNING,
            f"{cache.tool} cannot use its cache.",
            f"{cache.refused[0].upper()}{cache.refused[1:]}: everything is fetched anew each time, "
            "or the install fails.",
            "Correct the folder's owner, as after `sudo`, or name another with "
            f"`{cache.tool.upper()}_CACHE_DIR`.",
            [cache.path],
        )  # fmt: skip
    if cache.is_elsewhere:
        yield say(
            "TE859", Severity.NOTE,
            "uv's cache lies on another file system than the environment.",
            "Files cannot be linked across file systems, so uv copies them: installs are slower "
            "and take their full size.",
            "Nothing, or name a cache on the same file system with `UV_CACHE_DIR`.",
            [cache.path],
        )  # fmt: skip


def _some(shown: tuple[str, ...], count: int) -> Iterator[str]:
    """Yield what is shown of several, and how many there are beyond that."""
    yield from shown
    if count > len(shown):
        yield f"… and {count - len(shown)} more"
