"""The document of ``torchenv upgrade --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents.add import EditDocument


class Document(EditDocument):
    """What `torchenv upgrade --json` prints."""

    schema_: Literal["torchenv/upgrade/1"] = Field(
        default="torchenv/upgrade/1", alias="schema", description="Names this document."
    )
