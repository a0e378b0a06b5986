"""The document of ``torchenv plan --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument
from provisioner.documents._parts import ChangesModel, TargetModel  # noqa: TC001  pydantic needs it


class Document(CommandDocument):
    """What `torchenv plan --json` prints."""

    schema_: Literal["torchenv/plan/1"] = Field(
        default="torchenv/plan/1", alias="schema", description="Names this document."
    )
    targets: dict[str, TargetModel] = Field(
        default_factory=dict,
        description="What is chosen, by the name of the target; `default` where it has none. "
        "Empty where the plan is refused.",
    )
    changes: ChangesModel | None = Field(
        default=None,
        description="What an apply would change, or null without a current lock to compare with.",
    )
