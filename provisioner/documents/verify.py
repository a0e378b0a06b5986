"""The document of ``torchenv verify --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class DifferenceModel(DocumentModel):
    """One file that is not what it must be."""

    kind: Literal["missing", "changed", "added", "byte code"] = Field(
        description="`byte code`: not that of the source beside it."
    )
    path: str = Field(description="From the generation's folder.")
    package: str | None = Field(
        description="Package that it belongs to, or into whose folder it was put."
    )
    version: str | None = Field(description="Version of that package.")


class Document(CommandDocument):
    """What `torchenv verify --json` prints."""

    schema_: Literal["torchenv/verify/1"] = Field(
        default="torchenv/verify/1", alias="schema", description="Names this document."
    )
    whole: bool = Field(default=False, description="Whether every file is what it must be.")
    environment: str | None = Field(
        default=None, description="Path of the environment; null where the spec is not valid."
    )
    generation: str | None = Field(
        default=None, description="Name of the generation that was compared."
    )
    files: int = Field(default=0, description="Number of files that were hashed.", ge=0)
    bytes: int = Field(default=0, description="Their size, byte code left out.", ge=0)
    differences: list[DifferenceModel] = Field(
        default=[], description="Every file that differs; empty where all is well."
    )
