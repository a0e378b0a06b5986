"""The document of ``torchenv destroy --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents.gc import RemovalDocument


class Document(RemovalDocument):
    """What `torchenv destroy --json` prints."""

    schema_: Literal["torchenv/destroy/1"] = Field(
        default="torchenv/destroy/1", alias="schema", description="Names this document."
    )
