"""The document of ``torchenv store --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel
from provisioner.documents._unused import UnusedModel  # noqa: TC001 - pydantic reads it


class StoredFileModel(DocumentModel):
    """A wheel, or what a broken download left of one."""

    name: str = Field(description="File name of the wheel.")
    sha256: str = Field(description="Hash of the whole wheel; of a learned one's URL for a part.")
    bytes: int = Field(description="Bytes on the disk.", ge=0)
    idle_days: float = Field(description="Days since it was last wanted.")
    part: bool = Field(description="Whether it is not whole yet.")


class Document(CommandDocument):
    """What `torchenv store --json` prints."""

    schema_: Literal["torchenv/store/1"] = Field(
        default="torchenv/store/1", alias="schema", description="Names this document."
    )
    action: Literal["ls", "prune", "verify"] | None = Field(
        default=None, description="What was asked for; null where that was not understood."
    )
    store: str | None = Field(default=None, description="The store's folder.")
    files: list[StoredFileModel] = Field(
        default_factory=list, description="What is there, or with `prune` what was removed."
    )
    bytes: int = Field(default=0, description="Their sum.", ge=0)
    unused: UnusedModel | None = Field(
        default=None, description="With `prune`: what no environment uses, and went too."
    )
    did: bool = Field(default=False, description="Whether something may have been removed.")
