"""The document of ``torchenv plan --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel
from provisioner.documents._parts import ChangesModel, TargetModel  # noqa: TC001  pydantic needs it


class MergedValueModel(DocumentModel):
    """One value of a merged spec."""

    key: str = Field(description="Dotted key, `environment.python`.")
    value: str | bool | int | float | list[str] = Field(
        description="As the file has it, without credentials."
    )
    file: str = Field(description="The spec or the template that it stands in.")
    line: int | None = Field(description="Line in the file, counted from 1.")


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
    merged: list[MergedValueModel] | None = Field(
        default=None,
        description="With `--show-merged`: what the spec and its templates say together.",
    )
