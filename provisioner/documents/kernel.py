"""The document of ``torchenv kernel --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument


class Document(CommandDocument):
    """What `torchenv kernel --json` prints."""

    schema_: Literal["torchenv/kernel/1"] = Field(
        default="torchenv/kernel/1", alias="schema", description="Names this document."
    )
    name: str | None = Field(default=None, description="Name of the kernel; null where it failed.")
    folder: str | None = Field(default=None, description="Its folder.")
    did: bool = Field(default=False, description="Whether anything was changed.")
