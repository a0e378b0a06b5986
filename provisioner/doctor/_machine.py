"""Reading the machine around an environment: settings, variables, shadows, disks, toolkits."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.doctor._facts import Disk, SettingsFacts, Shadow
from provisioner.findings import WorldError
from provisioner.host import probe_pip_config
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.host import PipConfig

_VARIABLES: Final = (
    "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME",
    "PYTHONUSERBASE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy",
    "all_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT",
    "CUDA_VISIBLE_DEVICES", "KMP_DUPLICATE_LIB_OK", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL",
    "UV_INDEX", "UV_DEFAULT_INDEX", "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_ROOT",
)  # fmt: skip
_CERTIFICATES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
_TARGETS: Final = {
    "PIP_TARGET": "target",
    "PIP_USER": "user",
    "PIP_PREFIX": "prefix",
    "PIP_ROOT": "root",
}
# What torch imports early, so that a file of the same name in the way breaks it.
_MODULES: Final = (
    "torch", "torchvision", "torchaudio", "numpy", "typing_extensions", "random", "types", "copy",
    "queue", "enum", "inspect", "platform", "logging", "tempfile", "dataclasses", "warnings",
    "operator", "numbers", "secrets", "struct", "token", "tokenize",
)  # fmt: skip


def collect_settings(environ: Mapping[str, str]) -> SettingsFacts:
    """Read pip's configuration and the variables that matter."""
    variables = tuple((name, mask(environ[name])) for name in _VARIABLES if environ.get(name))
    certificates = [environ[name] for name in _CERTIFICATES if environ.get(name)]
    targets = tuple((key, environ[name]) for name, key in _TARGETS.items() if environ.get(name))
    try:
        config = probe_pip_config(environ)
    except WorldError as exc:
        return SettingsFacts(
            variables=variables,
            missing_certificates=_absent(certificates),
            pip_targets=targets,
            unreadable=exc.findings[0].why,
        )
    return _with_pip(variables, certificates, targets, config)


def _with_pip(
    variables: tuple[tuple[str, str], ...],
    certificates: list[str],
    targets: tuple[tuple[str, str], ...],
    config: PipConfig,
) -> SettingsFacts:
    files = [*certificates, *([config.cert] if config.cert else [])]
    return SettingsFacts(
        variables=variables,
        extra_indexes=tuple(map(mask, config.extra_index_urls)),
        index=mask(config.index_url) if config.index_url else None,
        no_index=config.no_index,
        constraints=tuple(map(mask, config.constraints)),
        missing_constraints=_absent([one for one in config.constraints if "://" not in one]),
        proxy=mask(config.proxy) if config.proxy else None,
        missing_certificates=_absent(files),
        pip_targets=targets,
        cache_dir=config.cache_dir,
    )


def _absent(paths: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in paths if not Path(one).exists()))


def collect_shadows(
    folder: Path, environ: Mapping[str, str], site_packages: tuple[str, ...]
) -> tuple[Shadow, ...]:
    """Return files that Python would take before the modules that torch needs."""
    own = {Path(one).resolve() for one in site_packages}
    found = [
        Shadow(module=name, path=path, where="working folder") for name, path in _hiding(folder)
    ]
    for part in filter(None, environ.get("PYTHONPATH", "").split(os.pathsep)):
        place = Path(part)
        if place.resolve() not in own and place.resolve() != folder.resolve():
            found += [Shadow(module=n, path=p, where="PYTHONPATH") for n, p in _hiding(place)]
    return tuple(found)


def _hiding(folder: Path) -> Iterator[tuple[str, str]]:
    for name in _MODULES:
        for candidate in (folder / f"{name}.py", folder / name / "__init__.py"):
            if candidate.is_file():
                yield name, str(candidate)


def collect_disks(places: Mapping[str, Path]) -> tuple[Disk, ...]:
    """Return the free space where wheels are fetched, unpacked and installed."""
    found = []
    for label, place in places.items():
        there = next((one for one in (place, *place.parents) if one.exists()), None)
        if there is not None:
            found.append(
                Disk(label=label, path=str(place), free_bytes=shutil.disk_usage(there).free)
            )
    return tuple(found)


def collect_toolkits(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return folders of CUDA toolkits, from the usual places, ``CUDA_HOME`` and ``nvcc``."""
    found = (
        [str(one) for one in sorted(Path("/usr/local").glob("cuda*"))]
        if sys.platform != "win32"
        else []
    )
    found += [environ[name] for name in ("CUDA_HOME", "CUDA_PATH") if environ.get(name)]
    nvcc = shutil.which("nvcc", path=environ.get("PATH"))
    if nvcc is not None:
        found.append(str(Path(nvcc).parent.parent))
    return tuple(dict.fromkeys(one for one in found if (Path(one) / "nvvm").is_dir()))
