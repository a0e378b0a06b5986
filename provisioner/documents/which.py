"""The document of ``torchenv which --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument


class Document(CommandDocument):
    """What `torchenv which --json` prints."""

    schema_: Literal["torchenv/which/1"] = Field(
        default="torchenv/which/1", alias="schema", description="Names this document."
    )
    path: str | None = Field(
        default=None, description="Absolute path of the program; null where there is none."
    )
    environment: str | None = Field(default=None, description="Path of the environment.")
    generation: str | None = Field(
        default=None, description="Name of the generation that the environment leads to."
    )
