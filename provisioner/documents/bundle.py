"""The document of ``torchenv bundle --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class BundleFileModel(DocumentModel):
    """A file of a bundle."""

    path: str = Field(description="Inside the bundle.")
    bytes: int = Field(description="Its size.", ge=0)
    sha256: str = Field(description="Its hash.")


class Document(CommandDocument):
    """What `torchenv bundle --json` prints."""

    schema_: Literal["torchenv/bundle/1"] = Field(
        default="torchenv/bundle/1", alias="schema", description="Names this document."
    )
    bundle: str | None = Field(default=None, description="Where it is.")
    did: bool = Field(default=False, description="False with `--verify`.")
    files: list[BundleFileModel] = Field(
        default_factory=list, description="What it holds; empty with `--verify`."
    )
