"""The document of ``torchenv gc --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument
from provisioner.documents._unused import UnusedModel  # noqa: TC001 - pydantic reads it


class RemovalDocument(CommandDocument):
    """What the commands that remove generations have."""

    environment: str | None = Field(
        default=None, description="Path of the environment; null where it was not reached."
    )
    removed: list[str] = Field(
        default_factory=list, description="Names of the generations, oldest first."
    )
    bytes: int = Field(default=0, description="What that frees, in bytes.", ge=0)
    kept: list[str] = Field(
        default_factory=list,
        description="Environments of other tools that were kept aside, and stay.",
    )
    did: bool = Field(default=False, description="False where it was only to be shown.")


class Document(RemovalDocument):
    """What `torchenv gc --json` prints."""

    schema_: Literal["torchenv/gc/1"] = Field(
        default="torchenv/gc/1", alias="schema", description="Names this document."
    )
    unused: UnusedModel | None = Field(
        default=None, description="What of the store went too; null where it was not reached."
    )
