"""The document of ``torchenv init --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument


class Document(CommandDocument):
    """What `torchenv init --json` prints."""

    schema_: Literal["torchenv/init/1"] = Field(
        default="torchenv/init/1", alias="schema", description="Names this document."
    )
    spec: str | None = Field(default=None, description="Path of the spec that was written.")
    text: str | None = Field(default=None, description="What was written.")
    notes: list[str] = Field(
        default=[], description="What was changed, filled in or left out, and why."
    )
    ignored: bool = Field(default=False, description="Whether `.venv` was added to `.gitignore`.")
