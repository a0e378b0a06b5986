"""The document of ``torchenv remove --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents.add import EditDocument


class Document(EditDocument):
    """What `torchenv remove --json` prints."""

    schema_: Literal["torchenv/remove/1"] = Field(
        default="torchenv/remove/1", alias="schema", description="Names this document."
    )
