"""The document of ``torchenv status --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument
from provisioner.documents._parts import ChangesModel, ProofModel  # noqa: TC001  pydantic needs it


class Document(CommandDocument):
    """What `torchenv status --json` prints."""

    schema_: Literal["torchenv/status/1"] = Field(
        default="torchenv/status/1", alias="schema", description="Names this document."
    )
    state: Literal["current", "stale", "drifted", "damaged", "absent", "foreign"] | None = Field(
        default=None,
        description="The environment against its lock and spec: `current`: equal; `stale`: made "
        "from another lock or spec; `drifted`: something was added; `damaged`: files are missing "
        "or changed; `absent`: not there; `foreign`: not made by torchenv. Null where it could not "
        "be found out.",
    )
    target: str | None = Field(
        default=None,
        description="Name of the target, null for the one of a spec without named targets.",
    )
    choice: str | None = Field(
        default=None, description="Why that target; null where there was nothing to choose."
    )
    environment: str | None = Field(
        default=None, description="Path of the environment; null where the spec is not valid."
    )
    generation: str | None = Field(
        default=None, description="Name of the generation that the environment leads to."
    )
    changes: ChangesModel | None = Field(
        default=None, description="What an apply would change; null where there is no lock."
    )
    proof: ProofModel | None = Field(
        default=None, description="What was seen from inside when it was applied."
    )
