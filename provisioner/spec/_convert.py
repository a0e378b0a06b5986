"""From the edge model to the inner values; the model is valid, so nothing can fail here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from provisioner.paths import display
from provisioner.spec._accelerators import lacks
from provisioner.spec._layout import dotted
from provisioner.spec._places import is_url
from provisioner.spec._tables import TargetModel
from provisioner.spec._types import (
    Dependency,
    Follow,
    LeaveOut,
    Project,
    Repository,
    Sources,
    Spec,
    TargetWish,
)
from provisioner.spec._versions import parse_specifier, parse_wish

if TYPE_CHECKING:
    from provisioner.spec._layout import Layout
    from provisioner.spec._models import SpecModel
    from provisioner.spec._tables import DependencyModel, SourcesModel
    from provisioner.spec._types import CompanionWish


def to_spec(model: SpecModel, file: Path, layout: Layout) -> Spec:
    """Return the inner form of a valid spec.

    Args:
        model: The spec as it stands in the file.
        file: Absolute path of the file; relative paths in it start from its folder.
        layout: Where its keys stand.
    """
    environment = model.environment
    return Spec(
        file=file,
        stem=file.stem,
        targets=_targets(model),
        path=Path(_joined(file.parent, environment.path)),
        seed=environment.seed,
        keep=environment.keep,
        keep_days=environment.keep_days,
        torch=parse_wish(model.torch.torch),
        torchvision=_companion(model.torch.torchvision),
        torchaudio=_companion(model.torch.torchaudio),
        dependencies=_dependencies(model.dependencies, file.parent, layout),
        sources=_sources(model.sources, file.parent),
        lines=tuple((dotted(path), line) for path, line in layout.lines.items()),
        templates=tuple((dotted(path), name) for path, name in layout.files.items()),
        shown=display(file),
    )


def _targets(model: SpecModel) -> tuple[TargetWish, ...]:
    shared = _said(model.environment)
    if not model.targets:
        return (_target(None, shared),)
    return tuple(
        _target(name, _inherited(_said(own), shared)) for name, own in sorted(model.targets.items())
    )


def _said(model: TargetModel) -> dict[str, Any]:
    """Return what a table says about its target."""
    said = ((name, getattr(model, name)) for name in TargetModel.model_fields)
    return {name: value for name, value in said if value is not None}


def _inherited(own: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Fill up with what all targets share, but for what the platform of this one does not have."""
    platform = own.get("platform", shared.get("platform"))
    fitting = (key for key in shared if platform is None or not lacks(platform, key))
    return {key: shared[key] for key in fitting} | own


def _target(name: str | None, said: dict[str, Any]) -> TargetWish:
    return TargetWish(name=name, **{**said, "gpus": tuple(dict.fromkeys(said.get("gpus", ())))})


def _companion(wish: str | bool | None) -> CompanionWish:  # noqa: FBT001 as the file has it
    if wish is None:
        return Follow()
    return parse_wish(wish) if isinstance(wish, str) else LeaveOut()


def _dependencies(
    models: dict[str, DependencyModel], folder: Path, layout: Layout
) -> tuple[Dependency, ...]:
    dependencies = (
        Dependency(
            name=canonicalize_name(name),
            specifier=parse_specifier(model.version),
            extras=tuple(sorted({canonicalize_name(extra) for extra in model.extras})),
            origin=_origin(model, folder),
            line=layout.line_near(("dependencies", name)),
            file=layout.place_near(("dependencies", name))[0],
        )
        for name, model in models.items()
    )
    return tuple(sorted(dependencies, key=lambda dependency: dependency.name))


def _origin(model: DependencyModel, folder: Path) -> Project | Repository | None:
    if model.git is not None:
        return Repository(url=model.git, rev=model.rev, subdirectory=model.subdirectory)
    if model.path is None:
        return None
    place = _joined(folder, model.path)
    try:
        seen = Path(os.path.relpath(place, folder)).as_posix()
    except ValueError:  # another drive
        seen = Path(place).as_posix()
    return Project(folder=place, path=seen, editable=model.editable)


def _sources(model: SourcesModel, folder: Path) -> Sources:
    return Sources(
        pytorch=model.pytorch.rstrip("/"),
        pytorch_layout=model.pytorch_layout,
        trio=model.trio,
        isolated=model.isolated,
        index=model.index,
        extra_indexes=_tuple(model.extra_indexes),
        find_links=_places(model.find_links, folder),
        constraints=_places(model.constraints, folder),
        no_index=model.no_index,
        allow_sdist=tuple(sorted({canonicalize_name(name) for name in model.allow_sdist})),
        record=model.record,
        exclude_newer=model.exclude_newer,
        proxy=model.proxy,
        cert=None if model.cert is None else _joined(folder, model.cert),
        client_cert=None if model.client_cert is None else _joined(folder, model.client_cert),
        trusted_hosts=_tuple(model.trusted_hosts),
        timeout_s=model.timeout,
        trust_lock=tuple(model.trust_lock),
        connections=model.connections,
        store=None if model.store is None else _joined(folder, model.store),
        stores=_places(model.stores, folder),
        relative=_relative(model, folder),
    )


def _relative(model: SourcesModel, folder: Path) -> tuple[str, ...]:
    places = (*(model.find_links or ()), *(model.constraints or ()))
    given = [place for place in places if not is_url(place) and not Path(place).is_absolute()]
    return tuple(sorted({_joined(folder, place) for place in given}))


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _places(values: list[str] | None, folder: Path) -> tuple[str, ...] | None:
    if values is None:
        return None
    return tuple(value if is_url(value) else _joined(folder, value) for value in values)


def _joined(folder: Path, path: str) -> str:
    """Return an absolute path without ``..``, whether or not anything is there."""
    return os.path.normpath(folder / path)
