"""The document of ``torchenv import --json``."""  # noqa: N999 - named like its command

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class ImportedPackageModel(DocumentModel):
    """One package of the lock that was made."""

    name: str = Field(description="Normalised name.")
    version: str = Field(description="Full version, local part included.")


class Document(CommandDocument):
    """What `torchenv import --json` prints."""

    schema_: Literal["torchenv/import/1"] = Field(
        default="torchenv/import/1", alias="schema", description="Names this document."
    )
    spec: str | None = Field(default=None, description="Path of the spec; null where none is made.")
    lock: str | None = Field(default=None, description="Path of the lock; null as `spec`.")
    kept: int = Field(
        default=0, description="Number of packages that have the version that they had.", ge=0
    )
    packages: list[ImportedPackageModel] = Field(
        default_factory=list, description="What is locked, sorted by name."
    )
