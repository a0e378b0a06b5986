"""What commands tell of unpacked wheels that no environment uses."""

from __future__ import annotations

from pydantic import Field

from provisioner.documents._base import DocumentModel


class UnusedModel(DocumentModel):
    """What was, or would be, removed from the store since no environment uses it."""

    copies: int = Field(description="Unpacked wheels.", ge=0)
    records: int = Field(description="RECORDs of wheels.", ge=0)
    bytes: int = Field(description="What that frees, in bytes.", ge=0)
    busy: bool = Field(description="Whether an apply was installing, so that they stayed.")
