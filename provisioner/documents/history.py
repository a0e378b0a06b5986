"""The document of ``torchenv history --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class EntryModel(DocumentModel):
    """One switch."""

    when: str = Field(description="ISO 8601 in UTC.")
    generation: int = Field(description="Number of the generation that was switched to.")
    action: Literal["apply", "rollback"] = Field(description="What switched.")
    lock_digest: str = Field(description="sha256 of the lock that it was made from.")
    summary: str = Field(description="`torch 2.13.0+cpu, Python 3.11, cpu`.")
    changes: list[str] = Field(
        description="`+numpy 1.26.4`, `-requests 2.32.0`, `~torch 2.2.0+cpu to 2.2.1+cpu`."
    )


class Document(CommandDocument):
    """What `torchenv history --json` prints."""

    schema_: Literal["torchenv/history/1"] = Field(
        default="torchenv/history/1", alias="schema", description="Names this document."
    )
    environment: str | None = Field(
        default=None, description="Path of the environment; null where the spec is not valid."
    )
    current: int | None = Field(
        default=None, description="Generation that the environment leads to."
    )
    kept: list[int] = Field(default=[], description="Generations that are still there.")
    entries: list[EntryModel] = Field(default=[], description="Every switch, oldest first.")
