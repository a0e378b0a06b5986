"""The document of ``torchenv lock --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class LockedPackageModel(DocumentModel):
    """One package of a lock."""

    name: str = Field(description="Normalised name.")
    version: str = Field(description="Full version, local part included.")
    size: int = Field(description="Size of the wheel for the target, in bytes.", ge=0)
    index: str | None = Field(description="URL of its index, without credentials, where known.")


class LockedSourceModel(DocumentModel):
    """One package of a lock that is built where the environment is made."""

    name: str = Field(description="Normalised name.")
    source: str = Field(description="What it is built from, for people.")


class SourceChangeModel(DocumentModel):
    """A package that is built, and locked otherwise than before."""

    name: str = Field(description="Normalised name.")
    before: str | None = Field(description="What it was built from; null where it is new.")
    after: str | None = Field(description="What it is built from; null where it is gone.")


class LockChangeModel(DocumentModel):
    """A package that is locked otherwise than before."""

    name: str = Field(description="Normalised name.")
    reason: Literal["version", "wheel", "index"] = Field(
        description="What is another: the version, the wheel of the same version, or the index "
        "of the same wheel."
    )
    before: LockedPackageModel = Field(description="As it was locked.")
    after: LockedPackageModel = Field(description="As it is locked now.")


class LockChangesModel(DocumentModel):
    """The difference to the lock before; each list sorted by name."""

    added: list[LockedPackageModel] = Field(default_factory=list, description="Newly locked.")
    removed: list[LockedPackageModel] = Field(default_factory=list, description="Locked no more.")
    changed: list[LockChangeModel] = Field(default_factory=list, description="Locked otherwise.")
    unchanged: int = Field(default=0, description="Number of packages locked as before.", ge=0)
    from_source: list[SourceChangeModel] = Field(
        default_factory=list, description="Packages that are built, locked otherwise."
    )


class InputChangeModel(DocumentModel):
    """A key of the spec that says something else than when the lock was made."""

    key: str = Field(description="Dotted key, `dependencies.numpy`.")
    was: str | None = Field(description="What the lock was made from; null where it was not there.")
    now: str | None = Field(description="What the spec says; null where it is gone.")
    template: str | None = Field(
        default=None, description="The template that says so; null for the spec itself."
    )


class LockModel(DocumentModel):
    """The lock of one target."""

    file: str | None = Field(default=None, description="Path of the lock; null where none is made.")
    digest: str | None = Field(
        default=None, description="sha256 of the lock's bytes, in hexadecimal; null as `file`."
    )
    packages: list[LockedPackageModel] = Field(
        default_factory=list, description="What is locked, sorted by name."
    )
    from_source: list[LockedSourceModel] = Field(
        default_factory=list,
        description="What is locked by its source and built with the environment, sorted by name.",
    )
    written: bool = Field(
        default=False, description="False where the file held the very same bytes already."
    )
    resolved: bool = Field(
        default=False, description="False where the lock was right, so that nothing was asked."
    )
    stale: list[InputChangeModel] = Field(
        default_factory=list,
        description="What changed in the spec since the lock was made, where that is known.",
    )
    to_download: int = Field(
        default=0, description="Bytes of the wheels for the target that the store lacks.", ge=0
    )
    to_install: int | None = Field(
        default=None,
        description="Bytes that the packages take when installed; null where not known of all.",
    )
    changes: LockChangesModel = Field(
        default_factory=LockChangesModel,
        description="What changed from the lock before; without one everything is added.",
    )


class Document(CommandDocument, LockModel):
    """What `torchenv lock --json` prints; of a spec with one target, its lock at the top too."""

    schema_: Literal["torchenv/lock/1"] = Field(
        default="torchenv/lock/1", alias="schema", description="Names this document."
    )
    targets: dict[str, LockModel] = Field(
        default_factory=dict,
        description="The lock of each target by its name; `default` where it has none.",
    )
