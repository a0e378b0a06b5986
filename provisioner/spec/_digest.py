"""The digest of a spec: equal for two specs if and only if they ask for the same resolution."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet

from provisioner.spec._types import (
    Follow,
    LeaveOut,
    Project,
    Repository,
    Sources,
    VersionWish,
)
from provisioner.urls import strip_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.spec._types import CompanionWish, Dependency, Spec, TargetWish


def spec_digest(spec: Spec, target: str | None = None) -> str:
    """Return the sha256 of everything in ``spec`` that changes what is resolved, in hexadecimal.

    That is Python, accelerator, platform and machines of the target, seed, the wishes, the
    dependencies and the sources; not the layout of the file, where it lies, the names of targets,
    the environment's path, credentials, or how servers are reached (proxy, certificates, trusted
    hosts, time limit, connections) or where wheels are kept. The other targets count, since one
    version of torch serves all of them. The order of indexes, folders and constraint files counts;
    the order of keys does not. Keys that are at their default are left out, so that the digest of a
    spec stays the same when a later version adds keys.

    Args:
        spec: A spec.
        target: Name of the target whose resolution is meant, None for the sole one.

    Raises:
        LookupError: The spec has no such target.
        ValueError: There are several, and none was named.
    """
    text = json.dumps(_canonical(spec, target), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_TARGET_KEYS: Final = ("python", "accelerator", "platform", "driver", "gpus", "glibc", "macos")


def spec_inputs(spec: Spec, target: str | None = None) -> dict[str, str]:
    """Return what :func:`spec_digest` covers, readable: dotted key of the spec to a short text.

    A lock keeps it, so that a later check can say which key has changed.

    Raises:
        LookupError: The spec has no such target.
        ValueError: There are several, and none was named.
    """
    inputs: dict[str, str] = {}
    for key, value in _canonical(spec, target).items():
        if isinstance(value, dict):
            inputs.update(
                (f"{key}.{name.replace('_', '-')}", _shown(one)) for name, one in value.items()
            )
        elif value is not None:
            inputs[_PLACES.get(key, key)] = _shown(value)
    for one in spec.dependencies:
        inputs[f"dependencies.{one.name}"] = _requirement(one)
        if isinstance(one.origin, Project):
            inputs[f"dependencies.{one.name}.asks-for"] = ", ".join(one.origin.asks_for)
    return dict(sorted(inputs.items()))


_PLACES: Final = {
    **{key: f"environment.{key}" for key in (*_TARGET_KEYS, "seed")},
    **{key: f"torch.{key}" for key in ("torch", "torchvision", "torchaudio")},
}
"""Canonical key to the key of the file; what a target has for itself is named likewise."""


def _requirement(dependency: Dependency) -> str:
    extras = f"[{','.join(sorted(dependency.extras))}]" if dependency.extras else ""
    version = _specifier(dependency.specifier)
    match dependency.origin:
        case Project(path=path, editable=editable):
            version = f"{'editable' if editable else 'built'} from {path}"
        case Repository() as repository:
            version = f"built from {repository.at(repository.rev)}"
    return " ".join(part for part in (extras, version) if part) or "*"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(", ", ": "))


def _canonical(spec: Spec, name: str | None) -> dict[str, object]:
    own = spec.sole if name is None else spec.target(name)
    everybody = (*spec.targets, *spec.siblings)
    others = sorted(json.dumps(_target(one), sort_keys=True) for one in everybody if one != own)
    return {
        **_target(own),
        "seed": spec.seed,
        "torch": _wish(spec.torch),
        "torchvision": _wish(spec.torchvision),
        "torchaudio": _wish(spec.torchaudio),
        "dependencies": {
            one.name: [_specifier(one.specifier), sorted(one.extras), *_origin(one.origin)]
            for one in spec.dependencies
        },
        "sources": _sources(spec),
        **({"targets": others} if others else {}),
    }


def _target(target: TargetWish) -> dict[str, object]:
    machines: dict[str, object] = {
        "driver": target.driver,
        "gpus": sorted(target.gpus),
        "glibc": target.glibc,
        "macos": target.macos,
    }
    return {
        "python": _python(target),
        "accelerator": target.accelerator,
        "platform": target.platform,
        **{key: value for key, value in machines.items() if value},
    }


def _python(target: TargetWish) -> str:
    return _specifier(SpecifierSet(target.python)) if target.has_range else target.python


def _wish(wish: CompanionWish) -> str | bool | None:
    """Text for a version, ``null`` where it follows, ``false`` where it is left out."""
    match wish:
        case VersionWish():
            return _specifier(wish.specifier)
        case Follow():
            return None
        case LeaveOut():
            return False


def _specifier(specifier: SpecifierSet) -> str:
    return ",".join(sorted(str(clause) for clause in specifier))


def _origin(origin: Project | Repository | None) -> tuple[dict[str, object], ...]:
    """Return what a dependency is built from, seen from the spec; nothing for one of an index."""
    match origin:
        case Project():
            asks_for = list(origin.asks_for)
            return ({"path": origin.path, "editable": origin.editable, "asks for": asks_for},)
        case Repository():
            return ({"git": origin.at(origin.rev)},)
        case None:
            return ()


def _sources(spec: Spec) -> dict[str, object]:
    sources, default = spec.sources, Sources()
    values: dict[str, object] = {
        "pytorch": _url(sources.pytorch),
        "pytorch_layout": sources.pytorch_layout,
        "trio": sources.trio,
        "isolated": sources.isolated,
        "index": None if sources.index is None else _url(sources.index),
        "extra_indexes": _urls(sources.extra_indexes),
        "find_links": _places(spec, sources.find_links),
        "constraints": _places(spec, sources.constraints),
        "no_index": sources.no_index,
        "allow_sdist": sources.allow_sdist,
        "record": sources.record,
        "exclude_newer": sources.exclude_newer,
    }
    return {name: value for name, value in values.items() if value != getattr(default, name)}


def _url(url: str) -> str:
    return strip_credentials(url).rstrip("/")


def _urls(urls: Iterable[str] | None) -> list[str] | None:
    return None if urls is None else [_url(url) for url in urls]


def _places(spec: Spec, places: Iterable[str] | None) -> list[str] | None:
    """URLs without credentials; paths as the spec gives them, so that a checkout can move."""
    if places is None:
        return None
    return [
        os.path.relpath(place, spec.file.parent) if place in spec.sources.relative else _url(place)
        for place in places
    ]
