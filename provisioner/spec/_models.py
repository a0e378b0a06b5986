"""The spec as a whole: which tables a ``torchenv.toml`` has, and what each key may hold."""

from __future__ import annotations

from typing import Any, Final, get_args

from pydantic import ConfigDict, Field

from provisioner.spec._tables import (
    DependencyModel,
    EdgeModel,
    EnvironmentModel,
    SourcesModel,
    TargetModel,
    TorchModel,
)

TARGET_PATTERN: Final = r"[a-z0-9_-]+"
"""A target's name is part of its lock's, so the same holds as for the name of a spec."""
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "environment": ("python", "accelerator"),
    "torch": ("torch",),
}
"""Keys that a table needs; with ``[targets]``, the targets may have those of ``[environment]``."""


def _in_some_place(key: str) -> dict[str, Any]:
    """Return the schema of specs in which every target has a key, or ``[environment]`` has it."""
    shared = {"environment": {"required": [key]}}
    own = {"targets": {"minProperties": 1, "additionalProperties": {"required": [key]}}}
    return {
        "anyOf": [
            {"required": ["environment"], "properties": shared},
            {"required": ["targets"], "properties": own},
        ]
    }


class SpecModel(EdgeModel):
    """A declarative PyTorch environment, for one target or for several."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": [_in_some_place(key) for key in NEEDED["environment"]]}
    )

    extends: list[str] = Field(
        default=[],
        title="Templates",
        description="Files that this one builds on, merged left to right, this one last: paths "
        "from its folder, or URLs that end with `#sha256=` and the hash of the file.",
        examples=[["../team/base.toml"]],
    )
    environment: EnvironmentModel = Field(
        default_factory=EnvironmentModel,
        title="Environment",
        description="Which Python, for which accelerator, where; what targets do not say "
        "themselves, they take from here.",
    )
    torch: TorchModel = Field(
        title="Trio", description="Versions of torch, torchvision and torchaudio."
    )
    dependencies: dict[str, DependencyModel] = Field(
        default={},
        title="Dependencies",
        description="Everything else: the name of a package and its version specifier.",
        examples=[{"numpy": "*", "lightning": ">=2.4,<3"}],
    )
    targets: dict[str, TargetModel] = Field(
        default={},
        title="Targets",
        description="Kinds of machines that the environment is for, by names of lower-case "
        "letters, digits, `-` and `_`; each has a lock of its own. What a target does not say "
        "itself, it takes from `[environment]`, as far as its platform has it. Without this table "
        "`[environment]` is the one target.",
        examples=[
            {
                "laptop": {"platform": "macos-arm64", "accelerator": "cpu"},
                "cluster": {
                    "platform": "linux-x86_64",
                    "accelerator": "cu118",
                    "driver": "535.129.03",
                    "gpus": ["sm_70", "sm_80"],
                    "glibc": "2.28",
                },
            }
        ],
        json_schema_extra={"propertyNames": {"pattern": f"^{TARGET_PATTERN}$"}},
    )
    sources: SourcesModel = Field(
        default_factory=SourcesModel,
        title="Sources",
        description="Where packages come from. What is not said here is taken from pip's own "
        "configuration (its files and `PIP_*` variables).",
    )


TABLES: Final[dict[str, type[EdgeModel]]] = {
    "environment": EnvironmentModel,
    "torch": TorchModel,
    "sources": SourcesModel,
}
"""Model of each table with fixed keys."""


def keys_of(model: type[EdgeModel]) -> tuple[str, ...]:
    """Keys of a model as they are written in the file, in the order of the documentation."""
    return tuple(info.alias or name for name, info in model.model_fields.items())


def model_at(path: tuple[str | int, ...]) -> type[EdgeModel] | None:
    """Model of the table at ``path``, or None where the keys are free or there is no table."""
    match path:
        case ():
            return SpecModel
        case (str(table),):
            return TABLES.get(table)
        case ("dependencies", str()):
            return DependencyModel
        case ("targets", str()):
            return TargetModel
        case _:
            return None


def takes_truth(path: tuple[str | int, ...]) -> bool:
    """Whether the key at ``path`` has truth values, so that ``false`` is one of them."""
    model = model_at(path[:-1])
    for info in model.model_fields.values() if model is not None else ():
        if info.alias == path[-1]:
            return bool in _types_in(info.annotation)
    return False


def _types_in(annotation: object) -> set[object]:
    """Return the types that an annotation is made of."""
    parts = get_args(annotation)
    return {annotation}.union(*map(_types_in, parts)) if parts else {annotation}


def choices_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Texts that a key with a fixed choice takes; empty for any other key."""
    model = model_at(path[:-1])
    for info in model.model_fields.values() if model is not None else ():
        if info.alias == path[-1]:
            return get_args(info.annotation)
    return ()


def example_at(path: tuple[str | int, ...]) -> object:
    """First example of the key at ``path``, or None where there is none."""
    model = model_at(path[:-1])
    if path[:1] == ("dependencies",) and len(path) == 2:  # noqa: PLR2004 (table, name)
        return ">=1.0"
    for info in model.model_fields.values() if model is not None else ():
        if info.alias == path[-1] and info.examples:
            return info.examples[0]
    return None
