"""The document of ``torchenv doctor --json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.documents._base import CommandDocument, DocumentModel


class HasModel(DocumentModel):
    """A package that is installed."""

    name: str = Field(description="Normalised name.")
    version: str = Field(description="Full version, local part included.")


class ExaminedModel(DocumentModel):
    """The environment that was looked at."""

    path: str = Field(description="As it was named.")
    kind: Literal["venv", "conda", "python", "none"] = Field(
        description="`none`: there is no environment."
    )
    python: str | None = Field(description="Minor version, or null where nothing says it.")
    generation: str | None = Field(description="Of an environment that torchenv made.")
    packages: list[HasModel] = Field(description="What is installed, sorted by name.")


class ToolModel(DocumentModel):
    """A pip or uv that was found."""

    name: Literal["pip", "uv"] = Field(description="Which of them.")
    version: str | None = Field(description="Null where nothing says it.")
    path: str = Field(description="The program; within an environment its `.dist-info`.")
    where: Literal["PATH", "environment"] = Field(description="Where it was found.")


class CacheModel(DocumentModel):
    """The cache of a pip or uv."""

    tool: Literal["pip", "uv"] = Field(description="Whose it is.")
    path: str = Field(description="Its folder.")


class Document(CommandDocument):
    """What `torchenv doctor --json` prints."""

    schema_: Literal["torchenv/doctor/1"] = Field(
        default="torchenv/doctor/1", alias="schema", description="Names this document."
    )
    environment: ExaminedModel | None = Field(
        default=None, description="Null where none was named, active or in `.venv`."
    )
    tools: list[ToolModel] = Field(default=[], description="The pip and uv that were found.")
    caches: list[CacheModel] = Field(default=[], description="Their caches, where there are any.")
    evidence: list[list[str]] = Field(
        default=[], description="For each finding, in their order, what speaks for it."
    )
    fixed: list[str] = Field(
        default=[], description="What `--fix` removed, and the spec that it applied."
    )
