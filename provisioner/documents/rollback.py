"""The document of ``torchenv rollback --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument


class Document(CommandDocument):
    """What `torchenv rollback --json` prints."""

    schema_: Literal["torchenv/rollback/1"] = Field(
        default="torchenv/rollback/1", alias="schema", description="Names this document."
    )
    environment: str | None = Field(
        default=None, description="Path of the environment; null where nothing was done."
    )
    before: int | None = Field(default=None, description="Generation that it led to.")
    generation: int | None = Field(default=None, description="Generation that it leads to now.")
    lock_digest: str | None = Field(
        default=None, description="sha256 of the lock that this one was made from."
    )
