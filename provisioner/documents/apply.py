"""The document of ``torchenv apply --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument
from provisioner.documents._parts import ChangesModel, ProofModel  # noqa: TC001  pydantic needs it


class Document(CommandDocument):
    """What `torchenv apply --json` prints."""

    schema_: Literal["torchenv/apply/1"] = Field(
        default="torchenv/apply/1", alias="schema", description="Names this document."
    )
    did: bool = Field(default=False, description="False where nothing was to do, or all failed.")
    target: str | None = Field(
        default=None,
        description="Name of the target, null for the one of a spec without named targets.",
    )
    environment: str | None = Field(
        default=None, description="Path of the environment; null where it was not reached."
    )
    generation: str | None = Field(
        default=None, description="Name of the generation that the environment leads to."
    )
    changes: ChangesModel | None = Field(
        default=None, description="What was changed; null where nothing is known of before."
    )
    proof: ProofModel | None = Field(
        default=None, description="What was seen from inside; null where it was not asked."
    )
