"""The document of ``torchenv add --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument
from provisioner.documents._parts import ChangesModel  # noqa: TC001  pydantic needs it


class EditDocument(CommandDocument):
    """What the commands that edit the spec have."""

    spec: str | None = Field(default=None, description="Path of the spec; null where it failed.")
    written: bool = Field(default=False, description="Whether the spec was changed.")
    lock: str | None = Field(default=None, description="Digest of the lock; null where it failed.")
    environment: str | None = Field(
        default=None, description="Path of the environment; null where it was not applied."
    )
    generation: str | None = Field(
        default=None, description="Name of the generation that the environment leads to."
    )
    changes: ChangesModel | None = Field(
        default=None, description="What was changed; null where it was not applied."
    )


class Document(EditDocument):
    """What `torchenv add --json` prints."""

    schema_: Literal["torchenv/add/1"] = Field(
        default="torchenv/add/1", alias="schema", description="Names this document."
    )
